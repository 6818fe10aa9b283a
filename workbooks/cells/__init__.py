"""What a cell may hold: reading what people and files write, and showing it back.

`read` turns one raw cell (text from a CSV, a typed value from a workbook) into the value a column declares, or
raises `Bad` with one sentence. Nothing is guessed: a date that could be read two ways, a bare number for a
moment or a time without a zone is refused with the question to answer. `to_cell` is the reverse for workbooks,
`to_json`/`from_json` for the ledger, `to_text` for terminals, CSV and messages.
"""

from workbooks.cells.common import Bad, Notes, Reading, clean, shown
from workbooks.cells.moments import EARLIEST, LATEST, date_parts, is_clock, is_naive
from workbooks.cells.numbers import PLACES
from workbooks.cells.reading import ERRORS, TEXT_TYPES, read, read_column
from workbooks.cells.showing import from_json, same_cell, to_cell, to_json, to_text
from workbooks.cells.words import MAX_CELL, MAX_ID

__all__ = [
    "EARLIEST", "ERRORS", "LATEST", "MAX_CELL", "MAX_ID", "PLACES", "TEXT_TYPES", "Bad", "Notes", "Reading", "clean",
    "date_parts", "from_json", "is_clock", "is_naive", "read", "read_column", "same_cell", "shown", "to_cell",
    "to_json", "to_text",
]  # fmt: skip
