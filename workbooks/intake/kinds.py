"""What files from outside hold, before anything is looked up: orders, reports of stops, lists of drivers.

A file rarely has our ids: it names orders, drivers and addresses in its own words. Each kind is declared like a
tab, so it is matched, read and checked by the same code; jobs turn its rows into rows of the real tables.
"""

from workbooks.schema import STAFF, Book, Check, Column, Kind, Row, S, Table, Type
from workbooks.tables import TABLES
from workbooks.tables.driver_identity import PLATFORMS

EVENING = 18
_DEGREE_PLACES = 15
"""as many decimals as a spreadsheet keeps of a coordinate; none is refused for being too exact"""


def _window_ends_after_it_starts(row: Row) -> str | None:
    start, end = row.get("window_start"), row.get("window_end")
    return "the window ends before it starts" if start and end and end < start else None


def _only_an_evening_window_ends_next_morning(row: Row) -> str | None:
    start, end = row.get("window_from"), row.get("window_to")
    if start and end and end < start and start.hour < EVENING:
        return f"the window ends before it starts (only one that begins after {EVENING}:00 may end next morning)"
    return None


def _names_a_stop(row: Row) -> str | None:
    named = any(row.get(column) for column in ("order_ref", "tracking_no", "stop_ref"))
    return None if named else "the row names neither an order, a tracking number nor a stop"


def _on_earth(column: str, limit: int) -> Check:
    def wrong(row: Row) -> str | None:
        value = row.get(column)
        return (
            f"a {'latitude' if limit == 90 else 'longitude'} lies between -{limit} and {limit}"
            if value is not None and abs(value) > limit
            else None
        )

    return Check(column, wrong)


_FILE = (
    Column("market_id", "Market", Type.ID, (S,), "Market; may be given once for the whole file", width=8),
    Column(
        "platform",
        "Platform",
        Type.ENUM,
        (S,),
        "Whose file it is; usually fixed by the profile",
        enum=PLATFORMS,
        width=12,
    ),
)
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
        *_FILE,
        Column("order_ref", "Order", Type.ID, (S,), "The client's own reference", width=16),
        Column("tracking_no", "Tracking number", Type.ID, (S,), "Number on the package", width=18),
        Column("account_id", "Account", Type.ID, (S,), "Account it is billed to", width=12),
        Column("service_date", "Service date", Type.DATE, (S,), "Day it is to be delivered", width=11),
        Column("route_ref", "Route", Type.ID, (S,), "Route as the file names it", width=12),
        Column("seq", "Seq", Type.INT, (S,), "Place on the route", width=6),
        Column("driver_ref", "Driver", Type.ID, (S,), "Driver as the file names them", width=14),
        Column("vehicle_id", "Vehicle", Type.ID, (S,), "Vehicle of the route", width=10),
        Column("team", "Team", Type.TEXT, (S,), "Team or zone as the file names it", width=12),
        *(column if column.name != "address" else Column(column.name, column.title, column.type, (S,), column.about, required=True, width=column.width)
          for column in _PLACE),
        Column("window_start", "Window start", Type.TS, (S,), "Earliest promised moment", width=16),
        Column("window_end", "Window end", Type.TS, (S,), "Latest promised moment", width=16),
        Column("window_from", "Deliver from", Type.TIME, (S,), "Earliest time on the service date, on the stop's own clock", width=12),
        Column("window_to", "Deliver until", Type.TIME, (S,), "Latest time; before the earliest: next morning", width=12),
        Column("service_min", "Service min", Type.INT, (S,), "Planned minutes at the door", width=11),
        Column("pkgs", "Pkgs", Type.INT, (S,), "Packages to hand over", width=6),
        Column("weight", "Weight lb", Type.DEC, (S,), "Total weight", places=3, width=9),
        Column("signature_req", "Signature", Type.BOOL, (S,), "Proof of delivery is required", width=10),
        Column("residential", "Residential", Type.ENUM, (S,), "Home or business", enum=("Y", "N", "?"), width=11),
        Column("time_sensitive", "Time-sensitive", Type.BOOL, (S,), "Follow up at once when late", width=13),
        Column("planned_start", "Planned start", Type.TS, (S,), "Departure of the route", width=16),
        Column("planned_end", "Planned end", Type.TS, (S,), "Return of the route", width=16),
        Column("dispatched_at", "Dispatched", Type.TS, (S,), "When the manifest of the route went out", width=16),
        Column("planned_miles", "Planned miles", Type.DEC, (S,), "Of the route", places=1, width=12),
        Column("sku", "SKU", Type.ID, (S,), "Article number", width=14),
        Column("item", "Item", Type.TEXT, (S,), "Article in words", width=22),
        Column("notes", "Notes", Type.TEXT, (S,), "Instructions for the driver", width=30),
    ),
    checks=(Check("window_end", _window_ends_after_it_starts), Check("window_to", _only_an_evening_window_ends_next_morning), _on_earth("lat", 90), _on_earth("lng", 180)),
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
        *_FILE,
        Column("stop_id", "Our stop", Type.ID, (S,), "Our own stop id, where the sender knows it", width=20),
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
                     "DEPARTED_UNCONFIRMED", "FAILED", "SKIPPED", "RESCHEDULED", "CANCELLED", "CANCELLED_ON_BOARD", "RETURNED")),
        Column("raw_reason", "Reason", Type.TEXT, (S,), "Why it failed, in the file's own words", width=24),
        Column("arrived_at", "Arrived", Type.TS, (S,), "Arrival at the door", width=16),
        Column("completed_at", "Completed", Type.TS, (S,), "End of the stop", width=16),
        Column("pkgs", "Pkgs", Type.INT, (S,), "Packages of the stop", width=6),
        Column("pkgs_delivered", "Pkgs delivered", Type.INT, (S,), "Packages handed over", width=12),
        *_PLACE,
        Column("scan_id", "Scan id", Type.ID, (S,), "Number of the scan there; blank: made of what it says", width=18),
        Column("signee", "Signed by", Type.TEXT, (S,), "Who signed", width=18),
        Column("pod_photo", "Photo", Type.URL, (S,), "Proof of delivery, photo", width=24),
        Column("pod_sign", "Signature file", Type.URL, (S,), "Proof of delivery, signature", width=24),
        Column("notes", "Notes", Type.TEXT, (S,), "What the driver wrote", width=30),
    ),
    checks=(Check("order_ref", _names_a_stop), _on_earth("lat", 90), _on_earth("lng", 180)),
)  # fmt: skip

CHANGES = Table(
    name="change_file",
    title="Plan changes file",
    book=Book.OPS,
    kind=Kind.FACT,
    key=(),
    about="Changes of plan after dispatch: added, cancelled, moved, swapped, re-sequenced; one row per change.",
    readers=STAFF,
    columns=(
        *_FILE,
        Column("service_date", "Service date", Type.DATE, (S,), "Route day", width=11),
        Column("at", "At", Type.TS, (S,), "When it was decided", required=True, width=16),
        Column("kind", "Change", Type.ENUM, (S,), "What changed", required=True, width=13,
               enum=("ADD", "REMOVE", "MOVE", "CANCEL", "SWAP_DRIVER", "RESEQ")),
        Column("route_ref", "Route", Type.ID, (S,), "Route it happens on", required=True, width=12),
        Column("stop_id", "Our stop", Type.ID, (S,), "Our own stop id, where the sender knows it", width=20),
        Column("order_ref", "Order", Type.ID, (S,), "The client's own reference", width=16),
        Column("account_id", "Account", Type.ID, (S,), "Account it is billed to", width=12),
        Column("to_route", "To route", Type.ID, (S,), "For MOVE", width=12),
        Column("to_driver", "To driver", Type.ID, (S,), "For SWAP_DRIVER", width=14),
        Column("seq", "Seq", Type.INT, (S,), "For ADD and RESEQ", width=6),
        Column("requested_by", "Asked by", Type.ENUM, (S,), "Who wanted it", enum=("CLIENT", "DISPATCH", "SYSTEM"), width=10),
        Column("notes", "Notes", Type.TEXT, (S,), "Why", width=30),
    ),
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

KINDS: dict[str, Table] = {table.name: table for table in (ORDERS, REPORTS, CHANGES, DRIVERS)}
"""every kind of file by name"""


def target_table(name: str) -> Table | None:
    """The declaration a profile's target names: a kind of file or a tab; None when there is none."""
    return KINDS.get(name) or TABLES.get(name)
