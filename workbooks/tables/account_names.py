"""Account names: how files made elsewhere call an account, once confirmed by a person."""

from workbooks.schema import B, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="account_names",
    title="Account names",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("name",),
    about="One row per other name of an account, as it stands in old invoices.",
    order=127,
    readers=(M, B),
    new_rows=(M,),
    columns=(
        Column("name", "Name elsewhere", Type.TEXT, (M,), "As it is written there", required=True, width=28),
        Column("account_id", "Account", Type.ID, (M,), "Which account it is", ref="accounts", required=True, width=12),
    ),
)
