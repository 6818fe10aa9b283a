"""What every step needs to know of the master tables, read once from the books."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from workbooks import localtime, policy
from workbooks.books import Books
from workbooks.pipeline.cutover import GoLive
from workbooks.problems import Refused
from workbooks.rules.exceptions.open import matrix
from workbooks.rules.sla.on_time import Promise
from workbooks.schema import Row


@dataclass(frozen=True)
class Market:
    """A market with its clock."""

    row: Row

    @property
    def id(self) -> str:
        """Its code."""
        return str(self.row["market_id"])

    @cached_property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return localtime.zone(str(self.row["tz"]))

    @property
    def cutover(self) -> time:
        """When the operating day turns; 04:00 unless set."""
        return self.row.get("op_day_cutover") or time(4, 0)

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Quiet hours, if set."""
        start, end = self.row.get("quiet_start"), self.row.get("quiet_end")
        return (start, end) if start is not None and end is not None else None

    def day_of(self, moment: datetime) -> date:
        """Operating day of a moment."""
        return localtime.operating_day(moment, self.zone, self.cutover)

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """First moment of an operating day and of the next."""
        return localtime.operating_day_bounds(day, self.zone, self.cutover)


class Context:
    """Master data of a plan: markets, policies, fault matrix, contracts, drivers. Reads each table once."""

    def __init__(self, books: Books) -> None:
        self.books = books

    @cached_property
    def markets(self) -> dict[str, Market]:
        """Markets by code."""
        return {str(row["market_id"]): Market(row) for row in self.books.rows("markets")}

    def market(self, market_id: str) -> Market:
        """The market of that code; Refused with the codes there are."""
        if market_id not in self.markets:
            known = ", ".join(sorted(self.markets)) or "none yet; import the markets first"
            raise Refused(f"There is no market {market_id}. Markets on tab Markets: {known}.")
        return self.markets[market_id]

    def policy(self, name: str, on: date) -> Any:
        """A setting's value on a day."""
        return policy.value(self.books.rows("settings"), name, on)

    @cached_property
    def go_live(self) -> GoLive:
        """From which day work counts here."""
        return GoLive(self.books)

    def codes(self, on: date) -> dict[str, Row]:
        """The fault matrix on a day, by code."""
        return matrix(self.books.rows("reason_codes"), on)

    @cached_property
    def flag_rules(self) -> dict[str, Row]:
        """Flag rules by flag."""
        return {row["flag"]: row for row in self.books.rows("flag_rules")}

    @cached_property
    def accounts(self) -> dict[str, Row]:
        """Accounts by code."""
        return {str(row["account_id"]): row for row in self.books.rows("accounts")}

    @cached_property
    def drivers(self) -> dict[str, Row]:
        """Drivers by number."""
        return {str(row["driver_id"]): row for row in self.books.rows("drivers")}

    @cached_property
    def vehicles(self) -> dict[str, Row]:
        """Vehicles by number."""
        return {str(row["vehicle_id"]): row for row in self.books.rows("vehicles")}

    def promise(self, account_id: str | None, on: date) -> Promise:
        """What an account was promised on a day; of several contracts the latest begun."""
        rows = [r for r in self.books.rows("sla_contracts") if r["account_id"] == account_id and _holds(r, on)]
        return Promise.of(max(rows, key=lambda r: r["eff_from"]) if rows else None)

    @cached_property
    def _identities(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.books.rows("driver_identity"):
            found.setdefault((row["platform"], _fold(row["platform_driver_ref"])), []).append(row)
        return found

    def driver_of(self, platform: str | None, ref: str | None, on: date) -> str | None:
        """Our driver behind a platform's account on a day; our own number is itself; None when nobody knows."""
        if not ref:
            return None
        rows = self._identities.get((platform or "GENERIC", _fold(ref)), [])
        valid = [r for r in rows if _valid(r, on)]
        if valid:
            return str(max(valid, key=lambda r: r.get("valid_from") or date.min)["driver_id"])
        return ref if ref in self.drivers else None

    @cached_property
    def _reasons(self) -> tuple[dict[tuple[str, str], str], list[tuple[str, str, str]]]:
        exact: dict[tuple[str, str], str] = {}
        keywords: list[tuple[str, str, str]] = []
        for row in self.books.rows("reason_map"):
            if row["match"] == "EXACT":
                exact[row["platform"], _fold(row["value"])] = row["code"]
            else:
                keywords.append((row["platform"], _fold(row["value"]), row["code"]))
        return exact, sorted(keywords, key=lambda k: (k[0] == "GENERIC", -len(k[1]), k[1]))

    def reason_of(self, platform: str | None, raw: str | None, known: Iterable[str]) -> str | None:
        """Our reason code for a platform's words: our own code, an exact entry, a keyword; else None, never a guess."""
        if not raw:
            return None
        code = raw.strip().upper().replace(" ", "_").replace("-", "_")
        if code in known:
            return code
        exact, keywords = self._reasons
        text = _fold(raw)
        for where in (platform or "GENERIC", "GENERIC"):
            if (where, text) in exact:
                return exact[where, text]
        return next((c for where, word, c in keywords if where in (platform, "GENERIC") and word in text), None)


def _fold(text: str) -> str:
    return " ".join(str(text).casefold().split())


def _holds(row: Row, on: date) -> bool:
    return bool(row["eff_from"] <= on and (row.get("eff_to") is None or on <= row["eff_to"]))


def _valid(row: Row, on: date) -> bool:
    start, end = row.get("valid_from"), row.get("valid_to")
    return (start is None or start <= on) and (end is None or on <= end)
