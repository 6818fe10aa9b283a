"""Forms to fill in and import: a workbook per role, each tab with guidance and one example above the row of headers.

What stands above the headers is never read, so an example cannot become a driver by mistake.
"""

from io import BytesIO
from pathlib import Path

import xlsxwriter

from stopbook.init.examples import ABOUT, FORMS, Place, rows
from workbooks.intake.kinds import target_table
from workbooks.layout.styles import INK, OWNER, QUIET, RULE, SHADE, WHITE, Styles, number_format
from workbooks.layout.write import Cells
from workbooks.localtime import zone
from workbooks.problems import Refused
from workbooks.schema import Column, Role, Table

FOLDER = "start"
TITLE, HOW, GUIDE, EXAMPLE, HEAD = range(5)
"""rows (from 0) above what people fill in"""
SPARE = 300
"""rows that wait with the right format"""

__all__ = ["ABOUT", "FOLDER", "FORMS", "Place", "columns", "form", "write_forms"]


def write_forms(folder: Path, at: Place) -> None:
    """Every form that is not there yet; one that somebody has filled in stays."""
    for name in FORMS:
        target = folder / f"{name}.xlsx"
        if not target.exists():
            try:
                folder.mkdir(parents=True, exist_ok=True)
                target.write_bytes(form(name, at))
            except OSError as error:
                raise Refused(
                    f"{target} cannot be written ({error.strerror}). Free the folder and run it again."
                ) from error


def columns(table: Table, at: Place) -> list[Column]:
    """The columns a form asks for: those people own, and of a kind of file those the example fills."""
    example = rows(at)[table.name]
    own = [c for c in table.columns if c.owners != (Role.SYSTEM,) and not c.hidden]
    if table.lifecycle is not None:
        own = [c for c in own if c.name != table.lifecycle.action_column or c.name in example]
    return own if own else [column for column in table.columns if column.name in example]


def form(name: str, at: Place) -> bytes:
    """One form as the bytes of an .xlsx file."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": f"To fill in: {ABOUT[name]}", "author": "Stopbook"})
    styles = Styles(book)
    for target in FORMS[name]:
        table = target_table(target)
        assert table is not None, target
        _tab(book, styles, table, at)
    book.close()
    return out.getvalue()


def _tab(book: xlsxwriter.Workbook, styles: Styles, table: Table, at: Place) -> None:
    sheet = book.add_worksheet(table.title)
    cells = Cells(sheet, styles, zone(at.tz))
    wanted, example = columns(table, at), rows(at)[table.name]
    sheet.hide_gridlines(2)
    cells.text(TITLE, 0, f"{table.title}. {table.about}", styles.of(bold=True, font_size=12))
    how = "Fill in below the row of headers; dark ones must be filled. What stands above them, the example too, is not read."
    cells.text(HOW, 0, how, styles.of(font_color=QUIET))
    sheet.set_row(GUIDE, 52)
    strong, pale = OWNER[Role.MANAGER]
    for col, column in enumerate(wanted):
        width = max(column.width, len(column.title) + 2, len(example.get(column.name, "")) + 2, 11)
        choice = f": {', '.join(column.enum)}" if column.enum else ""
        look = styles.of(font_size=8, font_color=QUIET, text_wrap=True, valign="bottom")
        cells.text(GUIDE, col, f"{column.about}{choice}", look)
        cells.text(
            EXAMPLE, col, example.get(column.name, " "), styles.of(italic=True, font_color=QUIET, bg_color=SHADE)
        )
        must = column.required
        cells.text(HEAD, col, column.title, styles.of(
            bold=True, text_wrap=True, bg_color=strong if must else pale, font_color=WHITE if must else INK, bottom=1, bottom_color=strong,
        ))  # fmt: skip
        body = styles.of(num_format=number_format(column), bottom=1, bottom_color=RULE, align="left")
        sheet.set_column(col, col, min(width, 34))
        for row in range(HEAD + 1, HEAD + 1 + SPARE):
            sheet.write_blank(row, col, None, body)
        if len(column.enum) > 0 and len(",".join(column.enum)) < 250:
            sheet.data_validation(
                HEAD + 1, col, HEAD + SPARE, col,
                {"validate": "list", "source": list(column.enum), "error_type": "warning", "error_title": column.title[:32],
                 "error_message": "This is none of the choices."},
            )  # fmt: skip
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
