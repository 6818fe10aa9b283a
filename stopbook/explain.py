"""Explain: where an amount comes from, worked out again from exactly what is printed.

Finds the line, settlement, adjustment or other row of money by its number, shows rule, version, facts, arithmetic and
source rows, and refuses when the facts do not make the amount.
"""

import difflib

from workbooks.books import Books
from workbooks.lines import explained
from workbooks.problems import Refused
from workbooks.schema import Row, Table
from workbooks.tables import TABLES

MOST = 40
"""source rows that are listed one by one"""
AMOUNT = ("delta", "amount")
"""columns that hold what the facts make; an adjustment's own amount is only what somebody typed"""
RULE = ("rule", "rule_ref")
NEEDED = {"facts", "says"}


def explain(books: Books, table: str, key: tuple[str, ...]) -> str:
    """The explanation of one row; a settlement is explained by its lines.

    Refused when there is no such row, when it holds no amount that follows from facts, and when it does not follow.
    """
    declared, row = TABLES[table], books.row(table, *key)
    if row is None:
        raise Refused(f"{declared.title} has no row {' / '.join(key)}.")
    if table == "settlements":
        return _settlement(books, row)
    if declared not in _with_facts():
        raise Refused(
            f"Rows of {declared.title} hold no amount that can be explained; name a line, a settlement or an adjustment."
        )
    return _line(books, declared, row)


def find(books: Books, number: str) -> tuple[str, tuple[str, ...]]:
    """Table and key of the row of money with that number; Refused with near ones when there is none."""
    wanted = number.strip()
    for table in (*_with_facts(), TABLES["settlements"]):
        key = (wanted,) if len(table.key) == 1 else tuple(part.strip() for part in wanted.split("/"))
        if len(key) == len(table.key) and books.row(table.name, *key) is not None:
            return table.name, key
    raise Refused(f"Nothing that can be explained is called {wanted}.{_hint(books, wanted)}")


def _with_facts() -> list[Table]:
    """Tables whose rows say by which rule and facts they came about."""
    return [t for t in TABLES.values() if t.by_name.keys() >= NEEDED and _first(t, AMOUNT) and _first(t, RULE)]


def _first(table: Table, names: tuple[str, ...]) -> str:
    return next((name for name in names if name in table.by_name), "")


def _line(books: Books, table: Table, row: Row) -> str:
    rule = row.get(_first(table, RULE))
    if not rule or not row.get("facts"):
        raise Refused(
            f"{table.title} {' / '.join(table.key_of(row))} was entered by hand and not taken in yet: it has no facts to explain it by."
        )
    amount = row[_first(table, AMOUNT)]
    text = explained(str(rule), str(row.get("version") or "none"), str(row["facts"]), amount, str(row["says"]))
    head = f"{table.title} {' / '.join(table.key_of(row))}: {amount}"
    if row.get("state") in ("HELD", "PENDING"):
        head += f" ({str(row['state']).lower()}{', about ' + str(row['held_amount']) if row.get('held_amount') is not None else ''})"
    return "\n".join([head, text, *_sources(books, str(row.get("sources") or "").split())])


def _settlement(books: Books, settlement: Row) -> str:
    number = settlement["settlement_id"]
    lines = sorted(books.rows("settlement_lines", settlement_id=number), key=lambda row: int(row["n"]))
    for row in lines:
        _line(books, TABLES["settlement_lines"], row)  # refuses when one of them does not come out
    shown = [f"  {row['amount']:>12}  {row['says']}   [{row['line_id']}]" for row in lines]
    total = sum(row["amount"] for row in lines)
    if settlement.get("net") is not None and total != settlement["net"]:
        raise Refused(
            f"The lines of {number} make {total}, its net says {settlement['net']}. Do not use it; tell your administrator."
        )
    sums = ", ".join(
        f"{name} {settlement[name]}"
        for name in ("gross", "reimb", "released", "deductions", "net", "carry_out")
        if settlement.get(name) is not None
    )
    return "\n".join([
        f"Settlement {number}, {settlement['driver_id']}, {settlement['period_start']} to {settlement['period_end']}, {settlement['status']}",
        *shown, f"  {total:>12}  together: {sums}", "Every line was worked out again from its facts.",
    ])  # fmt: skip


def _sources(books: Books, ids: list[str]) -> list[str]:
    """The rows it was made from, as far as they are attempts; others by name."""
    if not ids:
        return []
    plain = [each.lstrip("+-") for each in ids]
    attempts = books.prefetch("attempts", plain[:MOST])
    said = ["", f"Made from {len(ids):,} rows"]
    for each, name in zip(ids[:MOST], plain, strict=False):
        record = attempts.get((name,))
        row = record.values if record else None
        said.append(
            f"  {each}"
            + (
                f": {row['service_date']} {row['stop_id']} {str(row['outcome']).lower()} by {row['driver_id']}"
                if row
                else ""
            )
        )
    return said + ([f"  … and {len(ids) - MOST:,} more"] if len(ids) > MOST else [])


def _hint(books: Books, wanted: str) -> str:
    known = [str(row["line_id"]) for row in books.rows("settlement_lines")] + [
        str(row["settlement_id"]) for row in books.rows("settlements")
    ]
    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
    return f" Did you mean {', '.join(near)}?" if near else " Lines stand on tab Settlement lines."
