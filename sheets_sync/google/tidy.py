"""Rows that are no longer in use here leave a spreadsheet: their cells are emptied, by the same verified write as any other.

The grid row stays, empty, so nothing moves under people's hands. A row in which people keep something of their own, or
a formula, stays as it is; so does every row while an earlier write is still to be put right.
"""

from collections.abc import Collection, Mapping

from sheets_sync.google.read import SharedTab
from sheets_sync.outgoing import MESSAGE, RID, STATE, VOID, CellWrite, Outgoing, RowWrite
from sheets_sync.plain import Plain
from workbooks.schema import Row


def emptied(seen: SharedTab, base: Mapping[str, Row], wanted: Collection[str]) -> Outgoing:
    """What empties the rows of a tab that are marked as gone and that nobody needs here."""
    table = seen.tab.table
    if STATE not in seen.header or RID not in seen.header or seen.overlay.placed or seen.overlay.lost:
        return Outgoing(table.name)
    ours = {STATE, MESSAGE, RID, *(column.title for column in table.columns)}
    keys = [table.by_name[name].title for name in table.key]
    held = [line.rid for line in seen.tab.rows]
    writes = []
    for line in seen.tab.rows:
        rid, row = line.rid, line.position
        if not rid or rid in wanted or rid not in base or held.count(rid) > 1 or seen.own(row, STATE) != VOID[0]:
            continue
        cells: dict[str, Plain] = {title: seen.own(row, title) for title in seen.places}
        if any(cell is not None and title not in ours for title, cell in cells.items()) or _calculates(seen, row):
            continue
        # the identity stays until the row was seen empty: were rows moved just now, it tells whose cells these were
        filled = tuple(
            CellWrite(title, cell, None) for title, cell in cells.items() if cell is not None and title != RID
        )
        known = tuple((title, cells[title]) for title in keys if title in cells)
        writes.append(RowWrite(table.name, row, rid, "", filled, known))
    return Outgoing(table.name, tuple(writes))


def _calculates(seen: SharedTab, row: int) -> bool:
    return any(position == row for position, _ in seen.sheet.formulas)
