"""Reason map: which words of a platform mean which of our codes. What is not here is UNKNOWN, never guessed."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Row, Table, Type, V
from workbooks.tables.driver_identity import PLATFORMS


def _row(platform: str, value: str, code: str, match: str = "EXACT") -> Row:
    return {"platform": platform, "match": match, "value": value, "code": code}


_DEFAULTS = (
    *(_row("CIRCUIT", value, code) for value, code in (
        ("failed_not_home", "RECIP_ABSENT"), ("failed_cant_find_address", "ADDR_BAD"), ("failed_no_parking", "APT_RESTRICT"),
        ("failed_no_time", "NOT_ATTEMPTED"), ("failed_package_not_available", "MISSING_PKG"))),
    *(_row("ONFLEET", value, code) for value, code in (("UNABLE_TO_LOCATE", "ADDR_BAD"),)),
    *(_row("ROUTE4ME", value, code) for value, code in (
        ("noanswer", "RECIP_ABSENT"), ("notpresent", "RECIP_ABSENT"), ("notfound", "ADDR_BAD"),
        ("wrongaddressrecipient", "ADDR_BAD"), ("parts_missing", "PARTIAL"))),
    *(_row("GENERIC", value, code, "KEYWORD") for value, code in (
        ("not home", "RECIP_ABSENT"), ("no answer", "RECIP_ABSENT"), ("gate", "ACCESS_CODE"), ("refused", "REFUSED"),
        ("damaged", "DAMAGED"), ("closed", "BUSINESS_CLOSED"), ("wrong address", "ADDR_BAD"), ("weather", "WEATHER"))),
)  # fmt: skip

TABLE = Table(
    name="reason_map",
    title="Reason map",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("platform", "match", "value"),
    about="One row per word or phrase a platform reports. EXACT compares the whole value, KEYWORD looks inside it; GENERIC serves every platform.",
    order=118,
    readers=STAFF,
    new_rows=(V, M),
    columns=(
        Column(
            "platform", "Platform", Type.ENUM, (V, M), "Where it is reported", enum=PLATFORMS, required=True, width=13
        ),
        Column(
            "match",
            "Match",
            Type.ENUM,
            (V, M),
            "How it is compared",
            enum=("EXACT", "KEYWORD"),
            required=True,
            width=10,
        ),
        Column("value", "Reported", Type.TEXT, (V, M), "Their words", required=True, width=30),
        Column("code", "Code", Type.ID, (V, M), "Our reason", required=True, ref="reason_codes", width=25),
    ),
    defaults=_DEFAULTS,
)
