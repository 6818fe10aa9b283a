"""Accounts: what is billed together, on one cycle, under one agreement."""

from workbooks.schema import Book, Column, Kind, M, P, Role, Table, Type

B = Role.BILLING

TABLE = Table(
    name="accounts",
    title="Accounts",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("account_id",),
    about="One row per billing account of a client: cycle, terms, minimum, proof of delivery it asks for.",
    order=112,
    readers=(M, B, P),
    new_rows=(M,),
    columns=(
        Column("account_id", "Account", Type.ID, (M,), "Short code, first part of stop ids", required=True, width=12),
        Column("client_id", "Client", Type.ID, (M,), "Client it belongs to", required=True, ref="clients", width=12),
        Column("name", "Name", Type.TEXT, (M,), "What people call it", required=True, width=26),
        Column("cycle", "Cycle", Type.ENUM, (M,), "How often it is invoiced", width=13,
               enum=("DAILY", "WEEKLY", "BIWEEKLY", "SEMIMONTHLY", "MONTHLY")),
        Column("cycle_anchor", "Cycle anchor", Type.DATE, (M,), "A day on which a cycle begins", width=12),
        Column("terms_days", "Terms days", Type.INT, (M,), "Days until an invoice is due", width=10),
        Column("tier_pool", "Tier pool", Type.ENUM, (M,), "Where volume is counted", enum=("ACCOUNT", "CLIENT"), width=10),
        Column("invoice_min", "Minimum", Type.MONEY, (M,), "Least amount of a cycle, day or route", width=10),
        Column("min_scope", "Min. scope", Type.ENUM, (M,), "What the minimum is for", enum=("INVOICE", "DAY", "ROUTE"), width=10),
        Column("min_basis", "Min. basis", Type.ENUM, (M,), "Compared before or after fuel", width=10,
               enum=("PRE_FUEL", "POST_FUEL")),
        Column("rounding_mode", "Rounding", Type.ENUM, (M,), "Half-up unless the contract says else", width=10,
               enum=("HALF_UP", "HALF_EVEN")),
        Column("tax_code", "Tax code", Type.ID, (M,), "Blank: exempt", width=10),
        Column("tax_round", "Tax rounding", Type.ENUM, (M,), "Once a document or per line", enum=("DOCUMENT", "LINE"), width=11),
        Column("fsc_table_id", "Fuel table", Type.ID, (M,), "Fuel surcharge table", width=11),
        Column("po_required", "PO needed", Type.BOOL, (M,), "An invoice needs a purchase order", width=10),
        Column("pod_required", "POD needed", Type.ENUM, (M,), "Proof each delivery must carry", width=11,
               enum=("NONE", "PHOTO", "SIGN", "ALL")),
        Column("brand_template_set", "Templates", Type.ID, (M,), "Message templates in the client's voice", width=12),
        Column("credit_limit", "Credit limit", Type.MONEY, (M,), "Open balance that stops new work", width=11),
    ),
)  # fmt: skip
