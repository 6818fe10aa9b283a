"""Reason codes: the fault matrix. One code decides who works a failure, what is billed, paid and counted."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Row, Table, Type

FAMILIES = ("recipient", "access", "address", "cargo", "driver", "route", "force_majeure", "client", "data")
OWNERS = ("VA", "DISPATCH", "SUPERVISOR", "ACCOUNT_MANAGER", "MANAGER")
SEVERITIES = ("INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL")


def _row(code: str, family: str, owner: str, tier: int, billable: str, pay: str, sla: str, latched: bool, x12: str,
         severity: str, about: str) -> Row:  # fmt: skip
    return {"code": code, "family": family, "owner": owner, "tier": tier, "billable": billable, "driver_pay": pay,
            "counts_sla": sla, "latched": latched, "x12": x12 or None, "severity": severity, "about": about}  # fmt: skip


_DEFAULTS = (
    _row("RECIP_ABSENT", "recipient", "VA", 1, "Y", "Y", "N_IF_IN_WINDOW", False, "AQ", "MEDIUM", "Nobody at the door"),
    _row("ACCESS_CODE", "access", "VA", 1, "Y", "Y", "N_IF_IN_WINDOW", False, "B9", "MEDIUM", "Gate or door code missing"),
    _row("APT_RESTRICT", "access", "VA", 1, "Y", "Y", "N_IF_IN_WINDOW", False, "B9", "MEDIUM", "Building does not let us in"),
    _row("ADDR_BAD", "address", "VA", 1, "Y", "Y", "N", False, "A2", "MEDIUM", "Address wrong or not found"),
    _row("REFUSED", "recipient", "VA", 1, "Y", "Y", "N", False, "BS", "MEDIUM", "Recipient refused it"),
    _row("BUSINESS_CLOSED", "recipient", "VA", 1, "Y", "Y", "N_IF_IN_WINDOW", False, "B1", "MEDIUM", "Business was closed"),
    _row("DAMAGED", "cargo", "VA", 2, "N", "Y_IF_REPORTED", "Y", True, "AK", "HIGH", "Goods damaged"),
    _row("MISSING_PKG", "cargo", "VA", 2, "N", "N", "Y", True, "BG", "HIGH", "Package not on board"),
    _row("PARTIAL", "cargo", "VA", 1, "CONTRACT", "AS_STOP", "CONTRACT", False, "PA", "MEDIUM", "Some packages delivered"),
    _row("WRONG_ADDRESS_DELIVERED", "cargo", "MANAGER", 2, "N", "N", "Y", True, "BG", "HIGH", "Delivered at the wrong door"),
    _row("DRIVER_DELAY", "driver", "DISPATCH", 1, "N", "N", "Y", False, "AH", "MEDIUM", "Driver ran late"),
    _row("NOT_ATTEMPTED", "driver", "DISPATCH", 1, "N", "N", "Y", False, "A1", "HIGH", "Route ended without trying"),
    _row("TRAFFIC", "route", "DISPATCH", 1, "N", "Y", "Y_UNLESS_EXCLUDED", False, "BE", "LOW", "Traffic"),
    _row("ROAD_CLOSED", "route", "DISPATCH", 1, "N", "Y", "Y_UNLESS_EXCLUDED", False, "BE", "MEDIUM", "Road closed"),
    _row("VEHICLE_BREAKDOWN", "route", "SUPERVISOR", 2, "N", "POLICY", "Y", True, "AI", "HIGH", "Vehicle broke down"),
    _row("DRIVER_INCIDENT", "route", "SUPERVISOR", 2, "N", "POLICY", "Y", True, "AF", "CRITICAL", "Accident or incident"),
    _row("CAPACITY_OVERRUN", "route", "DISPATCH", 1, "N", "N", "Y", False, "AV", "MEDIUM", "Vehicle was full"),
    _row("WEATHER", "force_majeure", "DISPATCH", 1, "CONTRACT", "Y", "N_WITH_EVIDENCE", False, "AO", "MEDIUM", "Weather"),
    _row("CLIENT_LATE_TENDER", "client", "ACCOUNT_MANAGER", 2, "CONTRACT", "Y", "N_WITH_EVIDENCE", False, "AW", "LOW",
         "Client handed over too late"),
    _row("CUST_RESCHEDULE", "recipient", "VA", 1, "CONTRACT", "N", "N", False, "AD", "LOW", "Recipient asked for another day"),
    _row("CANCELLED_BY_CLIENT", "client", "VA", 1, "CANCEL_FEE", "CANCEL_PAY", "N", False, "CA", "INFO", "Client cancelled"),
    _row("MISSING_SCAN", "data", "VA", 1, "HOLD", "HOLD", "Y_UNTIL_PROVEN", False, "", "MEDIUM", "Dispatched, never scanned"),
    _row("UNMANIFESTED", "data", "DISPATCH", 1, "HOLD", "HOLD", "N", False, "", "MEDIUM", "Scanned, on no manifest"),
    _row("UNPRICED", "data", "MANAGER", 2, "HOLD", "Y", "Y", False, "", "HIGH", "No rate found"),
    _row("UNKNOWN", "data", "VA", 1, "HOLD", "HOLD", "Y_UNTIL_PROVEN", False, "", "MEDIUM", "Failed for a reason nobody has named yet"),
)  # fmt: skip

TABLE = Table(
    name="reason_codes",
    title="Reason codes",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("code", "eff_from"),
    about="One row per reason a stop fails. CONTRACT: the account decides. POLICY: the pay plan decides. HOLD: nothing is paid or billed until it is decided.",
    order=117,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("code", "Code", Type.ID, (M,), "Name of the reason", required=True, width=25),
        Column("eff_from", "From", Type.DATE, (M,), "First day; blank: always", width=11),
        Column("about", "What happened", Type.TEXT, (M,), "In plain words", width=36),
        Column("family", "Family", Type.ENUM, (M,), "One open case per stop and family", enum=FAMILIES, required=True, width=14),
        Column("owner", "Owner", Type.ENUM, (M,), "Who works it first", enum=OWNERS, required=True, width=16),
        Column("tier", "Tier", Type.INT, (M,), "1 VA alone, 2 supervisor", width=6),
        Column("severity", "Severity", Type.ENUM, (M,), "How bad it is at first", enum=SEVERITIES, width=10),
        Column("billable", "Failed fee", Type.ENUM, (M,), "Does the client pay for the attempt", width=12,
               enum=("Y", "N", "CONTRACT", "CANCEL_FEE", "HOLD")),
        Column("driver_pay", "Driver paid", Type.ENUM, (M,), "Is the driver paid for the attempt", width=14,
               enum=("Y", "N", "POLICY", "AS_STOP", "Y_IF_REPORTED", "CANCEL_PAY", "HOLD")),
        Column("counts_sla", "Counts", Type.ENUM, (M,), "Does it count against on time", width=18,
               enum=("Y", "N", "N_IF_IN_WINDOW", "N_WITH_EVIDENCE", "Y_UNLESS_EXCLUDED", "CONTRACT", "Y_UNTIL_PROVEN")),
        Column("latched", "Latched", Type.BOOL, (M,), "Never closes by itself: it happened", width=9),
        Column("x12", "X12", Type.ID, (M,), "X12 1651 code for EDI partners", width=6),
    ),
    defaults=_DEFAULTS,
)  # fmt: skip
