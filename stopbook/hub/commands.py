"""Jobs run from a spreadsheet: a row of the tab Commands is looked at first, then run, then done for good.

They run with the roles of the spreadsheet and in the name of “someone in” it. What posts or approves is never run from
there: its row links to the page where a person signs in. What was run is noted before it begins, under the row and the
plan that was shown, so no row runs twice; and RUN counts only where the preview had stood before it was chosen.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from stopbook.app import App
from stopbook.hub import works
from stopbook.hub.wire import Call, Told
from stopbook.hub.works import Work, Works
from stopbook.job import Job, Params
from stopbook.jobs import jobs
from stopbook.log import fault
from stopbook.people import Person
from stopbook.rights import Rights
from stopbook.runner import Result
from workbooks.cells import clean
from workbooks.ledger import Ledger, Stale
from workbooks.plan import Plan, Put
from workbooks.problems import Refused
from workbooks.schema import Record, Row, rid_of
from workbooks.shelf import Workbook
from workbooks.tables import TABLES
from workbooks.tables.commands import RUN

TABLE = TABLES["commands"]
FREE = 3
"""empty rows there are always"""
KEPT = timedelta(days=2)
"""after so long a row that is done leaves the spreadsheet"""
ASKED = ("job", "for_market", "for_day", "options")
LONGEST = 1_500
"""characters of a preview or a result"""
SHOWN = 5
"""sentences of it that are shown"""
PATIENCE = 3.0
"""seconds a preview may take before the spreadsheet says that it is being worked out"""
INSIDE = "Something went wrong inside. Tell your administrator the number {number}, then use a free row."
AGAIN = "The books have changed since. This is what it would do now; choose RUN again. "
FIRST = "Read this first, then choose RUN. "


@dataclass
class Commands:
    """Looks after the rows of every spreadsheet. `address`: where people reach the hub's pages."""

    app: App
    works: Works
    clock: Callable[[], datetime]
    address: str = ""
    wake: Callable[[str], None] = lambda name: None
    """is told the spreadsheet for which something is new"""
    _going: dict[str, Work] = field(default_factory=dict)
    _stood: dict[str, tuple[str, int]] = field(default_factory=dict)
    """by row: the plan that stands in the spreadsheet, and how many reads found it there"""

    def attend(self, name: str, book: Workbook, read: bool) -> bool:
        """Bring every row of one spreadsheet a step on; True when there is something new to show.

        `read`: the spreadsheet was read whole since the last time.
        """
        if TABLE not in book.tables:
            return False
        ledger = self.app.ledger
        every = ledger.load("commands", {"copy": book.name}, include_void=True)
        live = [record for record in every if not record.void and record.values["status"] != "OLD"]
        if read:
            self._note_standing(book, live)
        changed = False
        for record in live:
            if values := self._step(name, book, record):
                changed |= self._write(record, values)
        changed |= any(plan and not reads for plan, reads in (self._stood.get(r.rid, ("", 0)) for r in live))
        free = sum(record.values["status"] == "FREE" and not record.values["job"] for record in live)
        for number in range(len(every) + 1, len(every) + 1 + FREE - free):
            key = (f"{book.name.removeprefix('google-')}-{number}",)
            put = Put("commands", key, {"command_id": key[0], "status": "FREE", "copy": book.name}, 0, "a free row")
            changed |= self._apply([put], f"free|{rid_of('commands', key)}")
        return changed

    # one row

    def _step(self, name: str, book: Workbook, record: Record) -> dict[str, Any]:
        """What changes in a row now; {} when nothing does."""
        row, now = record.values, self.clock()
        asked = {part: row[part] for part in ASKED}
        if row["status"] == "RUNNING":
            return self._outcome(name, book, record)
        if row["status"] == "DONE":
            if row["at"] is not None and now - row["at"] > KEPT:
                return {"status": "OLD"}
            return _only_new(row, {**_unpacked(row["asked"]), "go": RUN})
        if not row["job"]:
            nothing = dict.fromkeys(("preview", "result", "link", "asked", "plan", "go"))
            return _only_new(row, {**nothing, "status": "FREE"})
        if _packed(asked) != row["asked"] or record.rid in self._going or row["status"] == "FREE":
            return self._look(name, book, record, _packed(asked))
        if row["go"] != RUN:
            return {}
        if row["status"] != "LOOK":
            return {"go": None}
        plan, reads = self._stood.get(record.rid, ("", 0))
        if plan != row["plan"] or reads < 1:
            return {"go": None, "preview": FIRST + str(row["preview"]).removeprefix(AGAIN).removeprefix(FIRST)}
        return self._begin(name, book, record)

    def _note_standing(self, book: Workbook, live: list[Record]) -> None:
        """Which previews stood in the spreadsheet when it was read: those that were written before that."""
        ledger = self.app.ledger
        shown = ledger.bases(book.name, ledger.generation(book.name), "commands")
        for record in live:
            plan = str((shown.get(record.rid) or {}).get("plan") or "")
            before, reads = self._stood.get(record.rid, ("", 0))
            chosen = record.values["go"] == RUN
            # the first time it is only known to have been written; what counts are reads after that, without RUN in them
            self._stood[record.rid] = (plan, reads + (not chosen)) if plan and plan == before else (plan, 0)

    def _look(self, name: str, book: Workbook, record: Record, asked: str) -> dict[str, Any]:
        """The preview of what is asked for, or why there is none."""
        now = self.clock()
        head = {"asked": asked, "at": now, "go": None, "plan": None, "link": None, "result": None}
        try:
            job, params, person = self._meant(book, record.values)
            if works.posts(job):
                return {**head, "status": "SIGN_IN", "link": self._link(job, params), "preview": (
                    f"{job.title} is done by you yourself: open the link, sign in, look at it and run it there.")}  # fmt: skip
            work = self._going.get(record.rid)
            if work is None or work.job.name != job.name or record.values["asked"] != asked:
                work = self.works.start(job, params, person.email, preview=True)
                self._follow(name, record.rid, work)
            told = works.said(work, person, PATIENCE)
            if told["state"] == "RUNNING":
                waits = {**head, "at": record.values["at"], "status": "FREE", "preview": "Working it out …"}
                return _only_new(record.values, waits)
            self._going.pop(record.rid, None)
            return {**head, "status": "LOOK", "plan": told["plan"], "preview": text_of(told)}
        except Refused as refused:
            return self._no_preview(record, head, str(refused))
        except Exception as error:
            number, _ = fault(error, self.app.settings.home)
            return self._no_preview(record, head, INSIDE.format(number=number))

    def _no_preview(self, record: Record, head: Mapping[str, Any], sentence: str) -> dict[str, Any]:
        self._going.pop(record.rid, None)
        return {**head, "status": "CANNOT", "preview": sentence[:LONGEST]}

    def _begin(self, name: str, book: Workbook, record: Record) -> dict[str, Any]:
        """Note that it runs, under row and plan; only whoever noted it first begins."""
        shown = str(record.values["preview"]).removeprefix(AGAIN).removeprefix(FIRST)
        values = {"status": "RUNNING", "at": self.clock(), "result": "It runs …", "preview": shown}
        put = Put("commands", TABLE.key_of(record.values), values, record.rev, "RUN was chosen")
        begun = f"run|{record.rid}|{record.values['plan']}"
        if self._apply([put], begun):
            self._start(name, book, record)
            self.wake(name)
        elif self.app.ledger.run_by_key(_key(begun)):
            return self._cannot("This was begun once already and is not begun twice. Choose the job in a free row.")
        return {}

    def _start(self, name: str, book: Workbook, record: Record) -> None:
        try:
            job, params, person = self._meant(book, record.values)
            work = self.works.start(job, params, person.email, preview=False, expect=str(record.values["plan"]))
        except Refused:
            return  # said by the next look at the row, which finds nothing under way
        self._follow(name, record.rid, work)

    def _outcome(self, name: str, book: Workbook, record: Record) -> dict[str, Any]:
        """What came of a run; {} while it goes on."""
        work, now = self._going.get(record.rid), self.clock()
        if work is None:
            return self._afterwards(book, record)
        if not work.future.done():
            return {}
        del self._going[record.rid]
        _, _, person = self._meant(book, record.values)
        try:
            told = works.said(work, person, 0)
        except Stale as stale:
            return self._shown_again(book, record, str(stale))
        except Told as refused:
            return (
                self._shown_again(book, record, str(refused)) if refused.status == 409 else self._cannot(str(refused))
            )
        except Refused as refused:
            return self._cannot(str(refused))
        except Exception as error:
            number, _ = fault(error, self.app.settings.home)
            return self._cannot(INSIDE.format(number=number))
        return {"status": "DONE", "at": now, "result": text_of(told)}

    def _cannot(self, sentence: str) -> dict[str, Any]:
        return {"status": "CANNOT", "at": self.clock(), "go": None, "result": sentence[:LONGEST]}

    def _shown_again(self, book: Workbook, record: Record, why: str) -> dict[str, Any]:
        """The books moved on, so it is shown anew and waits for another RUN."""
        try:
            job, params, person = self._meant(book, record.values)
            told = works.said(self.works.start(job, params, person.email, preview=True), person, 20)
        except Refused as refused:
            return self._cannot(str(refused))
        if "plan" not in told:
            return self._cannot(why)
        return {"status": "LOOK", "at": self.clock(), "go": None, "result": None, "plan": told["plan"],
                "preview": (AGAIN + text_of(told))[:LONGEST]}  # fmt: skip

    def _afterwards(self, book: Workbook, record: Record) -> dict[str, Any]:
        """A run that a hub began which is gone: it was done whole, or not at all."""
        try:
            job, params, person = self._meant(book, record.values)
        except Refused as refused:
            return self._cannot(str(refused))
        run = self.app.ledger.last_run(job.name, job.scope(params))
        if run is not None and run.by == person.email and run.ended_at >= record.values["at"]:
            return {"status": "DONE", "at": run.ended_at, "result": run.sentence[:LONGEST]}
        return self._shown_again(book, record, "It was interrupted before it did anything. Choose the job once more.")

    # what is meant

    def _meant(self, book: Workbook, row: Row) -> tuple[Job, Params, Person]:
        """The job a row names, what for, and in whose name; Refused in one sentence."""
        person, wanted = someone(book), clean(str(row["job"])).casefold()
        job = next((one for one in may(person) if wanted in (one.title.casefold(), one.name)), None)
        if job is None:
            raise Refused(
                f"There is no job “{str(row['job'])[:60]}” that can be run from here. Choose one from the list."
            )
        market, day = row["for_market"] or book.market, row["for_day"]
        said = {"market": market, "date": day.isoformat() if isinstance(day, date) else None,
                "options": _options(str(row["options"] or ""))}  # fmt: skip
        call = Call(person, self.clock(), said=said, via="Google")
        return job, works.params_of(job, call, Rights(person, self.app.ledger.books())), person

    def _link(self, job: Job, params: Params) -> str:
        """The page of the job, filled in as asked for."""
        asked = {"date": params.day.isoformat() if params.day else "", "market": params.market or ""}
        asked |= {f"option.{o.name}": o.text(params.extra[o.name]) for o in job.options if o.name in params.extra}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.address}/jobs/{job.name}{'?' + query if query else ''}"

    # writing

    def _follow(self, name: str, rid: str, work: Work) -> None:
        self._going[rid] = work

        def done(_: "Future[Result]") -> None:
            self.wake(name)

        work.future.add_done_callback(done)

    def _write(self, record: Record, values: Mapping[str, Any]) -> bool:
        put = Put("commands", TABLE.key_of(record.values), values, record.rev, "commands")
        return self._apply([put], f"{record.rid}|{record.rev}|{Plan('commands', {}, (put,)).digest}")

    def _apply(self, puts: list[Put], key: str) -> bool:
        """True when this was written now, by us; a row that moved on is left for the next time."""
        ledger: Ledger = self.app.ledger
        try:
            done = ledger.apply(Plan("commands", {}, tuple(puts)), run_key=_key(key), inputs_hash="", by="Stopbook",
                                via="commands", at=self.clock())  # fmt: skip
        except Stale:
            return False
        return not done.replayed


def someone(book: Workbook) -> Person:
    """Whoever works in a spreadsheet: its roles and its market, and nothing that takes a name."""
    return Person(f"someone in {book.name}", book.roles, frozenset({book.market}) if book.market else None)


def may(person: Person) -> list[Job]:
    """The jobs that somebody may choose, in the order of the day."""
    return [job for job in jobs().values() if works.may_run(person, job)]


def text_of(told: Mapping[str, Any]) -> str:
    """A preview or a result as a cell shows it: the sentence, then what was left out and what is good to know."""
    more = [*told["waiting"], *told["left_out"], *told["notes"], *told["said"]]
    lines = [str(told["sentence"]), *(f"– {line}" for line in more[:SHOWN])]
    if len(more) > SHOWN:
        lines.append(f"– and {len(more) - SHOWN:,} more")
    return "\n".join(lines)[:LONGEST]


def _options(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.replace("\n", ";").split(";") if part.strip()]
    if any(not sign for _, sign, _ in pairs):
        raise Refused("Write options as name=value, several with a semicolon between, such as account=A1.")
    return {name.strip().lstrip("-").replace("-", "_"): value.strip() for name, _, value in pairs}


def _key(text: str) -> str:
    return sha256(f"commands|{text}".encode()).hexdigest()


def _packed(asked: Row) -> str:
    return json.dumps({name: None if value is None else str(value) for name, value in asked.items()})


def _unpacked(text: Any) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(str(text))
    day = asked.get("for_day")
    return {**asked, "for_day": date.fromisoformat(day) if day else None}


def _only_new(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if row.get(name) != value}
