"""Vehicles: capacity, and how their odometers count."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="vehicles",
    title="Vehicles",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("vehicle_id",),
    about="One row per vehicle.",
    order=115,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("vehicle_id", "Vehicle", Type.ID, (M,), "Our number or the plate", required=True, width=10),
        Column("type", "Type", Type.TEXT, (M,), "Van, box truck, car", width=14),
        Column("cap_stops", "Max stops", Type.INT, (M,), "Stops it can carry", width=10),
        Column("cap_volume", "Max volume", Type.DEC, (M,), "Cubic feet", places=1, width=10),
        Column("odo_digits", "Odo digits", Type.INT, (M,), "Digits before the odometer starts again at 0", width=10),
        Column("odo_unit", "Odo unit", Type.ENUM, (M,), "What the odometer counts", enum=("MI", "KM"), width=9),
        Column("status", "Status", Type.ENUM, (M,), "In use or not", enum=("ACTIVE", "SHOP", "RETIRED"),
               colours={"SHOP": "warn", "RETIRED": "muted"}, width=10),
    ),
)  # fmt: skip
