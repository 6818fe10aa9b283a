"""What files from outside hold, before anything is looked up: orders, reports of stops, lists of drivers.

A file rarely has our ids: it names orders, drivers and addresses in its own words. Each kind is declared like a
tab, so it is matched, read and checked by the same code; jobs turn its rows into rows of the real tables.
"""

from workbooks.schema import STAFF, Book, Check, Column, Kind, Row, S, Table, Type
from workbooks.tables import TABLES

_DEGREE_PLACES = 15
"""as many decimals as a spreadsheet keeps of a coordinate; none is refused for being too exact"""


def _window_ends_after_it_starts(row: Row) -> str | None:
    start, end = row.get("window_start"), row.get("window_end")
    return "the window ends before it starts" if start and end and end < start else None


def _left_after_arrival(row: Row) -> str | None:
    arrived, completed = row.get("arrived_at"), row.get("completed_at")
    return "the stop was completed before the driver arrived" if arrived and completed and completed < arrived else None


def _names_a_stop(row: Row) -> str | None:
    named = any(row.get(column) for column in ("order_ref", "tracking_no", "stop_ref"))
    return None if named else "the row names neither an order, a tracking number nor a stop"


def _on_earth(column: str, limit: int) -> Check:
    def wrong(row: Row) -> str | None:
        value = row.get(column)
        return f"a {'latitude' if limit == 90 else 'longitude'} lies between -{limit} and {limit}" if value is not None and abs(value) > limit else None

    return Check(column, wrong)


_PLACE = (
    Column("recipient", "Recipient", Type.TEXT, (S,), "Name at the door", width=22),
    Column("company", "Company", Type.TEXT, (S,), "Business at the address", width=20),
    Column("phone", "Phone", Type.PHONE, (S,), "Recipient's number", width=15),
    Column("email", "Email", Type.EMAIL, (S,), "Recipient's e-mail address", width=22),
    Column("address", "Address", Type.TEXT, (S,), "Street and number, or the whole address in one line", width=36),
    Column("address2", "Address 2", Type.TEXT, (S,), "Unit, floor, suite", width=14),
    Column("city", "City", Type.TEXT, (S,), "City", width=16),
    Column("state", "State", Type.TEXT, (S,), "State or province", width=8),
    Column("zip", "ZIP", Type.ZIP, (S,), "Five-digit ZIP code", width=8),
    Column("country", "Country", Type.TEXT, (S,), "Country", width=10),
    Column("lat", "Latitude", Type.DEC, (S,), "Degrees north", places=_DEGREE_PLACES, width=11),
    Column("lng", "Longitude", Type.DEC, (S,), "Degrees east", places=_DEGREE_PLACES, width=11),
)

ORDERS = Table(
    name="order_file",
    title="Order file",
    book=Book.OPS,
    kind=Kind.INPUT,
    key=("order_ref",),
    about="Orders or planned stops as a client or a platform lists them; one row per order.",
    readers=STAFF,
    columns=(
        Column("order_ref", "Order", Type.ID, (S,), "The client's own reference", width=16),
        Column("tracking_no", "Tracking number", Type.ID, (S,), "Number on the package", width=18),
        Column("account_id", "Account", Type.ID, (S,), "Account it is billed to", width=12),
        Column("service_date", "Service date", Type.DATE, (S,), "Day it is to be delivered", width=11),
        Column("route_ref", "Route", Type.ID, (S,), "Route as the file names it", width=12),
        Column("seq", "Seq", Type.INT, (S,), "Place on the route", width=6),
        Column("driver_ref", "Driver", Type.ID, (S,), "Driver as the file names them", width=14),
        Column("team", "Team", Type.TEXT, (S,), "Team or zone as the file names it", width=12),
        *(column if column.name != "address" else Column(column.name, column.title, column.type, (S,), column.about, required=True, width=column.width)
          for column in _PLACE),
        Column("window_start", "Window start", Type.TS, (S,), "Earliest promised moment", width=16),
        Column("window_end", "Window end", Type.TS, (S,), "Latest promised moment", width=16),
        Column("service_min", "Service min", Type.INT, (S,), "Planned minutes at the door", width=11),
        Column("pkgs", "Pkgs", Type.INT, (S,), "Packages to hand over", width=6),
        Column("weight", "Weight lb", Type.DEC, (S,), "Total weight", places=3, width=9),
        Column("signature_req", "Signature", Type.BOOL, (S,), "Proof of delivery is required", width=10),
        Column("sku", "SKU", Type.ID, (S,), "Article number", width=14),
        Column("item", "Item", Type.TEXT, (S,), "Article in words", width=22),
        Column("notes", "Notes", Type.TEXT, (S,), "Instructions for the driver", width=30),
    ),
    checks=(Check("window_end", _window_ends_after_it_starts), _on_earth("lat", 90), _on_earth("lng", 180)),
)  # fmt: skip

REPORTS = Table(
    name="report_file",
    title="Report file",
    book=Book.OPS,
    kind=Kind.FACT,
    key=(),
    about="What became of stops as a platform or a driver reports it; a stop may come several times.",
    readers=STAFF,
    columns=(
        Column("order_ref", "Order", Type.ID, (S,), "The client's own reference", width=16),
        Column("tracking_no", "Tracking number", Type.ID, (S,), "Number on the package", width=18),
        Column("stop_ref", "Stop", Type.ID, (S,), "Stop as the platform numbers it", width=16),
        Column("account_id", "Account", Type.ID, (S,), "Account it is billed to", width=12),
        Column("service_date", "Service date", Type.DATE, (S,), "Route day", width=11),
        Column("route_ref", "Route", Type.ID, (S,), "Route as the file names it", width=12),
        Column("seq", "Seq", Type.INT, (S,), "Place on the route", width=6),
        Column("driver_ref", "Driver", Type.ID, (S,), "Driver as the file names them", width=14),
        Column("status", "Status", Type.ENUM, (S,), "How far the stop came; arriving is not delivering", required=True, width=14,
               enum=("PLANNED", "ASSIGNED", "OUT_FOR_DELIVERY", "ARRIVED", "DELIVERED", "PICKED_UP", "PARTIAL",
                     "DEPARTED_UNCONFIRMED", "FAILED", "SKIPPED", "RESCHEDULED", "CANCELLED", "RETURNED")),
        Column("raw_reason", "Reason", Type.TEXT, (S,), "Why it failed, in the file's own words", width=24),
        Column("arrived_at", "Arrived", Type.TS, (S,), "Arrival at the door", width=16),
        Column("completed_at", "Completed", Type.TS, (S,), "End of the stop", width=16),
        Column("pkgs", "Pkgs", Type.INT, (S,), "Packages of the stop", width=6),
        Column("pkgs_delivered", "Pkgs delivered", Type.INT, (S,), "Packages handed over", width=12),
        *_PLACE,
        Column("signee", "Signed by", Type.TEXT, (S,), "Who signed", width=18),
        Column("pod_photo", "Photo", Type.URL, (S,), "Proof of delivery, photo", width=24),
        Column("pod_sign", "Signature file", Type.URL, (S,), "Proof of delivery, signature", width=24),
        Column("notes", "Notes", Type.TEXT, (S,), "What the driver wrote", width=30),
    ),
    checks=(Check("order_ref", _names_a_stop), Check("completed_at", _left_after_arrival), _on_earth("lat", 90), _on_earth("lng", 180)),
)  # fmt: skip

DRIVERS = Table(
    name="driver_file",
    title="Driver file",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("driver_ref", "name", "phone"),
    about="Drivers as a platform lists them.",
    readers=STAFF,
    columns=(
        Column("driver_ref", "Driver", Type.ID, (S,), "The platform's id of the driver", width=14),
        Column("name", "Name", Type.TEXT, (S,), "Full name", required=True, width=24),
        Column("display", "Display name", Type.TEXT, (S,), "Name customers see", width=18),
        Column("phone", "Phone", Type.PHONE, (S,), "Driver's number", width=15),
        Column("capacity", "Capacity", Type.DEC, (S,), "Load of the vehicle, in the platform's unit", places=3, width=9),
        Column("vehicle_type", "Vehicle type", Type.TEXT, (S,), "Car, van, truck, bicycle", width=12),
        Column("vehicle", "Vehicle", Type.TEXT, (S,), "The vehicle in words", width=20),
        Column("plate", "Plate", Type.ID, (S,), "Licence plate", width=10),
        Column("colour", "Colour", Type.TEXT, (S,), "Colour of the vehicle", width=10),
    ),
)  # fmt: skip

KINDS: dict[str, Table] = {table.name: table for table in (ORDERS, REPORTS, DRIVERS)}
"""every kind of file by name"""


def target_table(name: str) -> Table | None:
    """The declaration a profile's target names: a kind of file or a tab; None when there is none."""
    return KINDS.get(name) or TABLES.get(name)
