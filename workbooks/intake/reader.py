"""Files to grids: CSV, TSV, text and Excel workbooks, each cell at its address and as it came.

Raises `Refused` with one sentence when a file cannot be read at all; nothing else comes out, whatever the bytes.
"""

from pathlib import Path
from typing import Any

import python_calamine

from workbooks.intake import limits, textfile
from workbooks.intake.grid import Grid, Merge, first_guess
from workbooks.intake.guard import checked_copy
from workbooks.problems import Refused

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_file(path: Path) -> list[Grid]:
    """The tabs of the file at `path` (one for a text file), in their order; raises `Refused`."""
    try:
        if path.is_dir():
            raise Refused(f"{path.name} is a folder. Name a file in it.")
        if path.stat().st_size > limits.FILE:
            raise Refused(_too_large(path.name, path.stat().st_size))
        content = path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"There is no file {path}. Check the name and the folder.") from None
    except PermissionError:
        raise Refused(f"{path} may not be read. Close it in other programs, or ask for the right to read it.") from None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read ({error}). Check that it opens on this machine.") from error
    return read_bytes(content, path.name)


def read_bytes(content: bytes, name: str) -> list[Grid]:
    """The same for a file already in memory; `name` is what people call it."""
    if len(content) > limits.FILE:
        raise Refused(_too_large(name, len(content)))
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise Refused(f"{name} is empty. Choose another file, or export it again.")
    ending = Path(name).suffix.lower()
    if content.startswith(_OLE):
        # both are containers of the old kind; only the protected one has a stream of this name
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused(f"{name} is protected with a password. Save it without one and import it again.")
        raise Refused(f"{name} is a workbook of the old kind (.xls). Save it as .xlsx and import it again.")
    if content.startswith(_ZIP):
        return _workbook(content, name)
    if ending in WORKBOOKS:
        if content.lstrip()[:1] == b"<":
            raise Refused(
                f"{name} is a web page named like a workbook. Open it in a spreadsheet program and save it as .xlsx."
            )
        raise Refused(
            f"{name} is not a workbook, though it is named like one. Open it in the program it comes from and save it as .xlsx or CSV."
        )
    if content.startswith(b"%PDF"):
        raise Refused(f"{name} is a PDF. Export the table as CSV or .xlsx and import that.")
    if ending not in TEXTS:
        raise Refused(f"{name} is of a kind that is not read. Save it as .xlsx or CSV and import it again.")
    return [textfile.read(content, name)]


def _too_large(name: str, size: int) -> str:
    return f"{name} has {size / limits.MB:,.0f} MB; at most {limits.FILE // limits.MB} MB are read. Split it and import the pieces."


def _workbook(content: bytes, name: str) -> list[Grid]:
    with checked_copy(content, name) as source:
        try:
            return _tabs(source, name)
        except Refused:
            raise
        except BaseException as error:
            # the parser is compiled code: what it cannot go on with arrives as a panic, which is no Exception
            if isinstance(error, Exception) or type(error).__name__ == "PanicException":
                raise Refused(
                    f"{name} cannot be read as a workbook ({str(error)[:120]}). Open it in a spreadsheet program and save it again."
                ) from error
            raise


def _tabs(source: Any, name: str) -> list[Grid]:
    grids, cells = [], 0
    with python_calamine.CalamineWorkbook.from_object(source) as book:
        for meta in book.sheets_metadata:
            if meta.typ != python_calamine.SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(meta.name)
            cells += sheet.total_height * sheet.total_width
            if cells > limits.CELLS:
                raise Refused(
                    f"{name} has more than {limits.CELLS:,} cells up to its tab {meta.name}. Split it and import the pieces."
                )
            lines: list[list[Any]] = sheet.to_python(skip_empty_area=False)
            merges = tuple(Merge(a + 1, b, c + 1, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ())
            grids.append(Grid(name, meta.name, lines, first_guess(lines), merges))
    if not grids:
        raise Refused(f"{name} has no tab with cells. Choose another file, or export it again.")
    return grids
