"""Agreed fares: a price for one address, order or consignee that goes before every zone."""

from workbooks.schema import B, Book, Column, Kind, M, Table, Type

TABLE = Table(
    name="agreed_fares",
    title="Agreed fares",
    book=Book.BILLING,
    kind=Kind.INPUT,
    key=("account_id", "match_type", "match_value", "eff_from"),
    about="One row per agreed price of a delivery; more specific wins: ORDER, ADDRESS, CONSIGNEE.",
    order=156,
    readers=(B, M),
    new_rows=(B,),
    columns=(
        Column("account_id", "Account", Type.ID, (B,), "With whom", required=True, ref="accounts", width=12),
        Column("match_type", "Match", Type.ENUM, (B,), "What the value is", enum=("ORDER", "ADDRESS", "CONSIGNEE"),
               required=True, width=11),
        Column("match_value", "Value", Type.ID, (B,), "Order, address number or name at the door", required=True, width=24),
        Column("eff_from", "From", Type.DATE, (B,), "First service date", required=True, width=11),
        Column("eff_to", "Until", Type.DATE, (B,), "Last service date; blank: still", width=11),
        Column("fare", "Fare", Type.DEC, (B,), "Price of the delivery", places=4, required=True, width=10),
    ),
)  # fmt: skip
