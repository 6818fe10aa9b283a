"""Policies: the settings a rule may ask for, each with its default and how its text is read.

A policy's value is the latest row of the settings table that has begun on the day in question; the defaults
here stand in the table of a new ledger, so people see and change them there.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from workbooks.problems import Refused
from workbooks.schema import Row


def _fraction(text: str) -> Decimal:
    value = Decimal(text.rstrip("% "))
    return value / 100 if text.strip().endswith("%") else value


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return read


MILEAGE_SOURCES = ("ODOMETER", "GPS", "PLATFORM", "PLANNED")


def _sources(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip().upper() for part in text.split(",") if part.strip())
    if not parts or set(parts) - set(MILEAGE_SOURCES):
        raise ValueError(f"some of {', '.join(MILEAGE_SOURCES)}, in order")
    return parts


def _four(text: str) -> str:
    if len(text.split(",")) != 4:
        raise ValueError("four accounts with commas between")
    return text


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in re.split(r"[;\n]", text) if line.strip())


@dataclass(frozen=True)
class Policy:
    """One setting: its default as text (blank: there is none, and no row until somebody writes one), how text becomes a value, and what it decides."""

    default: str
    read: Callable[[str], Any]
    about: str


POLICIES: dict[str, Policy] = {
    "contact_clock_minutes": Policy(
        "120", int, "Minutes from a failed attempt until the recipient must have been contacted"
    ),
    "contact_clock": Policy(
        "24X7", _choice("24X7", "QUIET_PAUSE"), "Whether that clock runs all night or pauses in quiet hours"
    ),
    "duplicate_scan_minutes": Policy("10", int, "Two scans of one stop, driver and outcome this close are one attempt"),
    "mileage_band": Policy("15%", _fraction, "How far miles may be from the plan before the mileage line is held"),
    "mileage_sources": Policy(
        "ODOMETER, GPS, PLATFORM", _sources, "Which mileage counts, first that is there and usable"
    ),
    "rest_of_credits": Policy(
        "NEXT",
        _choice("NEXT", "KEEP"),
        "Whether what is left of a credit note comes off the account's next invoices by itself, those due first, or is kept",
    ),
    "maker_may_approve": Policy(
        "NO", _choice("NO", "YES"), "Whether who made the lines of a settlement may approve it too; each time is logged"
    ),
    "adjustment_weeks": Policy(
        "12", int, "How many weeks back late facts are looked for when adjustments are proposed"
    ),
    "pay_accounts": Policy(
        "Contract labor, Reimbursements, Driver escrow, Driver deductions",
        _four,
        "Accounts of exported bills: earnings, reimbursements, escrow released, deductions",
    ),
    "dispute_days": Policy("30", int, "Days after posting in which a driver may dispute a line"),
    "company_name": Policy("Your company", str, "Name on invoices and statements"),
    "company_lines": Policy(
        "", _lines, "What stands under that name: address, telephone, tax number; a semicolon begins a new line"
    ),
    "how_to_pay": Policy(
        "",
        _lines,
        "What stands at the foot of invoices: bank, account, address for checks; a semicolon begins a new line",
    ),
    "reject_deletes_over": Policy(
        "20", int, "Rows a person may delete in one workbook before Stopbook stops and asks (or 5 %)"
    ),
}


def value(rows: Iterable[Row], name: str, on: date) -> Any:
    """The value of policy `name` on day `on`, from the rows of the settings table; the default without one."""
    policy = POLICIES[name]
    begun = [r for r in rows if r["key"] == name and (r.get("eff_from") is None or r["eff_from"] <= on)]
    text = max(begun, key=lambda r: r.get("eff_from") or date.min)["value"] if begun else policy.default
    try:
        return policy.read(str(text))
    except (ValueError, InvalidOperation) as error:
        raise Refused(f"Setting {name} on tab Settings is “{text}”: write {error} there.") from error
