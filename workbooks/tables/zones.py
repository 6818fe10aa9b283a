"""Zones: which ZIP codes and cities an account's rate zones are made of."""

from workbooks.schema import Book, Check, Column, Kind, M, Role, Row, Table, Type

B = Role.BILLING


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("eff_from"), row.get("eff_to")
    return "the last day is before the first" if start and end and end < start else None


TABLE = Table(
    name="zones",
    title="Zones",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("account_id", "zone", "match_type", "match_value", "eff_from"),
    about="One row per piece of a zone; more specific wins: ZIP5, ZIP3, RANGE, CITY, DEFAULT. No overlaps.",
    order=116,
    readers=(M, B),
    new_rows=(M, B),
    checks=(Check("eff_to", _ends_after_it_begins),),
    columns=(
        Column("account_id", "Account", Type.ID, (B, M), "Whose zones", required=True, ref="accounts", width=12),
        Column("zone", "Zone", Type.ID, (B, M), "Name of the zone", required=True, width=8),
        Column("match_type", "Match", Type.ENUM, (B, M), "How the value is compared", required=True, width=9,
               enum=("ZIP5", "ZIP3", "RANGE", "CITY", "DEFAULT")),
        Column("match_value", "Value", Type.ID, (B, M), "46201, 462, 46201-46250 or a city; blank for DEFAULT", width=18),
        Column("eff_from", "From", Type.DATE, (B, M), "First service date", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (B, M), "Last service date; blank: still", width=11),
    ),
)  # fmt: skip
