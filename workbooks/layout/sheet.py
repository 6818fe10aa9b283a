"""One table as one tab: header, rows, formats, drop-downs, colours, and how it prints."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from xlsxwriter import Workbook as Xlsx
from xlsxwriter.worksheet import Worksheet

from workbooks.cells import TEXT_TYPES
from workbooks.layout import rules, validation
from workbooks.layout.content import FINE, Content
from workbooks.layout.lists import Lists
from workbooks.layout.styles import OWNER, RULE, Styles, wraps
from workbooks.layout.write import Cells, legal
from workbooks.schema import Book, Column, Record, Role, Table, Type
from workbooks.shelf import SYSTEM_LEFT, SYSTEM_RIGHT, Workbook
from workbooks.tables import TABLES

SPARE = 500
"""rows below the last one where drop-downs and colours already wait"""
HEADER_HEIGHT = 32
HEIGHT = {1: 17, 2: 27.75}
"""of rows with one and two lines of text, in points"""
WIDEST = 40
"""characters that an id or a name may widen its column to"""
FROZEN = 64
"""characters of identifying columns that may stay in view beside the rest"""
TAB_COLOUR = {
    Book.OPS: "#1F5FA8", Book.MASTER: "#0F766E", Book.CONTROL: "#9AA3AF", Book.SETTLE: "#92590F", Book.BILLING: "#9D2F5D",
}  # fmt: skip

_S = (Role.SYSTEM,)
STATE = Column(SYSTEM_LEFT[0], SYSTEM_LEFT[0], Type.TEXT, _S, "OK, or what the row needs", width=10)
MSG = Column(SYSTEM_LEFT[1], SYSTEM_LEFT[1], Type.TEXT, _S, "What is wrong with the row and what to do", width=12)
LAST = tuple(
    Column(name, name, kind, _S, "For Stopbook", width=18, hidden=True)
    for name, kind in zip(SYSTEM_RIGHT, (Type.ID, Type.INT, Type.TEXT, Type.TS), strict=True)
)


def added_headers(table: Table, headers: Sequence[str]) -> dict[str, str]:
    """Header text for each column that people added: never empty, never one that the tab already has."""
    taken = {title.lower() for title in (*SYSTEM_LEFT, *SYSTEM_RIGHT, *table.by_title)}
    shown = {}
    for header in headers:
        title = base = legal(header)[:240] or "Column"
        if title.startswith("<r>"):  # XlsxWriter would take it for its own markup
            title = base = f" {title}"
        number = 2
        while title.lower() in taken:
            title, number = f"{base} ({number})", number + 1
        taken.add(title.lower())
        shown[header] = title
    return shown


def owner_of(column: Column, workbook: Workbook) -> tuple[Role, bool]:
    """Whose colour the header wears, and whether the reader of `workbook` may write below it."""
    mine = next((role for role in workbook.roles if role in column.owners), None)
    return (mine, True) if mine else (next((r for r in column.owners if r is not Role.SYSTEM), Role.SYSTEM), False)


def table_name(table: Table) -> str:
    """Name of the Excel table, e.g. tblReasonCodes."""
    return "tbl" + "".join(part.capitalize() for part in table.name.split("_"))


def _columns(table: Table, content: Content) -> tuple[Column, ...]:
    """Every column from left to right, those that people added included."""
    extra = added_headers(table, list(content.extra.get(table.name, {})))
    added = tuple(Column(name, title, Type.TEXT, (), "", width=18) for name, title in extra.items())
    marked = any(content.marks.get((table.name, record.rid), FINE)[1] for record in content.rows(table))
    msg = Column(MSG.name, MSG.title, MSG.type, MSG.owners, MSG.about, width=34 if marked else MSG.width)
    return (STATE, msg, *table.columns, *added, *LAST)


def _values(table: Table, content: Content, records: Sequence[Record]) -> Iterator[Sequence[Any]]:
    """The cells of each column, in the order of `_columns`."""
    marks = [content.marks.get((table.name, record.rid), FINE) for record in records]
    rows = [record.values for record in records]
    yield [state for state, _ in marks]
    yield [message or None for _, message in marks]
    for column in table.columns:
        name = column.name
        yield [row.get(name) for row in rows]
    for values in content.extra.get(table.name, {}).values():
        yield [values.get(record.rid) for record in records]
    yield [record.rid for record in records]
    yield [record.rev for record in records]
    yield [record.by or None for record in records]
    yield [record.at for record in records]


def _room(text: str) -> float:
    """Characters of column width that `text` takes: capitals are wider than the digits widths are counted in."""
    return len(text) + 0.22 * sum(map(str.isupper, text)) + 0.22 * text.count("_") + 1


def _width(column: Column, values: Sequence[Any]) -> float:
    """The declared width, or more where the header, a choice or an id would not be seen whole."""
    # the longest word of a header stands beside a filter button
    wanted: list[float] = [column.width, max(len(word) for word in column.title.split() or [""]) + 3]
    wanted += [_room(choice) for choice in column.enum if column.type is Type.ENUM]
    if column.type in TEXT_TYPES and not wraps(column):
        longest = max((value for value in values if value.__class__ is str), key=len, default="")
        wanted.append(min(_room(longest), WIDEST))
    return max(wanted)


def _needs_two_lines(column: Column, width: float, values: Sequence[Any]) -> bool:
    """True when some prose does not fit one line of its column."""
    if not wraps(column):
        return False
    return any(
        len(", ".join(value) if value.__class__ is tuple else str(value)) > width * 1.1 for value in values if value
    )


def lay_out(book: Xlsx, styles: Styles, lists: Lists, content: Content, table: Table) -> None:
    """Adds the tab of `table` to `book`."""
    sheet = book.add_worksheet(table.title)
    records = content.rows(table)
    columns = _columns(table, content)
    bottom = max(len(records), 1)
    last = bottom + SPARE
    cells = Cells(sheet, styles, content.workbook.zone)
    added = Cells(sheet, styles, content.workbook.zone, _added_formats(styles))
    ours = len(table.columns) + len(SYSTEM_LEFT)
    shown = list(zip(columns, _values(table, content, records), strict=True))
    widths = [_width(column, values) for column, values in shown]
    lines = 2 if any(map(_needs_two_lines, columns, widths, (values for _, values in shown))) else 1
    # one height for the whole tab, so that it survives sorting; a longer note is read in the formula bar
    sheet.set_default_row(HEIGHT[lines])
    place = {"valign": "top" if lines > 1 else "vcenter"}
    for col, ((column, values), width) in enumerate(zip(shown, widths, strict=True)):
        if not column.owners:
            sheet.set_column(col, col, width, styles.of(bottom=1, bottom_color=RULE, **place))
            added.column(col, values)
            continue
        mine = owner_of(column, content.workbook)[1]
        sheet.set_column(col, col, width, styles.body(column, mine, **place), {"hidden": column.hidden})
        cells.column(col, values)
        validation.explain(sheet, col, column, mine, content.workbook.roles)
        if mine:
            tab = TABLES[column.ref].title if column.ref in TABLES else column.ref
            validation.validate(sheet, col, last, table, column, lists, content.choices.get(column.ref, ()), tab)
        rules.colour_marked(sheet, styles, col, column, last)
        if column.colours:
            rules.colour_values(sheet, styles, col, column, last)
    rules.colour_states(sheet, styles, last)
    places = {column.name: col for col, column in enumerate(columns[:ours])}
    for column in table.columns:
        if column.due:
            rules.colour_due(sheet, styles, table, column, places, last)
    _header(sheet, styles, cells, content, table, columns, bottom)
    _view(sheet, table, content, columns, last)


def _added_formats(styles: Styles) -> Mapping[type, Any]:
    """People's own columns hold what they hold: moments get a format of their own."""
    shown = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", time: "hh:mm", timedelta: "[h]:mm:ss"}
    return {kind: styles.of(num_format=code, bottom=1, bottom_color=RULE) for kind, code in shown.items()}


def _header(
    sheet: Worksheet, styles: Styles, cells: Cells, content: Content, table: Table, columns: Sequence[Column], bottom: int
) -> None:  # fmt: skip
    """Row 1, which is a contract, and the Excel table below it."""
    titles = []
    for column in columns:
        owner, mine = owner_of(column, content.workbook) if column.owners else (Role.SYSTEM, False)
        style = styles.head(owner, mine)
        if not column.owners:
            style = styles.of(bold=True, text_wrap=True, bottom=1, bottom_color=OWNER[Role.SYSTEM][0])
        titles.append({"header": column.title.replace("\r", "").replace("\n", "_x000a_"), "header_format": style})
    sheet.add_table(
        0, 0, bottom, len(columns) - 1,
        {"name": table_name(table), "style": None, "columns": titles, "banded_rows": False, "title": table.title,
         "description": table.about},
    )  # fmt: skip
    for col, (column, title) in enumerate(zip(columns, titles, strict=True)):
        cells.text(0, col, column.title, title["header_format"])
    sheet.set_row(0, HEADER_HEIGHT)


def _view(sheet: Worksheet, table: Table, content: Content, columns: Sequence[Column], last: int) -> None:
    """How the tab is seen and printed."""
    sheet.hide_gridlines(2)
    sheet.set_tab_color(TAB_COLOUR[table.book])
    frozen, room = 2, columns[0].width + columns[1].width
    for column in table.columns:
        room += column.width
        if column.name not in table.key or (room > FROZEN and frozen > 2):
            break
        frozen += 1
    sheet.freeze_panes(1, frozen)
    sheet.set_selection(1, frozen, 1, frozen)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    printed(sheet, content, table.title)
    sheet.repeat_rows(0)


def printed(sheet: Worksheet, content: Content, tab: str) -> None:
    """Landscape letter, one page wide, with title, moment and page number."""
    title, zone = (legal(text).replace("&", "&&")[:80] for text in (content.workbook.title, content.workbook.zone.key))
    sheet.set_landscape()
    sheet.set_paper(1)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
    sheet.set_header(
        f'&L&"Arial,Bold"&10{title} – {tab}&R&"Arial,Regular"&9As of {content.as_of:%Y-%m-%d %H:%M}, {zone}'
    )
    sheet.set_footer('&L&"Arial,Regular"&8Stopbook&R&"Arial,Regular"&8Page &P of &N')
