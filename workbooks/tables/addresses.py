"""Addresses: every door we deliver to, with what was learned about it. Gate codes stand elsewhere."""

from workbooks.schema import STAFF, Book, Column, Kind, S, Table, Type, V

TABLE = Table(
    name="addresses",
    title="Addresses",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("address_id",),
    about="One row per door. The VA corrects the address text; zone, time zone and history are the system's.",
    market="market_id",
    order=60,
    readers=STAFF,
    shown=(V,),
    only_referenced=True,
    columns=(
        Column("address_id", "Address", Type.ID, (S,), "Our number", required=True, width=14),
        Column("market_id", "Market", Type.ID, (S,), "Market that delivers here", ref="markets", width=8),
        Column("raw", "Address as given", Type.TEXT, (V,), "Street line as the client wrote it", required=True, width=36),
        Column("city", "City", Type.TEXT, (V,), "City", width=16),
        Column("state", "State", Type.TEXT, (V,), "Two letters", width=6),
        Column("zip5", "ZIP", Type.ZIP, (V,), "Five digits", width=8),
        Column("norm", "Normalised", Type.TEXT, (S,), "Upper case, abbreviated, for comparison", width=36, hidden=True),
        Column("residential", "Residential", Type.ENUM, (V,), "A home or a business", enum=("Y", "N", "?"), width=11),
        Column("tz", "Time zone", Type.ZONE, (S,), "From the ZIP; decides every window here", width=18),
        Column("lat", "Lat", Type.DEC, (S,), "Latitude", places=6, width=10, hidden=True),
        Column("lon", "Lon", Type.DEC, (S,), "Longitude", places=6, width=11, hidden=True),
        Column("access_notes", "Access notes", Type.TEXT, (V,), "How to get to the door; no gate codes here", width=30),
        Column("contact_name", "Contact", Type.TEXT, (V,), "Who to ask for", width=18),
        Column("contact_phone", "Contact phone", Type.PHONE, (V,), "Number at the door", width=15),
        Column("contact_email", "Contact e-mail", Type.EMAIL, (V,), "For messages in quiet hours", width=22),
        Column("contact_verified_at", "Verified", Type.TS, (V,), "When somebody last confirmed it", width=16),
        Column("fail_count_90d", "Fails 90 d", Type.INT, (S,), "Failed attempts in 90 days", width=9),
        Column("chronic", "Chronic", Type.BOOL, (S,), "Three or more of them", width=8),
        Column("chronic_action", "Chronic action", Type.ENUM, (V,), "What is being done about it", width=15,
               enum=("ACCESS_NOTE", "NEW_WINDOW", "ASK_CLIENT", "SURCHARGE", "NONE")),
    ),
)  # fmt: skip
