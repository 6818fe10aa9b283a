"""Pages for a person with a browser: how it goes, and a job looked at and then run under their name. No script."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from addin.build import ribbon
from stopbook.hub import edits, wire, works
from stopbook.hub.core import Hub, guarded
from stopbook.hub.gate import COOKIE, HOURS, Visit, address_of, same
from stopbook.hub.wire import Call, Told
from stopbook.people import NotSignedIn, Person
from stopbook.rights import Rights
from workbooks import localtime
from workbooks.schema import M
from workbooks.tables import TABLES

MOST_FORM = 65_536
VIA = "page"
_TIMES = ("at", "every", "begin", "until")
"""what a form may change of a row of the schedule, besides switching it"""


def _environment() -> Environment:
    env = Environment(loader=PackageLoader("templates", "hub"), undefined=StrictUndefined,
                      autoescape=select_autoescape(default=True, default_for_string=True),
                      trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    env.filters |= {"ago": ago}
    return env


def ago(moment: datetime | None, now: datetime) -> str:
    """How far a moment lies from now, in words."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    past, left = seconds >= 0, abs(seconds)
    if left < 90:
        text = "a moment" if left > 10 else "just now"
        if left <= 10:
            return text
    elif left < 5_400:
        text = f"{int(left + 30) // 60} minutes"
    elif left < 129_600:
        text = f"{int(left + 1_800) // 3_600} hours"
    else:
        text = f"{int(left + 43_200) // 86_400} days"
    return f"{text} ago" if past else f"in {text}"


class Pages:
    """The pages of one hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._env = hub, _environment()

    def page(self, request: Request, name: str, status: int = 200, **what: Any) -> Response:
        """A template as a page; it carries its own style under the nonce of this answer."""
        text = self._env.get_template(f"{name}.html.j2").render(
            nonce=request.state.nonce, company=self._hub.app.settings.company, **what
        )
        return HTMLResponse(text, status)

    async def sign_in_page(self, request: Request) -> Response:
        """The page that asks for a token."""
        return self.page(request, "sign_in", sentence="", to=_ours(request.query_params.get("to", "")))

    async def sign_in(self, request: Request) -> Response:
        """Begin a visit for a good token."""
        form = await self._form(request)
        at, token, to = self._hub.clock(), form.get("token", "").strip(), _ours(form.get("to", ""))
        try:
            await run_in_threadpool(self._hub.gate.by_token, token, address_of(request), "", at)
        except (NotSignedIn, Told) as refused:
            await anyio.sleep(self._hub.limits.wrong_delay)
            return self.page(request, "sign_in", wire.status_of(refused), sentence=str(refused), to=to)
        answer = RedirectResponse(to, 303)
        answer.set_cookie(COOKIE, self._hub.gate.open_visit(token, at), max_age=HOURS * 3600, httponly=True,
                          samesite="strict", secure=self._hub.secure, path="/")  # fmt: skip
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the visit."""
        await self._signed(request)
        self._hub.gate.close_visit(request)
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    async def home(self, request: Request) -> Response:
        """How it goes."""
        call, visit = await self._signed(request)
        state = await run_in_threadpool(self._hub.status, call)
        zone = await run_in_threadpool(self._zone, call)
        return self.page(request, "status", s=state, person=call.person, jobs=_grouped(call.person), now=call.at,
                         csrf=visit.csrf, zone=zone, manages=call.person.has(M), local=localtime.to_wall)  # fmt: skip

    async def job(self, request: Request) -> Response:
        """What a job is run for."""
        call, visit = await self._signed(request)
        job = works.allowed(call.person, request.path_params["name"], preview=True)
        zone = await run_in_threadpool(self._zone, call)
        markets = await run_in_threadpool(self._markets, call)
        today = localtime.operating_day(call.at, zone)
        return self.page(request, "job", job=job, markets=markets, every=call.person.markets is None, csrf=visit.csrf,
                         today=today, most=today + timedelta(days=1), asked=call.asked)  # fmt: skip

    async def preview(self, request: Request) -> Response:
        """What the job would do, and the button that does it."""
        call, visit = await self._signed(request)
        job = works.allowed(call.person, call.path["name"], preview=True)
        work = self._hub.works.start(
            job, works.params_of(job, call, self._hub.rights(call)), call.person.email, preview=True
        )
        said = await run_in_threadpool(works.said, work, call.person, self._hub.limits.patience)
        may = not works.posts(job) or call.person.can_post
        return self.page(
            request, "preview", job=job, said=said, form=call.said, csrf=visit.csrf, may=may, TABLES=TABLES
        )

    async def run(self, request: Request) -> Response:
        """Run what was shown, under the person's name."""
        call, _ = await self._signed(request)
        job = works.allowed(call.person, call.path["name"], preview=False)
        params, plan = works.params_of(job, call, self._hub.rights(call)), call.text("plan", 64)
        work = self._hub.works.start(job, params, call.person.email, preview=False, expect=plan)
        return RedirectResponse(f"/works/{work.number}", 303)

    async def work(self, request: Request) -> Response:
        """What came of a run; the page asks again by itself while it goes on."""
        call, _ = await self._signed(request)
        work = self._hub.works.find(call.path["number"], call.person.email)
        said = await run_in_threadpool(works.said, work, call.person, 3.0)
        return self.page(request, "result", said=said, TABLES=TABLES)

    async def switch(self, request: Request) -> Response:
        """Change a row of the schedule, or switch it on or off: an edit like any other."""
        call, _ = await self._signed(request)
        rev = call.said.get("rev", "")
        cells: dict[str, Any] = {name: call.said[name] or None for name in _TIMES if name in call.said}
        if "on" in call.said:
            cells["enabled"] = call.said["on"] == "yes"
        one = {"table": "schedule", "row": call.path["rid"], "cells": cells,
               "rev": int(rev) if rev.isdecimal() and len(rev) < 10 else 0}  # fmt: skip
        ask = Call(call.person, call.at, call.path, {}, {"edits": [one]}, VIA)
        rights = Rights(call.person, self._hub.app.ledger.books())
        done = await run_in_threadpool(edits.put, self._hub.app.ledger, rights, ask, self._hub.limits)
        for answer in done["answers"]:
            for cell in answer["cells"].values():
                if cell["outcome"] != "taken":
                    raise Told(409, cell["sentence"])
        await run_in_threadpool(self._hub.schedule.plant)
        return RedirectResponse("/#schedule", 303)

    async def _signed(self, request: Request) -> tuple[Call, Visit]:
        """Who this is, with their form; the secret of the visit must be in every form."""
        at = self._hub.clock()
        visit = self._hub.gate.visit(request, at)
        if visit is None:
            raise NotSignedIn("Sign in first.")
        form = await self._form(request) if request.method == "POST" else {}
        person = await run_in_threadpool(self._hub.gate.by_token, visit.token, address_of(request), "", at)
        if request.method == "POST" and not same(form.get("csrf", ""), visit.csrf):
            raise Told(403, "This form is from another visit. Go back to the first page and try again.")
        return Call(person, at, request.path_params, request.query_params, _with_options(form), VIA), visit

    async def _form(self, request: Request) -> dict[str, str]:
        origin = request.headers.get("origin", "")
        if origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host"):
            raise Told(403, "This form comes from another site.")
        body = await wire.content(request, min(MOST_FORM, self._hub.limits.body))
        try:
            pairs = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50)
        except ValueError:
            raise Told(400, "The form cannot be read.") from None
        return {name: values[-1] for name, values in pairs.items()}

    def _zone(self, call: Call) -> ZoneInfo:
        """The person's own clock, else that of their first market."""
        ledger = self._hub.app.ledger
        users = ledger.load("users", {"email": call.person.email})
        name = users[0].values.get("shift_tz") if users else None
        markets = self._markets(call)
        return localtime.zone(str(name or (markets[0]["tz"] if markets else "UTC")))

    def _markets(self, call: Call) -> list[Any]:
        found = [record.values for record in self._hub.app.ledger.load("markets", {})]
        return [row for row in found if call.person.markets is None or row["market_id"] in call.person.markets]


def _ours(to: str) -> str:
    """A page of a job, where somebody may be sent on to; anything else becomes the first page."""
    return to if len(to) <= 2_000 and re.fullmatch(r"/jobs/[a-z-]+(\?[\w.=&%+-]*)?", to, re.ASCII) else "/"


def _with_options(form: dict[str, str]) -> dict[str, Any]:
    """A form as the API takes it: fields called “option.…” are the job's own options; blank ones were not said."""
    prefix = "option."
    options = {n.removeprefix(prefix): text for n, text in form.items() if n.startswith(prefix) and text.strip()}
    return {**{n: text for n, text in form.items() if not n.startswith(prefix)}, "options": options}


def _grouped(person: Person) -> dict[str, list[dict[str, Any]]]:
    """The jobs of a person by group, in the order of the day, as on the ribbon."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ribbon.GROUPS}
    for job in works.listed(person):
        found[job["group"]].append(job)
    return {name: jobs for name, jobs in found.items() if jobs}


def routes(hub: Hub) -> list[Route]:
    """The addresses of the pages."""
    pages = Pages(hub)

    def told(request: Request) -> Callable[[int, str, str], Response]:
        def page(status: int, sentence: str, number: str) -> Response:
            if status == 401 and request.method == "GET":
                here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                if request.headers.get("sec-fetch-site") == "cross-site":
                    # who comes by a link from elsewhere shows no cookie; coming once more from here, they do
                    return pages.page(request, "again", to=_ours(here))
                return RedirectResponse(
                    f"/sign-in?{urlencode({'to': here})}" if _ours(here) != "/" else "/sign-in", 303
                )
            if status == 401:
                return RedirectResponse("/sign-in", 303)
            return pages.page(request, "problem", status, sentence=sentence, number=number)

        return page

    def shown(do: Callable[[Request], Awaitable[Response]]) -> wire.Handler:
        async def showing(request: Request) -> Response:
            return await guarded(hub, lambda: do(request), told(request))

        return showing

    async def nothing(request: Request) -> Response:
        return Response(status_code=204)

    return [
        Route("/", shown(pages.home), methods=["GET"]),
        Route("/sign-in", shown(pages.sign_in_page), methods=["GET"]),
        Route("/sign-in", shown(pages.sign_in), methods=["POST"]),
        Route("/sign-out", shown(pages.sign_out), methods=["POST"]),
        Route("/jobs/{name}", shown(pages.job), methods=["GET"]),
        Route("/jobs/{name}/preview", shown(pages.preview), methods=["POST"]),
        Route("/jobs/{name}/run", shown(pages.run), methods=["POST"]),
        Route("/works/{number}", shown(pages.work), methods=["GET"]),
        Route("/schedule/{rid}", shown(pages.switch), methods=["POST"]),
        Route("/favicon.ico", nothing, methods=["GET"]),
    ]
