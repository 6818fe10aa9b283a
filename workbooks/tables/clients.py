"""Clients: the companies we deliver for."""

from workbooks.schema import STAFF, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="clients",
    title="Clients",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("client_id",),
    about="One row per client. What is billed to whom stands on Accounts.",
    order=111,
    readers=STAFF,
    new_rows=(M,),
    columns=(
        Column("client_id", "Client", Type.ID, (M,), "Short code", required=True, width=12),
        Column("name", "Name", Type.TEXT, (M,), "Name on documents", required=True, width=28),
        Column("parent_client_id", "Parent", Type.ID, (M,), "Client it belongs to", ref="clients", width=12),
        Column("billing_contact", "Billing contact", Type.TEXT, (M,), "Person for invoices", width=22),
        Column("billing_address", "Billing address", Type.TEXT, (M,), "Stands on invoices; a semicolon begins a new line", width=36),
        Column("tax_number", "Tax number", Type.TEXT, (M,), "The client's own, where invoices must show it", width=16),
        Column("ap_email", "AP e-mail", Type.EMAIL, (M,), "Where invoices go", width=26),
        Column("status", "Status", Type.ENUM, (M,), "ACTIVE, on HOLD or CLOSED", enum=("ACTIVE", "HOLD", "CLOSED"),
               colours={"HOLD": "warn", "CLOSED": "muted"}, width=10),
    ),
)  # fmt: skip
