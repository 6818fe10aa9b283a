"""Laying a home out: settings, ledger with the first rows, workbooks, forms to fill in. Done again, it finishes or says."""

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from stopbook import runner, settings
from stopbook.app import App, now, opened
from stopbook.init.answers import Answers, Market
from stopbook.init.forms import FOLDER, Place, write_forms
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.places import holidays_of, place, zip3s
from stopbook.planning import plan_of
from stopbook.settings import FILE
from workbooks.intake import toml
from workbooks.pipeline.wanted import Wanted
from workbooks.problems import Refused
from workbooks.shelf import shelf

OURS = (FILE, "ledger.sqlite")
"""either of these makes a folder a home"""
CLOSED = ("New Year", "Memorial Day", "Independence Day", "Labor Day", "Thanksgiving", "Christmas Day")
"""holidays on which deliveries are usually not promised; the others are on the calendar for the fuel index"""

_Made = dict[str, Any]


@dataclass(frozen=True)
class Laid:
    """A home as it stands: `fresh` when it was made just now; what it holds, in words."""

    home: Path
    fresh: bool
    company: str
    markets: tuple[str, ...]
    accounts: tuple[str, ...]
    people: tuple[str, ...]
    workbooks: tuple[tuple[str, str], ...]
    """(file name, title)"""


def usable(home: Path) -> None:
    """Refused when the folder cannot become a home: it is a file, or other things lie in it."""
    if home.exists() and not home.is_dir():
        raise Refused(f"{home} is a file. Name a folder.")
    if not home.is_dir() or is_home(home):
        return
    others = sorted(path.name for path in home.iterdir() if not path.name.startswith((".", FOLDER)))
    if others:
        raise Refused(f"{home} holds other things ({', '.join(others[:3])}). Name an empty folder or a new one.")


def is_home(home: Path) -> bool:
    """True when settings or a ledger lie there."""
    return any((home / name).exists() for name in OURS)


def look(home: Path) -> Laid | None:
    """What a home holds, its missing files made anew; None when its ledger has no market yet, so nothing was begun."""
    with opened(settings.load(home)) as app:
        return _finished(app, False) if app.ledger.load("markets", {}) else None


def lay_out(home: Path, answers: Answers) -> Laid:
    """Write everything the answers say."""
    at = now()
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / FILE).write_text(
            toml.dumps({"company": answers.company, "person": answers.name}), encoding="utf-8", newline="\n"
        )
    except OSError as error:
        raise Refused(f"{home} cannot be written ({error.strerror}). Choose another folder.") from error
    with opened(settings.load(home), at) as app:
        plan = plan_of(app.ledger.books(), "init", {}, [first_rows(answers, at.date())], why="set up")
        app.ledger.apply(
            plan, run_key=f"init-{plan.digest}", inputs_hash="", by=answers.name, via="command line", at=at
        )
        return _finished(app, True)


def first_rows(answers: Answers, today: date) -> Wanted:
    """The rows of a new ledger: markets with calendar, clients, accounts with zones, the first user, policies."""
    wanted = Wanted()
    for market in answers.markets:
        wanted.add("markets", {
            "market_id": market.code, "name": market.name, "tz": market.clock, "op_day_cutover": time(4),
            "week_start": market.week_start, "quiet_start": time(21), "quiet_end": time(8),
        })  # fmt: skip
        for row in _calendar(market, today):
            wanted.add("calendar", row)
    for client in answers.clients:
        wanted.add("clients", {"client_id": client.code, "name": client.name, "ap_email": client.email or None, "status": "ACTIVE"})  # fmt: skip
        for account in client.accounts:
            anchor = date(today.year, 1, 1)
            anchor = date.fromordinal(anchor.toordinal() - anchor.weekday())
            wanted.add("accounts", {
                "account_id": account.code, "client_id": client.code, "name": account.name, "cycle": account.cycle,
                "cycle_anchor": anchor, "terms_days": 30,
            })  # fmt: skip
            for row in _zones(account.code, answers.markets, anchor):
                wanted.add("zones", row)
    wanted.add("users", {
        "email": answers.email, "name": answers.name, "role": ("payroll", "billing", "manager"), "tier": 3, "can_post": True,
    })  # fmt: skip
    wanted.add("settings", {"key": "company_name", "eff_from": None, "value": answers.company})
    if answers.alone:
        wanted.add("settings", {
            "key": "maker_may_approve", "eff_from": None, "value": "YES", "confirmed_by": answers.name, "confirmed_on": today,
        })  # fmt: skip
    return wanted


def _calendar(market: Market, today: date) -> list[_Made]:
    """Holidays of this year and the next where the market lies; none without a ZIP code."""
    found = place(market.zip or "")
    if not found:
        return []
    federal, own = holidays_of(found["state"], (today.year, today.year + 1))
    days = [(day, name, True) for day, name in federal.items()] + [(day, name, False) for day, name in own.items()]
    return [
        {"market_id": market.code, "date": day, "holiday": index and name.startswith(CLOSED), "index_holiday": index, "name": name}
        for day, name, index in sorted(days)
    ]  # fmt: skip


def _zones(account: str, markets: tuple[Market, ...], since: date) -> list[_Made]:
    """One zone a market from the ZIP codes of its city, and one for everywhere else, to begin with."""
    rows: list[_Made] = []
    taken: set[str] = set()
    for market in markets:
        found = place(market.zip or "")
        for prefix in zip3s(found["city"], found["state"]) if found else ():
            if prefix not in taken:
                taken.add(prefix)
                rows.append(_zone(account, market.code, "ZIP3", prefix, since))
    return [*rows, _zone(account, "OTHER", "DEFAULT", None, since)] if rows else []


def _zone(account: str, zone: str, match: str, value: str | None, since: date) -> _Made:
    return {"account_id": account, "zone": zone, "match_type": match, "match_value": value, "eff_from": since}


def _finished(app: App, fresh: bool) -> Laid:
    """Workbooks and forms where they are missing, and what the home holds."""
    books, home = app.ledger.books(), app.settings.home
    markets, accounts = books.rows("markets"), books.rows("accounts")
    on_shelf = shelf(markets)
    if not all((app.settings.workbooks / wb.file).exists() for wb in on_shelf):
        params = Params(now(), app.settings.signed, "init")
        runner.run(app, job("write-workbooks"), params)
    first = accounts[0] if accounts else {"account_id": "ACME", "client_id": "ACME"}
    write_forms(
        home / FOLDER,
        Place(str(markets[0]["market_id"]), str(markets[0]["tz"]), str(first["account_id"]), now().date()),
    )
    return Laid(
        home, fresh, app.settings.company,
        tuple(f"{r['name']} ({r['market_id']})" for r in markets),
        tuple(f"{r['name']} ({r['account_id']})" for r in accounts),
        tuple(str(r.get("name") or r["email"]) for r in books.rows("users")),
        tuple((wb.file, wb.title) for wb in on_shelf),
    )  # fmt: skip
