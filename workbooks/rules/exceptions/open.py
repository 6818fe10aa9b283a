"""Every failed or partial attempt, and every flag that is a reason code, opens one case per stop and family.

What the case is follows from the fault matrix (table reason_codes) as it stood on that day. A repeat while a case
is open raises its severity instead of opening another; after the first contact, or after the case was done, it
starts a new clock. Cases that are not latched close themselves when the stop is delivered or the flag is gone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from workbooks.schema import Row
from workbooks.tables.exceptions import DONE
from workbooks.tables.reason_codes import SEVERITIES


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong: the stop, our reason code, when, and the attempt behind it (None: a flag)."""

    stop_id: str
    code: str
    at: datetime
    attempt_id: str | None = None


@dataclass(frozen=True)
class Healed:
    """What happened to a stop since: when it was delivered (None: not), and which flags it still carries."""

    delivered_at: datetime | None
    flags: frozenset[str]
    partial: bool = False


def matrix(rows: Iterable[Row], on: date) -> dict[str, Row]:
    """The fault matrix as it stands on a day: by code, the latest row that has begun."""
    standing: dict[str, Row] = {}
    for row in sorted(rows, key=lambda r: r.get("eff_from") or date.min):
        if row.get("eff_from") is None or row["eff_from"] <= on:
            standing[row["code"]] = row
    return standing


def case_id(stop_id: str, family: str) -> str:
    """One case per stop and family, for ever; it is reopened rather than doubled."""
    return f"X-{stop_id}-{family}"


def open_cases(
    faults: Iterable[Fault], codes: Mapping[str, Row], existing: Mapping[str, Row], due_of: Mapping[Fault, datetime]
) -> dict[str, dict[str, Any]]:
    """Values to set by case id: new cases and what repeats change in `existing` ones (rows by exc_id).

    `due_of` gives the end of the two-hour clock of each fault.
    """
    cases: dict[str, dict[str, Any]] = {}
    # a case that was recoded into another family still is the case of its attempt
    recoded = {
        (c["stop_id"], c["attempt_id"], c["code"]): exc_id for exc_id, c in existing.items() if c.get("attempt_id")
    }
    for fault in sorted(faults, key=lambda f: (f.at, f.stop_id, f.code)):
        kind = codes.get(fault.code) or codes["UNKNOWN"]
        exc_id = recoded.get((fault.stop_id, fault.attempt_id, fault.code)) or case_id(fault.stop_id, kind["family"])
        before: Row | None = {**existing.get(exc_id, {}), **cases.get(exc_id, {})} or None
        if before is None:
            cases[exc_id] = _new(exc_id, fault, kind, due_of[fault])
        elif fault.at > before["failed_at"]:
            cases[exc_id] = {**cases.get(exc_id, {}), **_repeat(before, fault, kind, due_of[fault])}
    return cases


def _new(exc_id: str, fault: Fault, kind: Row, due_at: datetime) -> dict[str, Any]:
    return {
        "exc_id": exc_id,
        "stop_id": fault.stop_id,
        "status": "NEW",
        "code": kind["code"],
        "family": kind["family"],
        "severity": kind.get("severity"),
        "owner": kind["owner"],
        "tier": kind.get("tier"),
        "opened_at": fault.at,
        "failed_at": fault.at,
        "due_2h": due_at,
        "attempt_id": fault.attempt_id,
        "paused_min": 0,
        "reopen_count": 0,
        "breached": False,
    }


def _repeat(before: Row, fault: Fault, kind: Row, due_at: datetime) -> dict[str, Any]:
    worse = SEVERITIES[min(SEVERITIES.index(before.get("severity") or "LOW") + 1, len(SEVERITIES) - 1)]
    changed: dict[str, Any] = {"failed_at": fault.at, "attempt_id": fault.attempt_id, "severity": worse}
    if before["status"] in DONE or before.get("first_contact_at") is not None:
        changed |= {
            "status": "REOPENED",
            "due_2h": due_at,
            "first_contact_at": None,
            "waiting_since": None,
            "paused_min": 0,
            "reopen_count": (before.get("reopen_count") or 0) + 1,
            "disposition": None,
        }
        if kind["code"] != before.get("code"):
            earlier = [code for code in (before.get("old_codes"), before.get("code")) if code]
            changed |= {"code": kind["code"], "old_codes": ", ".join(earlier)}
    return changed


def heal(case: Row, healed: Healed, codes: Mapping[str, Row]) -> dict[str, Any]:
    """What closes `case` by itself: its stop was delivered later, or the flag that opened it is gone; else {}."""
    kind = codes.get(case["code"])
    if case["status"] in DONE or (kind is not None and kind.get("latched")):
        return {}
    if healed.delivered_at is not None and healed.delivered_at > case["failed_at"]:
        return {"status": "RESOLVED", "disposition": case.get("disposition") or "REDELIVERED"}
    from_flag = case["code"] in ("MISSING_SCAN", "UNMANIFESTED")
    if from_flag and case["code"] not in healed.flags:
        return {"status": "RESOLVED", "disposition": case.get("disposition") or "RELEASED"}
    return {}


def faults_of(
    attempts: Sequence[Row], open_flags: Iterable[tuple[str, str, datetime, str | None]], known: Mapping[str, Row]
) -> list[Fault]:
    """Faults of real attempts (duplicates left out by the caller) and of flags that are reason codes.

    `open_flags` are (stop id, flag, moment, attempt id). A failed attempt without a code, or with one the matrix
    does not know, is UNKNOWN: somebody has to name the reason.
    """
    found = []
    for attempt in attempts:
        if attempt["outcome"] not in ("FAILED", "PARTIAL"):
            continue
        code = attempt.get("reason_code") or ("PARTIAL" if attempt["outcome"] == "PARTIAL" else "UNKNOWN")
        found.append(
            Fault(
                attempt["stop_id"], code if code in known else "UNKNOWN", attempt["completed_at"], attempt["attempt_id"]
            )
        )
    found += [Fault(stop_id, flag, at, attempt_id) for stop_id, flag, at, attempt_id in open_flags if flag in known]
    return found
