"""Driver identities: which platform account is which driver, and from when until when."""

from workbooks.schema import STAFF, Book, Check, Column, Kind, M, Row, Table, Type, V

PLATFORMS = (
    "GENERIC",
    "ONFLEET",
    "CIRCUIT",
    "ROUTE4ME",
    "ROUTIFIC",
    "OPTIMOROUTE",
    "WORKWAVE",
    "BRINGG",
    "DETRACK",
    "DROPPATH",
)
"""where a scan or a manifest can come from"""


def _ends_after_it_begins(row: Row) -> str | None:
    start, end = row.get("valid_from"), row.get("valid_to")
    return "the last day is before the first" if start and end and end < start else None


TABLE = Table(
    name="driver_identity",
    title="Driver identities",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("platform", "platform_driver_ref", "valid_from"),
    about="One row per platform account of a driver. At any date one account means one driver.",
    order=114,
    readers=STAFF,
    new_rows=(M, V),
    checks=(Check("valid_to", _ends_after_it_begins),),
    columns=(
        Column(
            "platform", "Platform", Type.ENUM, (V, M), "Where the account is", enum=PLATFORMS, required=True, width=13
        ),
        Column(
            "platform_driver_ref",
            "Account there",
            Type.ID,
            (V, M),
            "Number or name the platform uses",
            required=True,
            width=26,
        ),
        Column("valid_from", "From", Type.DATE, (V, M), "First day; blank: always", width=11),
        Column("valid_to", "Until", Type.DATE, (V, M), "Last day; blank: still", width=11),
        Column("driver_id", "Driver", Type.ID, (V, M), "Who it is", required=True, ref="drivers", width=10),
    ),
)
