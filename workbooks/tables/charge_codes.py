"""Charge codes: everything that can stand on an invoice, when it falls due, and what is added to it."""

from workbooks.schema import B, Book, Column, Kind, M, Row, S, Table, Type

TRIGGERS = ("DELIVERED", "RESIDENTIAL", "SIGNATURE", "FAILED", "ATTEMPT", "CANCELLED", "RETURNED", "PEAK",
            "TIME_SENSITIVE", "ROUTE", "DAY")  # fmt: skip
"""what makes a charge fall due; DELIVERED counts a partial delivery too, ATTEMPT every try, ROUTE and DAY once each"""


def _row(
    code: str, trigger: str, text: str, fuel: bool, discount: bool = False, evidence: str = "NONE", grain: str = ""
) -> Row:
    return {"code": code, "trigger": trigger, "invoice_text": text, "fuel_eligible": fuel, "discount_eligible": discount,
            "evidence_required": evidence, "breaks_by": grain or None}  # fmt: skip


TABLE = Table(
    name="charge_codes",
    title="Charge codes",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("code",),
    about="One row per charge. The code never changes; the text on the invoice may.",
    order=151,
    readers=(B, M),
    new_rows=(B,),
    columns=(
        Column("code", "Code", Type.ID, (B,), "Our word, for ever", required=True, width=14),
        Column("invoice_text", "On the invoice", Type.TEXT, (B,), "What the client reads", required=True, width=34),
        Column("trigger", "Falls due on", Type.ENUM, (B,), "What makes it due", enum=TRIGGERS, required=True, width=15),
        Column("breaks_by", "Breaks by", Type.ENUM, (B,), "What From and To of a rate compare; blank: its unit", width=11,
               enum=("PKG", "LB", "MINUTE", "MILE", "CLOCK")),
        Column("fuel_eligible", "Fuel", Type.BOOL, (B,), "The fuel surcharge is taken of it", width=7),
        Column("discount_eligible", "Discount", Type.BOOL, (B,), "The volume discount is taken of it", width=9),
        Column("tax_code", "Tax code", Type.ID, (B,), "Where it differs from the account's", width=10),
        Column("driver_pass_pct", "Driver share", Type.PCT, (B,), "Part of it that is passed to the driver", width=11),
        Column("evidence_required", "Evidence", Type.ENUM, (B,), "What must be on file, or the charge is held", width=11,
               enum=("NONE", "PHOTO", "SIGN")),
        Column("gl_account", "GL account", Type.ID, (B,), "Income account in the bookkeeping", width=12),
        Column("about", "About", Type.TEXT, (S,), "In plain words", width=40, hidden=True),
    ),
    defaults=(
        _row("BASE", "DELIVERED", "Delivery", True, True),
        _row("RESIDENTIAL", "RESIDENTIAL", "Residential delivery", True),
        _row("FAILED", "FAILED", "Failed attempt", True),
        _row("SIGNATURE", "SIGNATURE", "Signature", False, evidence="SIGN"),
        _row("WAIT", "ATTEMPT", "Waiting time", False),
        _row("PACKAGE", "DELIVERED", "Additional packages", True),
        _row("WEIGHT", "DELIVERED", "Weight", True),
        _row("PEAK", "PEAK", "Peak day surcharge", False),
        _row("AFTER_HOURS", "DELIVERED", "After-hours delivery", True, grain="CLOCK"),
        _row("TIME_SENSITIVE", "TIME_SENSITIVE", "Time-sensitive delivery", True),
        _row("CANCEL", "CANCELLED", "Cancelled after dispatch", False),
        _row("RTS", "RETURNED", "Return to sender", True),
        _row("ROUTE", "ROUTE", "Dedicated route", True, True),
        _row("MILES", "ROUTE", "Route miles", True),
        _row("DAY", "DAY", "Daily service", False),
    ),
)  # fmt: skip
