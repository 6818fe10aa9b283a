"""Jobs through the hub: who may run what, one run for two clicks, and asking again after a long one."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from secrets import token_hex
from threading import Lock
from typing import Any

from stopbook import options, runner
from stopbook.app import App
from stopbook.hub.wire import Call, Told
from stopbook.job import Job, Params
from stopbook.jobs import jobs
from stopbook.people import Person
from stopbook.rights import Rights
from stopbook.runner import Result
from workbooks.books import Books
from workbooks.ledger import Stale
from workbooks.plan import Plan
from workbooks.schema import STAFF, B, M, P, Role
from workbooks.tables import TABLES

ROLES: Mapping[str, tuple[Role, ...]] = {
    "Today": STAFF,
    "Close": STAFF,
    "Data": STAFF,
    "Pay": (P, M),
    "Bill": (B, M),
}
"""who may run the jobs of a group; those of any other group are the manager's"""
NOT_HERE = {"import-file": "takes a file of this machine: stopbook import FILE"}
"""jobs that need something the hub is not given, each with where it is done"""
AT_ONCE = 4
KEPT = 30
"""finished works that can still be asked about; each holds its whole plan"""


@dataclass(frozen=True)
class Work:
    """One run or preview under way or done. `owners` are those who asked for it."""

    number: str
    key: tuple[str, ...]
    job: Job
    preview: bool
    began: datetime
    future: Future[Result]
    market: str | None
    owners: set[str] = field(default_factory=set)


class Works:
    """Runs jobs in a few threads; who asks for what is under way is given the same one."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
        self._works: dict[str, Work] = {}
        self._lock = Lock()

    def start(self, job: Job, params: Params, owner: str, preview: bool, expect: str = "") -> Work:
        """Begin a run or preview, or join the one that is under way. `expect`: digest of the plan that was shown."""
        key = (job.name, repr(sorted([*job.scope(params).items(), *params.extra.items()])), str(preview), expect)
        with self._lock:
            for work in self._works.values():
                if work.key == key and not work.future.done():
                    work.owners.add(owner)
                    return work
            do = _expecting(job, expect) if expect else job
            call: Callable[[App, Job, Params], Result] = runner.preview if preview else runner.run
            future = self._pool.submit(call, self._app, do, params)
            work = Work(token_hex(8), key, job, preview, params.now, future, params.market, {owner})
            self._works[work.number] = work
            for old in list(self._works)[:-KEPT]:
                if self._works[old].future.done():
                    del self._works[old]
            return work

    def find(self, number: str, owner: str) -> Work:
        """The work of that number, for those who asked for it."""
        work = self._works.get(number)
        if work is None or owner not in work.owners:
            raise Told(404, "There is no such run here; the hub may have been started again. Run the job once more: "
                            "what was done is not done twice.")  # fmt: skip
        return work

    def under_way(self) -> list[Work]:
        """Runs that are not done yet."""
        return [work for work in list(self._works.values()) if not work.future.done() and not work.preview]

    def close(self) -> None:
        """Let what runs finish; begin nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _expecting(job: Job, digest: str) -> Job:
    """The job, but it refuses when its plan is no longer the one that was shown."""

    def plan(books: Books, params: Params) -> Plan:
        made = job.plan(books, params)
        if as_shown(made, params.now) != digest:
            raise Told(409, f"{job.title} would do something else by now than was shown. Look at the preview again.")
        return made

    return replace(job, plan=plan)


def as_shown(plan: Plan, now: datetime) -> str:
    """Digest of what a plan says to a person: the moment it was made at, and documents that bear it, do not count."""
    puts = (
        replace(put, values={n: "now" if isinstance(v, datetime) and v == now else v for n, v in put.values.items()})
        for put in plan.puts
    )
    keeps = (replace(keep, content=b"") for keep in plan.keeps)
    return replace(plan, puts=tuple(puts), keeps=tuple(keeps)).digest


def may_run(person: Person, job: Job) -> bool:
    """True when the person may run and preview the job."""
    if job.name in NOT_HERE:
        return False
    return person.has(*(job.roles or ROLES.get(job.group, ())), Role.MANAGER)


def posts(job: Job) -> bool:
    """True when the job posts what then stays."""
    return job.posts or job.name.startswith("post-")


def listed(person: Person) -> list[dict[str, Any]]:
    """The jobs the person may run, in the order of the day."""
    return [
        {"name": job.name, "title": job.title, "group": job.group, "about": job.about, "by_day": job.by_day,
         "by_market": job.by_market, "posts": posts(job), "options": [
             {"name": o.name, "title": o.title, "about": o.about, "type": str(o.type), "required": o.required, "several": o.several,
              "ref": o.ref} for o in job.options]}
        for job in jobs().values() if may_run(person, job)
    ]  # fmt: skip


def allowed(person: Person, name: str, preview: bool) -> Job:
    """The job of that name, for somebody who may run it; one sentence whether it is not there or not theirs."""
    found = jobs().get(name)
    if found is not None and found.name in NOT_HERE:
        raise Told(422, f"{found.title} {NOT_HERE[found.name]}.")
    if found is None or not may_run(person, found):
        raise Told(404, f"There is no job {name[:60]} that you may run.")
    if posts(found) and not preview and not person.can_post:
        raise Told(403, f"{found.title} needs somebody who may post (tab Users). You can preview it.")
    return found


def params_of(job: Job, call: Call, rights: Rights) -> Params:
    """What the person asked the job for, within their markets."""
    person = call.person
    market = call.text("market", 20).upper() or None
    if job.by_market and person.markets is not None:
        if market is None and len(person.markets) == 1:
            market = next(iter(person.markets))
        if market is None or market not in person.markets:
            raise Told(403, f"Say for which of your markets: {', '.join(sorted(person.markets))}.")
    text = call.text("date", 10)
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise Told(400, f"{text} is not a date. Write it as 2026-03-10.") from None
    return Params(call.at, person.email, call.via, market, day, _options(job, call, rights))


def _options(job: Job, call: Call, rights: Rights) -> dict[str, Any]:
    """What was said to the job's own options, {"options": {"account": "A1"}}: rows it names must be the person's own."""
    said = call.said.get("options") or {}
    if not isinstance(said, dict):
        raise Told(400, "“options” is an object of texts.")
    accounts = call.person.accounts
    limited = next((o.name for o in job.options if o.ref == "accounts"), "") if accounts is not None else ""
    if accounts and limited and len(accounts) == 1:
        said = {limited: next(iter(accounts)), **said}
    found = options.read(job.options, said, job.title)
    if accounts is not None and limited and limited not in found:
        raise Told(403, f"Say which of your accounts: {', '.join(sorted(accounts))}.")
    for option, key in options.named(job.options, found):
        table = TABLES[option.ref]
        row = rights.books.row(table.name, key)
        if row is None or not rights.sees(table, row):
            raise Told(403, f"{option.title}: there is no {key[:60]} on tab {table.title} that is yours.")
    return found


def said(work: Work, person: Person, patience: float) -> dict[str, Any]:
    """What came of a work as the person may know it; `state` RUNNING when it takes longer than `patience` seconds."""
    head = {"work": work.number, "job": work.job.name, "title": work.job.title, "preview": work.preview}
    try:
        result = work.future.result(timeout=patience)
    except NotYet:
        return {**head, "state": "RUNNING", "sentence": f"{work.job.title} is running since {work.began:%H:%M:%S} UTC."}
    except Stale:
        raise
    plan, run = result.plan, result.run
    head |= {
        "state": "DONE",
        "again": result.again,
        "counts": plan.counts(),
        "plan": as_shown(plan, work.began),
        "changes_nothing": plan.changes_nothing,
        "run": None if run is None else {"run_id": run.run_id, "ended_at": run.ended_at, "by": run.by},
    }
    sentence = plan.sentence() if work.preview else result.sentence
    if not tells_all(person, work.job):
        bare = replace(plan, blocked=())
        left = f" {len(plan.blocked):,} left out." if plan.blocked else ""
        return {
            **head,
            "sentence": bare.sentence(done=not work.preview) + left,
            "left_out": [],
            "notes": [],
            "said": [],
            "waiting": [],
        }
    return {
        **head,
        "sentence": sentence,
        "left_out": [str(problem) for problem in plan.blocked[:200]],
        "notes": list(plan.notes[:200]),
        "said": list(result.said),
        "waiting": list(result.waiting),
    }


def tells_all(person: Person, job: Job) -> bool:
    """True when the sentences of a run speak of nothing but what the person may see.

    A job over all markets and tables may quote anybody's cell, so what it says in words is for a manager of all, or
    for those whose job it is by its own declaration, when they see every market and account.
    """
    if job.roles and person.has(*job.roles):
        return person.unlimited
    if person.has(Role.MANAGER):
        return person.unlimited or (job.by_market and person.accounts is None)
    return job.by_market and person.accounts is None
