"""Tax codes: rates and exemptions by date, each with where it comes from."""

from workbooks.schema import B, Book, Column, Kind, M, Need, Table, Type

TABLE = Table(
    name="tax_codes",
    title="Tax codes",
    book=Book.MASTER,
    kind=Kind.INPUT,
    key=("tax_code", "eff_from"),
    about="One row per code and first day. An exemption ends with its certificate; after that day the rate holds.",
    order=119,
    readers=(B, M),
    new_rows=(B,),
    needs=(
        Need(B, lambda row: row.get("rate") is not None and not row.get("confirmed_by"),
             lambda row: f"Have tax code {row['tax_code']} from {row['eff_from']} confirmed: nobody is named who stands for its rate", urgency=7),
    ),
    columns=(
        Column("tax_code", "Tax code", Type.ID, (B,), "Code, as accounts name it", required=True, width=11),
        Column("eff_from", "From", Type.DATE, (B,), "First service date", required=True, width=11),
        Column("rate", "Rate", Type.PCT, (B,), "Part of the charges", required=True, width=10),
        Column("exempt", "Exempt", Type.BOOL, (B,), "No tax is charged", width=8),
        Column("exempt_until", "Exempt until", Type.DATE, (B,), "Last day of the certificate; blank: no end", width=12),
        Column("jurisdiction", "Jurisdiction", Type.TEXT, (B,), "Whose tax", width=18),
        Column("confirmed_by", "Confirmed by", Type.TEXT, (B,), "Who says so", width=18),
        Column("confirmed_on", "Confirmed on", Type.DATE, (B,), "When", width=12),
    ),
)  # fmt: skip
