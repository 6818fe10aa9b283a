"""Markets: the places the company delivers in, each with its clock."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Table, Type

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

TABLE = Table(
    name="markets",
    title="Markets",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("market_id",),
    about="One row per market: its time zone, when its operating day turns, its quiet hours.",
    order=110,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("market_id", "Market", Type.ID, (M,), "Short code, part of every route id", required=True, width=8),
        Column("name", "Name", Type.TEXT, (M,), "What people call it", required=True, width=20),
        Column("tz", "Time zone", Type.ZONE, (M,), "IANA zone, e.g. America/Chicago", required=True, width=20),
        Column(
            "op_day_cutover", "Day turns at", Type.TIME, (M,), "A scan before this hour is yesterday's route", width=12
        ),
        Column("week_start", "Week starts", Type.ENUM, (M,), "First day of the pay week", enum=DAYS, width=11),
        Column("quiet_start", "Quiet from", Type.TIME, (M,), "No messages from here", width=10),
        Column("quiet_end", "Quiet until", Type.TIME, (M,), "to here, recipient's time", width=10),
    ),
)
