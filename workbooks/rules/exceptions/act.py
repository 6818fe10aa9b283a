"""A person moves a case through the action column: Stopbook takes the action in, moves the case, clears the cell.

CONTACTED stamps the first contact. WAIT_CLIENT stops the clock and leaving it moves the due moment by as long as
it lasted. SCHEDULE books a redelivery. REOPEN starts a new clock; an earlier breach stays (golden example G13).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbooks.problems import Problem
from workbooks.schema import Row
from workbooks.tables.exceptions import LIFECYCLE, TABLE


def act(case: Row, action: str, at: datetime, new_due: datetime) -> tuple[dict[str, Any], Problem | None]:
    """Values to set on `case` for `action` taken in at `at`, or a problem; the action cell is cleared either way.

    `new_due` is the end of a clock started at `at`, for REOPEN.
    """
    move = LIFECYCLE.by_action(case["status"], action)
    if move is None:
        possible = ", ".join(LIFECYCLE.actions_from(case["status"])) or "nothing"
        return {"action": None}, Problem(
            f"{action} is not possible while the case is {case['status']}", f"Possible now: {possible}", column="action"
        )
    missing = [TABLE.by_name[name].title for name in move.needs if not case.get(name)]
    if missing:
        return {"action": None}, Problem(
            f"{action} needs {' and '.join(missing)}", f"Fill {missing[0]} and choose {action} again", column="action"
        )
    changed: dict[str, Any] = {"action": None, "status": move.target}
    changed |= _clock_effects(case, action, at)
    if action == "REOPEN":
        changed |= {"due_2h": new_due, "first_contact_at": None, "paused_min": 0, "disposition": None,
                    "reopen_count": (case.get("reopen_count") or 0) + 1}  # fmt: skip
    if action == "ESCALATE":
        changed["tier"] = 3 if move.target == "ESCALATED_T3" else max(2, case.get("tier") or 1)
    return changed, None


def _clock_effects(case: Row, action: str, at: datetime) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if action in ("CONTACTED", "SCHEDULE") and case.get("first_contact_at") is None:
        changed["first_contact_at"] = at
    waiting_since = case.get("waiting_since")
    if waiting_since is not None and action != "WAIT_CLIENT":
        waited = at - waiting_since
        changed |= {
            "waiting_since": None,
            "paused_min": (case.get("paused_min") or 0) + int(waited.total_seconds() // 60),
            "due_2h": case["due_2h"] + waited if case.get("due_2h") else None,
        }
    if action == "WAIT_CLIENT" and waiting_since is None:
        changed["waiting_since"] = at
    return changed


def recode(case: Row, old_code: str | None, new: Row) -> dict[str, Any]:
    """What a new code changes beside itself: the old one is kept, owner, tier and severity follow the matrix.

    The family stays, so the case remains the one open case of its stop and family. `new` is the matrix row.
    """
    earlier = [code for code in (case.get("old_codes"), old_code) if code]
    return {
        "old_codes": ", ".join(earlier) or None,
        "owner": new["owner"],
        "tier": new.get("tier"),
        "severity": new.get("severity"),
    }


def redelivery(case: Row, existing: Mapping[str, Row], at: datetime, service_date: Any) -> dict[str, Any]:
    """The row of redeliveries that SCHEDULE books; an open one of the same case is changed instead of doubled."""
    mine = [row for row in existing.values() if row["exc_id"] == case["exc_id"]]
    live = next((row for row in mine if row["status"] in ("REQUESTED", "CONFIRMED")), None)
    number = len(mine) + (0 if live else 1)
    return {
        "redelivery_id": live["redelivery_id"] if live else f"{case['exc_id']}-{number}",
        "market_id": case.get("market_id"),
        "service_date": service_date,
        "exc_id": case["exc_id"],
        "stop_id": case["stop_id"],
        "status": "CONFIRMED",
        "redelivery_at": case["redelivery_at"],
        "confirmed_at": at,
    }
