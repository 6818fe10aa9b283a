"""Invoice lines: what an invoice adds up from, each line with its rule and the facts it follows from."""

from workbooks.schema import B, Book, Column, Kind, Lifecycle, M, Row, S, Table, Type, steps

COMPONENTS = ("CHARGE", "DISCOUNT", "FUEL", "MINIMUM", "ADJUSTMENT", "TAX")


def _sealed(row: Row, column: str) -> str:
    if row.get("status") == "POSTED":
        return (
            "belongs to a posted invoice and does not change; “Propose adjustments” puts a difference on the next one"
        )
    return ""


TABLE = Table(
    name="invoice_lines",
    title="Invoice lines",
    book=Book.BILLING,
    kind=Kind.DOCUMENT,
    key=("invoice_id", "line_key"),
    about="One row per line of an invoice; “stopbook explain” shows how it was made. Frozen with its invoice.",
    order=81,
    parent="invoice_id",
    readers=(B, M),
    sealed=_sealed,
    columns=(
        Column("invoice_id", "Draft", Type.ID, (S,), "Which invoice", required=True, ref="invoices", width=22),
        Column("line_key", "Line", Type.ID, (S,), "Component, card version, code, rate", required=True, width=32),
        Column("n", "No.", Type.INT, (S,), "Place on the invoice", width=5),
        Column("status", "Status", Type.ENUM, (S,), "DRAFT until its invoice is posted", enum=("DRAFT", "POSTED"), width=9),
        Column("account_id", "Account", Type.ID, (S,), "Who is billed", width=12),
        Column("component", "Component", Type.ENUM, (S,), "What kind of line", enum=COMPONENTS, width=12),
        Column("charge_code", "Code", Type.ID, (S,), "What is charged", width=13),
        Column("zone", "Zone", Type.ID, (S,), "Where", width=8),
        Column("card", "Card", Type.ID, (S,), "Card and version", width=14),
        Column("text", "Text", Type.TEXT, (S,), "What the client reads", width=44),
        Column("qty", "Quantity", Type.DEC, (S,), "How much", places=6, width=10),
        Column("rate", "Rate", Type.DEC, (S,), "Price of one", places=6, width=10),
        Column("amount", "Amount", Type.MONEY, (S,), "To the cent", width=12),
        Column("rule_ref", "Rule", Type.ID, (S,), "Rule that made it", width=18),
        Column("version", "Version", Type.ID, (S,), "What the rule read", width=14),
        Column("says", "In words", Type.TEXT, (S,), "The line in plain words", width=60),
        Column("facts", "Facts", Type.TEXT, (S,), "Everything the amount follows from", width=40, hidden=True),
    ),
    lifecycle=Lifecycle("status", ("DRAFT", "POSTED"), steps({"DRAFT": "POSTED"})),
)  # fmt: skip
