"""How it goes: in step or waiting for whom, last and next runs, conflicts, workbooks, sign of life. Reads little."""

from datetime import datetime, time, timedelta
from typing import Any

from sheets_sync import files
from stopbook.app import App
from stopbook.hub.works import Works, may_run, tells_all
from stopbook.jobs import jobs
from stopbook.people import Person, local
from stopbook.rights import Rights
from stopbook.schedule import Schedule, next_run
from stopbook.tending import Tending, unattended
from workbooks import cells
from workbooks.problems import Refused
from workbooks.schema import Record
from workbooks.shelf import Workbook, shelf
from workbooks.tables import TABLES

ASLEEP = timedelta(minutes=30)
"""longer than any job takes"""
RUNS = 12
"""newest runs that are shown"""
_OURS = ("set-up", "schedule", "commands", "google-sync", "edit", "user", "token", "restore")
"""runs that are no job of anybody's day"""


def of(app: App, person: Person, at: datetime, schedule: Schedule | None = None, works: Works | None = None,
       started: datetime | None = None, beat: datetime | None = None, tending: Tending | None = None) -> dict[str, Any]:  # fmt: skip
    """The state of everything as `person` may know it, as plain data."""
    rights = Rights(person, app.ledger.books())
    following = _schedule(app, rights, at, schedule)
    books = _workbooks(app, rights, _last_writing(app, schedule))
    waiting = [book["sentence"] for book in books if book["waits"]]
    waiting += [f"{row['title']}: {row['last_result']}" for row in following if row["failed"]]
    sheets = _spreadsheets(app, rights, at, tending)
    waiting += [f"{sheet['title']}: {sheet['sentence']}" for sheet in sheets if sheet["waits"]]
    waiting += [one.problem for one in (schedule, tending) if one is not None and one.problem]
    waiting += _asleep(at, schedule, tending)
    conflicts = _conflicts(app, rights)
    going = [f"{work.job.title} is running since {work.began:%H:%M} UTC." for work in (works.under_way() if works else ())
             if may_run(person, work.job)]  # fmt: skip
    return {
        "company": app.settings.company,
        "at": at,
        "started": started,
        "heartbeat": beat,
        "in_step": not waiting,
        "sentence": "Everything is in step." if not waiting else waiting[0],
        "waiting": waiting,
        "running": going,
        "conflicts": conflicts,
        "conflicts_sentence": _count(conflicts),
        "workbooks": books,
        "spreadsheets": sheets,
        "quota": tending.quota() if tending is not None else "",
        "runs": _runs(app, person),
        "schedule": following,
    }


def here(app: App, at: datetime) -> dict[str, Any]:
    """The same for the command line, where no hub runs."""
    return of(app, local("command line"), at)


def _spreadsheets(app: App, rights: Rights, at: datetime, tending: Tending | None) -> list[dict[str, Any]]:
    """How the Google spreadsheets go that the person may open."""
    found = tending.states(at) if tending is not None else unattended(app, at)
    return [one for one in found if rights.person.has(*one["roles"], *_MANAGERS)
            and (one["market"] is None or rights.market(one["market"]))]  # fmt: skip


def _asleep(at: datetime, schedule: Schedule | None, tending: Tending | None) -> list[str]:
    """What should look all the time and did not: something holds it up."""
    looks = (("schedule", schedule), ("keeping of spreadsheets", tending))
    return [f"The {name} has not looked since {one.looked:%H:%M} UTC. If that stays so, start the hub again."
            for name, one in looks if one is not None and one.looked is not None and at - one.looked > ASLEEP]  # fmt: skip


def _count(conflicts: dict[str, int]) -> str:
    words = {"CONFLICT": "to choose", "PUT_BACK": "put back", "INVALID": "to correct"}
    parts = [f"{count:,} {words[kind]}" for kind, count in conflicts.items() if count]
    return ", ".join(parts) if parts else "none"


def _conflicts(app: App, rights: Rights) -> dict[str, int]:
    table, found = TABLES["conflicts"], dict.fromkeys(("CONFLICT", "INVALID", "PUT_BACK"), 0)
    for record in app.ledger.load("conflicts", {"status": "OPEN"}):
        if rights.sees(table, record.values):
            found[str(record.values["kind"])] += 1
    return found


def _last_writing(app: App, schedule: Schedule | None) -> str:
    """What the last writing of the workbooks said; it names those that could not be written."""
    found = [_latest(record, schedule) for record in app.ledger.load("schedule", {"job": "write-workbooks"})]
    return " ".join(sentence for _, sentence, _ in found)


def _workbooks(app: App, rights: Rights, last: str) -> list[dict[str, Any]]:
    markets = [record.values for record in app.ledger.load("markets", {})]
    return [_workbook(app, wb, last) for wb in shelf(markets)
            if rights.person.has(*wb.roles, *_MANAGERS) and (wb.market is None or rights.market(wb.market))]  # fmt: skip


_MANAGERS = TABLES["users"].readers


def _workbook(app: App, wb: Workbook, last: str) -> dict[str, Any]:
    path = app.settings.workbooks / wb.file
    written = app.ledger.last_written(wb.name)
    unsure = app.ledger.open_intents(wb.name)
    try:
        who = files.holder(path) if path.exists() else None
    except (OSError, Refused):
        who = None
    if not path.exists():
        sentence = "Not written yet." if not written else f"{wb.file} is gone; it comes back with the next writing."
    elif who is not None and wb.file in last:
        sentence = f"{wb.file} is open{f' at {who}' if who else ''}; what is new is written when it is closed."
    elif who is not None:
        sentence = f"Open{f' at {who}' if who else ''}; in step."
    elif unsure:
        sentence = f"The last writing of {wb.file} did not finish; the next one does it again."
    else:
        sentence = "In step."
    return {"name": wb.name, "title": wb.title, "file": wb.file, "generation": written.get("generation"),
            "waits": who is not None and wb.file in last, "open_at": who or "", "sentence": sentence}  # fmt: skip


def _runs(app: App, person: Person) -> list[dict[str, Any]]:
    known, found = jobs(), []
    for record in app.ledger.load("runs", {}, limit=RUNS * 20):
        row = record.values
        job = known.get(str(row["job"]))
        if row["job"] in _OURS or (job is None and not person.unlimited) or (job and not may_see(person, job.name)):
            continue
        everywhere = "market=all" in str(row["scope"] or "")
        if job is not None and (not tells_all(person, job) or (everywhere and not person.unlimited)):
            sentence = f"{row['created']:,} created, {row['changed']:,} changed, {row['blocked']:,} left out."
        elif not _mine(person, str(row["scope"] or "")):
            continue
        else:
            sentence = str(row["sentence"])
        found.append({"job": row["job"], "title": job.title if job else row["job"], "scope": _scope(str(row["scope"] or "")),
                      "sentence": sentence, "by": row["by"], "via": row["via"], "at": row["ended_at"]})  # fmt: skip
        if len(found) == RUNS:
            break
    return found


def _scope(text: str) -> str:
    """For what a run was, in words: “2026-03-10, all markets”."""
    parts = [part.partition("=") for part in text.split(", ") if part]
    return ", ".join(
        "all markets" if (name, value) == ("market", "all") else value for name, _, value in parts if name != "sha256"
    )


def may_see(person: Person, name: str) -> bool:
    """True when the person may know that the job ran."""
    job = jobs().get(name)
    return job is not None and (may_run(person, job) or (name == "import-file" and person.unlimited))


def _mine(person: Person, scope: str) -> bool:
    named = [part.partition("=")[2] for part in scope.split(", ") if part.startswith("market=")]
    return person.markets is None or all(market in person.markets for market in named)


def _schedule(app: App, rights: Rights, at: datetime, schedule: Schedule | None) -> list[dict[str, Any]]:
    table, known, found = TABLES["schedule"], jobs(), []
    markets = {str(r.values["market_id"]): r.values for r in app.ledger.load("markets", {})}
    for record in app.ledger.load("schedule", {}):
        row = record.values
        job = known.get(str(row["job"]))
        if job is None or not rights.sees(table, row) or not may_run(rights.person, job):
            continue
        last, sentence, failed = _latest(record, schedule)
        following = row.get("next_run")
        if following is None or following <= at:
            following = next_run(row, markets, at)
        told = tells_all(rights.person, job) or not sentence
        found.append({
            "rid": record.rid, "rev": record.rev, "job": job.name, "title": job.title, "market": row.get("market_id"),
            "when": when(row), "times": {name: _time(row.get(name)) for name in ("at", "every", "begin", "until")}, "enabled": bool(row.get("enabled")), "next": following if row.get("enabled") else None,
            "last": last, "last_result": sentence if told else ("Failed." if failed else "Done."), "failed": failed,
        })  # fmt: skip
    return sorted(found, key=lambda row: (row["next"] is None, row["next"] or at + timedelta(days=99), row["title"]))


def _latest(record: Record, schedule: Schedule | None) -> tuple[datetime | None, str, bool]:
    if schedule is not None and record.rid in schedule.latest:
        return schedule.latest[record.rid]
    row = record.values
    return row.get("last_run"), str(row.get("last_result") or ""), bool(row.get("failed"))


def _time(value: Any) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else cells.to_text(value)


def when(row: Any) -> str:
    """When a row of the schedule is due, in words."""
    days = f" on {', '.join(row['days'])}" if row.get("days") else ""
    if row.get("at") is not None:
        return f"at {row['at']:%H:%M}{days}"
    hours = f", {row['begin']:%H:%M} to {row['until']:%H:%M}" if row.get("begin") is not None else ""
    return f"every {row.get('every')} minutes{hours}{days}"
