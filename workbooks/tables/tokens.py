"""Tokens: the personal keys with which people and add-ins speak to the hub. Only a hash is kept."""

from workbooks.schema import Book, Column, Kind, S, Table, Type

TABLE = Table(
    name="tokens",
    title="Tokens",
    book=Book.CONTROL,
    kind=Kind.DERIVED,
    key=("token_id",),
    about="One row per token, kept by “stopbook token”; nobody reads it over the network and no workbook carries it.",
    order=131,
    readers=(),
    parent="email",
    columns=(
        Column("token_id", "Token", Type.ID, (S,), "First part of the token", required=True, width=12),
        Column("email", "Whose", Type.EMAIL, (S,), "Who signs in with it", required=True, ref="users", width=28),
        Column("label", "For", Type.TEXT, (S,), "Where it is used, such as a PC", width=22),
        Column("hash", "Hash", Type.ID, (S,), "SHA-256 of its secret part", required=True, width=20, hidden=True),
        Column("made_at", "Made", Type.TS, (S,), "When", width=16),
        Column("expires_at", "Ends", Type.TS, (S,), "Not good from then on", required=True, width=16),
        Column("revoked_at", "Taken back", Type.TS, (S,), "Not good since then", width=16),
    ),
)
