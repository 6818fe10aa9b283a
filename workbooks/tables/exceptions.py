"""Exceptions: one open case per stop and family of fault, with its contact clock."""

from collections.abc import Callable

from workbooks.schema import STAFF, Book, C, Column, D, Kind, Lifecycle, M, Move, Need, Row, S, Table, Type, V
from workbooks.tables.reason_codes import FAMILIES, OWNERS, SEVERITIES

BOTH = (V, D)
_LIVE = ("NEW", "TRIAGED", "CONTACTING", "SCHEDULED", "OUT", "WAITING_RECIPIENT", "WAITING_CLIENT",
         "ESCALATED_T2", "ESCALATED_T3", "REOPENED")  # fmt: skip
DONE = ("RESOLVED", "CLOSED")
"""states in which nobody has to do anything"""


def _moves() -> tuple[Move, ...]:
    asked = []
    for state in _LIVE:
        if state in ("NEW", "REOPENED"):
            asked.append(Move(state, "TRIAGED", "TRIAGE", BOTH))
        asked += [
            Move(state, "CONTACTING", "CONTACTED", BOTH),
            Move(state, "SCHEDULED", "SCHEDULE", BOTH, needs=("redelivery_at",)),
            Move(state, "RESOLVED", "RESOLVE", BOTH, needs=("disposition",)),
        ]
        if state not in ("WAITING_RECIPIENT", "WAITING_CLIENT"):
            asked.append(Move(state, "WAITING_RECIPIENT", "WAIT_RECIPIENT", BOTH))
            asked.append(Move(state, "WAITING_CLIENT", "WAIT_CLIENT", BOTH))
        else:
            asked.append(Move(state, "CONTACTING", "RESUME", BOTH))
        if not state.startswith("ESCALATED"):
            asked.append(Move(state, "ESCALATED_T2", "ESCALATE", BOTH))
    asked.append(Move("ESCALATED_T2", "ESCALATED_T3", "ESCALATE", BOTH))
    asked.append(Move("RESOLVED", "CLOSED", "CLOSE", BOTH))
    asked += [Move(state, "REOPENED", "REOPEN", BOTH) for state in DONE]
    system = [
        Move("SCHEDULED", "OUT"),
        *(Move(state, "RESOLVED") for state in _LIVE),
        *(Move(state, "REOPENED") for state in _LIVE if state != "REOPENED"),
    ]
    return (*asked, *system)


LIFECYCLE = Lifecycle("status", ("NEW", "RESOLVED"), _moves(), action_column="action", live=_LIVE)
ACTIONS = tuple(dict.fromkeys(move.action for move in LIFECYCLE.moves if move.action))


def _contact_first(row: Row) -> bool:
    return row.get("status") not in DONE and row.get("first_contact_at") is None


def _follow_up(row: Row) -> bool:
    return row.get("status") not in DONE and row.get("first_contact_at") is not None and row.get("status") != "OUT"


def _for_owner(dispatch: bool, when: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: when(row) and ((row.get("owner") == "DISPATCH") == dispatch)


def _contact_line(row: Row) -> str:
    who = row.get("recipient") or "the recipient"
    return f"Contact {who} about {row['stop_id']} ({row['code']})" + (f", {row['phone']}" if row.get("phone") else "")


def _follow_line(row: Row) -> str:
    return f"Follow up {row['stop_id']} ({row['code']}): {str(row['status']).replace('_', ' ').lower()}"


TABLE = Table(
    name="exceptions",
    title="Exceptions",
    book=Book.OPS,
    kind=Kind.DERIVED,
    key=("exc_id",),
    about="One row per case. Choose an action; Stopbook takes it in, moves the case and clears the cell.",
    market="market_id",
    day="service_date",
    parent="stop_id",
    order=10,
    readers=STAFF,
    shared={C: ("stop_id", "account_id", "code", "redelivery_at", "disposition", "client_visible_note")},
    shown=(V, D, M),
    columns=(
        Column("exc_id", "Case", Type.ID, (S,), "One per stop and family", required=True, width=26),
        Column("market_id", "Market", Type.ID, (S,), "Where", ref="markets", width=8),
        Column("service_date", "Service date", Type.DATE, (S,), "Day it happened", width=11),
        Column("stop_id", "Stop", Type.ID, (S,), "Which stop; may be one nobody planned", width=20),
        Column("account_id", "Account", Type.ID, (S,), "Whose stop", width=11),
        Column("status", "Status", Type.ENUM, (S,), "Where the case stands", enum=LIFECYCLE.states, width=17,
               colours={"NEW": "bad", "REOPENED": "bad", "TRIAGED": "warn", "CONTACTING": "warn", "SCHEDULED": "good",
                        "OUT": "good", "RESOLVED": "good", "CLOSED": "muted", "WAITING_CLIENT": "muted",
                        "WAITING_RECIPIENT": "muted", "ESCALATED_T2": "bad", "ESCALATED_T3": "bad"}),
        Column("action", "Action", Type.ENUM, BOTH, "What you did or want; cleared once taken in", enum=ACTIONS, width=16),
        Column("due_2h", "Contact due", Type.TS, (S,), "End of the contact clock: failure plus the hours promised, pauses added", width=16, due=True),
        Column("code", "Code", Type.ID, (V,), "Reason; the VA may recode, the old one is kept", ref="reason_codes", width=20),
        Column("family", "Family", Type.ENUM, (S,), "Family the case was opened in", enum=FAMILIES, width=13),
        Column("severity", "Severity", Type.ENUM, (S,), "From the fault matrix; repeats raise it", enum=SEVERITIES, width=10,
               colours={"CRITICAL": "bad", "HIGH": "warn"}),
        Column("recipient", "Recipient", Type.TEXT, (S,), "From the stop", width=20),
        Column("phone", "Phone", Type.PHONE, (S,), "From the stop", width=15),
        Column("address", "Address", Type.TEXT, (S,), "From the address book", width=34),
        Column("redelivery_at", "Redeliver at", Type.TS, BOTH, "What was agreed with the recipient", width=16),
        Column("disposition", "Disposition", Type.ENUM, (V,), "How it ended", width=14,
               enum=("REDELIVERED", "RTS", "CLAIM", "CANCELLED", "RELEASED", "REFUNDED")),
        Column("root_cause", "Root cause", Type.ENUM, (V,), "What caused it", width=14,
               enum=("DRIVER_DELAY", "TRAFFIC", "ACCESS", "ADDRESS", "RECIPIENT", "CLIENT", "WEATHER", "VEHICLE", "OTHER")),
        Column("client_visible_note", "Note for the client", Type.TEXT, (V,), "Goes to the client", width=28),
        Column("internal_note", "Internal note", Type.TEXT, BOTH, "Never leaves the company", width=28),
        Column("dispatch_note", "Dispatch note", Type.TEXT, (D,), "From dispatch", width=24),
        Column("owner", "Works it", Type.ENUM, (S,), "Who starts", enum=OWNERS, width=16),
        Column("owner_email", "Person", Type.EMAIL, (V,), "Who has taken it", ref="users", width=22),
        Column("tier", "Tier", Type.INT, (S,), "Escalation tier", width=6),
        Column("opened_at", "Opened", Type.TS, (S,), "Completion of the failed attempt", width=16),
        Column("failed_at", "Failed", Type.TS, (S,), "Completion of the latest failed attempt", width=16, hidden=True),
        Column("first_contact_at", "First contact", Type.TS, (S,), "Stamped by the action CONTACTED", width=16),
        Column("paused_min", "Paused min", Type.INT, (S,), "Waiting time that moved the due time", width=10),
        Column("waiting_since", "Waiting since", Type.TS, (S,), "While a pause runs", width=16, hidden=True),
        Column("breached", "Breached", Type.BOOL, (S,), "Contacted too late or not at all; once TRUE, for ever", width=9),
        Column("reopen_count", "Reopened", Type.INT, (S,), "How often", width=9),
        Column("attempt_id", "Attempt", Type.ID, (S,), "Attempt that opened it last", width=22, hidden=True),
        Column("old_codes", "Earlier codes", Type.TEXT, (S,), "Codes it carried before", width=20, hidden=True),
        Column("claim_id", "Claim", Type.ID, (S,), "Claim it led to", width=12, hidden=True),
    ),
    lifecycle=LIFECYCLE,
    needs=(
        Need(V, _for_owner(False, _contact_first), _contact_line, due="due_2h", urgency=1),
        Need(D, _for_owner(True, _contact_first), _contact_line, due="due_2h", urgency=1),
        Need(V, _for_owner(False, _follow_up), _follow_line, urgency=4),
        Need(D, _for_owner(True, _follow_up), _follow_line, urgency=4),
        Need(M, lambda row: str(row.get("status")).startswith("ESCALATED"), _follow_line, urgency=2),
        Need(M, lambda row: bool(row.get("breached")) and row.get("status") not in DONE,
             lambda row: f"Two-hour promise broken: {_follow_line(row)}", due="due_2h", urgency=2),
    ),
)  # fmt: skip
