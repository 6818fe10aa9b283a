"""The hub as an application: what hangs together, and its routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from addin.handshake import HEADER, differs, own
from stopbook.app import App
from stopbook.hub import copies, edits, feed, status, uploads, wire, works
from stopbook.hub.commands import Commands
from stopbook.hub.gate import Gate, address_of, bearer
from stopbook.hub.wire import Call, Limits, Told
from stopbook.hub.works import Works
from stopbook.log import fault
from stopbook.people import NotSignedIn
from stopbook.rights import Rights
from stopbook.rounds import Round
from stopbook.schedule import Schedule
from stopbook.tending import Tended, Tending
from workbooks.problems import Refused

VERSION = 1
"""of the API, as in /api/v1"""


@dataclass
class Hub:
    """Everything one hub has. `clock` is the only source of time; `local_key` opens it to this machine's own user."""

    app: App
    clock: Callable[[], datetime]
    works: Works
    schedule: Schedule
    limits: Limits = field(default_factory=Limits)
    local_key: str = ""
    started: datetime | None = None
    beat: datetime | None = None
    secure: bool = False
    """served under TLS, by itself or behind a proxy"""
    hosts: frozenset[str] = frozenset()
    address: str = ""
    """where people reach its pages"""
    sittings: copies.Sittings = field(default_factory=copies.Sittings)
    gate: Gate = field(init=False)
    tending: Tending = field(init=False)
    commands: Commands = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(self.app.ledger, self.limits, self.local_key)
        self.tending = Tending(self.app, self.clock, self._told)
        self.commands = Commands(self.app, self.works, self.clock, self.address, self.tending.hasten)

    def _told(self, one: Tended, done: Round | None) -> None:
        """What people typed in a spreadsheet is passed on to the workbooks at once, and what they ask for is done."""
        if done is None:
            return
        if done.tables - {"commands"}:
            self.schedule.call_for("write-workbooks")
        if self.commands.attend(one.name, one.book, read=not done.idle):
            self.tending.hasten(one.name)

    def status(self, call: Call) -> dict[str, Any]:
        """How it goes, for whoever asks."""
        return status.of(
            self.app, call.person, call.at, self.schedule, self.works, self.started, self.beat, self.tending
        )

    def rights(self, call: Call) -> Rights:
        """What whoever asks may see."""
        return Rights(call.person, self.app.ledger.books())


Answer = Callable[[Hub, Call], Any]


def application(hub: Hub) -> ASGIApp:
    """The whole: API and pages inside their guard."""
    from stopbook.hub import pages

    api = [
        Route(path, _answering(hub, do, _most(hub.limits, do)), methods=[method])
        for (method, path), do in ROUTES.items()
    ]  # fmt: skip
    routes = [
        Mount(f"/api/v{VERSION}", GZipMiddleware(Starlette(routes=[Route("/health", _health(hub)), *api], exception_handlers=_HANDLERS))),
        *pages.routes(hub),
    ]  # fmt: skip
    return wire.Guard(Starlette(routes=routes, exception_handlers=_HANDLERS), hub.hosts, hub.secure)


def _most(limits: Limits, do: Answer) -> int:
    """Bytes of a request that `do` answers."""
    return limits.copy if do is _copy else uploads.MOST if do is _file else limits.body


def _health(hub: Hub) -> wire.Handler:
    async def health(request: Request) -> Response:
        return wire.answer({"ok": True, "api": VERSION, "started": hub.started, "heartbeat": hub.beat})

    return health


def _answering(hub: Hub, do: Answer, most: int) -> wire.Handler:
    async def answering(request: Request) -> Response:
        return await guarded(hub, lambda: _answered(hub, request, do, most))

    return answering


async def _answered(hub: Hub, request: Request, do: Answer, most: int) -> Response:
    at = hub.clock()
    name = unquote(request.headers.get("x-stopbook-person", ""))
    person = await run_in_threadpool(hub.gate.by_token, bearer(request), address_of(request), name, at)
    body = await wire.content(request, most)  # of nobody who is not known is a large one read
    theirs = request.headers.get(HEADER, "")[:40]
    if wrong := theirs and differs(theirs, theirs, own()):
        raise Told(426, wrong)
    call = Call(person, at, request.path_params, request.query_params, wire.parsed(body), via(request))
    return wire.answer(await run_in_threadpool(do, hub, call))


def via(request: Request) -> str:
    """Through what a change came: what the client calls itself, else the hub."""
    said = request.headers.get("x-stopbook-via", "")
    return said if 0 < len(said) <= 24 and said.replace(" ", "").replace("-", "").isalnum() else "hub"


async def guarded(hub: Hub, do: Callable[[], Any], told: Callable[[int, str, str], Response] = wire.error) -> Response:
    """The answer, or one sentence with a number; the log has the rest of what nobody expected."""
    try:
        response: Response = await do()
        return response
    except Refused as refused:
        if isinstance(refused, NotSignedIn):
            await anyio.sleep(hub.limits.wrong_delay)
        return told(wire.status_of(refused), str(refused), wire.number())
    except Exception as error:
        number, _ = fault(error, hub.app.settings.home)
        return told(500, f"Something went wrong inside Stopbook. Tell your administrator the number {number}.", number)


async def _not_found(request: Request, error: Exception) -> Response:
    return wire.error(404, "There is nothing under this address.")


async def _not_so(request: Request, error: Exception) -> Response:
    return wire.error(405, f"This address does not take {request.method[:10]}.")


_HANDLERS: Mapping[Any, Any] = {404: _not_found, 405: _not_so}


def _me(hub: Hub, call: Call) -> Any:
    person = call.person
    return {"email": person.email, "name": person.name, "roles": person.roles, "can_post": person.can_post,
            "markets": None if person.markets is None else sorted(person.markets),
            "accounts": None if person.accounts is None else sorted(person.accounts),
            "ledger_id": hub.app.ledger.ledger_id, "version": own(), "jobs": works.listed(person)}  # fmt: skip


def _tables(hub: Hub, call: Call) -> Any:
    return {"cursor": hub.app.ledger.last_seq(), "tables": feed.tables(hub.rights(call))}


def _rows(hub: Hub, call: Call) -> Any:
    return feed.rows(hub.app.ledger, hub.rights(call), call, hub.limits)


def _history(hub: Hub, call: Call) -> Any:
    rights = hub.rights(call)
    table = feed.readable(rights, call.asked.get("table", ""))
    record = feed.record_of(hub.app.ledger, rights, table, call.asked.get("row", ""))
    return {"table": table.name, "row": record.rid, "changes": feed.history(hub.app.ledger, rights, table, record)}


def _explain(hub: Hub, call: Call) -> Any:
    rights = hub.rights(call)
    table = feed.readable(rights, call.asked.get("table", ""))
    record = feed.record_of(hub.app.ledger, rights, table, call.asked.get("row", ""))
    if find_spec("stopbook.explain") is None:
        raise Told(501, "This Stopbook cannot explain amounts yet.")
    from importlib import import_module

    text = import_module("stopbook.explain").explain(hub.app.ledger.books(), table.name, table.key_of(record.values))
    return {"table": table.name, "row": record.rid, "text": text}


def _edit(hub: Hub, call: Call) -> Any:
    return edits.put(hub.app.ledger, hub.rights(call), call, hub.limits)


def _copies(hub: Hub, call: Call) -> Any:
    return {"copies": copies.listed(hub.app, call.person)}


def _declared(hub: Hub, call: Call) -> Any:
    return copies.declared(hub.app, call)


def _copy(hub: Hub, call: Call) -> Any:
    return copies.step(hub.app, hub.sittings, call)


def _jobs(hub: Hub, call: Call) -> Any:
    return {"jobs": works.listed(call.person)}


def _run(hub: Hub, call: Call, preview: bool = False) -> Any:
    job = works.allowed(call.person, call.path["name"], preview)
    expect = "" if preview else call.text("plan", 64)
    work = hub.works.start(job, works.params_of(job, call, hub.rights(call)), call.person.email, preview, expect)
    return works.said(work, call.person, hub.limits.patience)


def _preview(hub: Hub, call: Call) -> Any:
    return _run(hub, call, preview=True)


def _file(hub: Hub, call: Call) -> Any:
    work = uploads.take(hub.app, hub.works, call, bool(call.asked.get("preview")))
    return works.said(work, call.person, hub.limits.patience)


def _work(hub: Hub, call: Call) -> Any:
    return works.said(hub.works.find(call.path["number"], call.person.email), call.person, hub.limits.patience)


ROUTES: Mapping[tuple[str, str], Answer] = {
    ("GET", "/me"): _me,
    ("GET", "/status"): Hub.status,
    ("GET", "/tables"): _tables,
    ("GET", "/rows"): _rows,
    ("GET", "/history"): _history,
    ("GET", "/explain"): _explain,
    ("PUT", "/edits"): _edit,
    ("GET", "/copies"): _copies,
    ("GET", "/copies/{workbook}"): _declared,
    ("POST", "/copies/{workbook}"): _copy,
    ("GET", "/jobs"): _jobs,
    ("POST", "/jobs/{name}/preview"): _preview,
    ("POST", "/jobs/{name}/run"): _run,
    ("POST", "/files"): _file,
    ("GET", "/works/{number}"): _work,
}
