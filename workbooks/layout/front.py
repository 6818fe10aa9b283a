"""The first sheet: *Today*, what needs a decision and by when; in the setup workbook *Start*, what each tab is for."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from xlsxwriter import Workbook as Xlsx
from xlsxwriter.chart import Chart as Drawing
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from workbooks import localtime
from workbooks.layout import charts
from workbooks.layout.content import Content
from workbooks.layout.sheet import owner_of, printed, table_name
from workbooks.layout.styles import INK, LINK, QUIET, RULE, SHADE, WHITE, WHO, Styles
from workbooks.layout.write import Cells, serial
from workbooks.schema import Role, Table
from workbooks.shelf import Workbook
from workbooks.today import Line

MOST = 300
"""lines on *Today*; how many more there are is said below them"""
SOON = timedelta(minutes=30)
LONGEST = 400
"""characters of one line"""
FITS = 94
"""characters that fit one line of What"""
ROW = 24
HEAD = 4
"""row (from 0) of the header of the list"""
LEFT, RIGHT = 1, 7
"""first column of the list, and of what stands beside it"""


def title(workbook: Workbook) -> str:
    """*Today* where the workbook's tabs ask for decisions, else *Start*."""
    return "Today" if any(table.needs for table in workbook.tables) else "Start"


def add(book: Xlsx, content: Content) -> Worksheet:
    """Adds the sheet, empty, so that it comes first."""
    return book.add_worksheet(title(content.workbook))


def fill(sheet: Worksheet, styles: Styles, content: Content, drawn: Sequence[Drawing]) -> None:
    """Writes the sheet once everything it points to is known."""
    cells = Cells(sheet, styles, content.workbook.zone)
    sheet.hide_gridlines(2)
    sheet.set_tab_color(INK)
    sheet.set_default_row(ROW)
    sheet.set_column(0, 0, 2)
    plain = styles.of(valign="vcenter")
    name = title(content.workbook)
    cells.text(0, LEFT, f"{name} – {content.workbook.title}", styles.of(bold=True, font_size=18, valign="vcenter"))
    sheet.set_row(0, 34)
    quiet = styles.of(font_color=QUIET, valign="vcenter")
    zone = content.workbook.zone.key
    cells.text(
        1,
        LEFT,
        f"As of {content.as_of:%Y-%m-%d %H:%M}, {zone} time. Times everywhere in this workbook are in this zone.",
        quiet,
    )
    if name == "Start":
        sheet.set_column(LEFT, LEFT, 22, plain)
        sheet.set_column(LEFT + 1, LEFT + 1, 9, plain)
        sheet.set_column(LEFT + 2, LEFT + 2, 120, plain)
        cells.text(2, LEFT, "What Stopbook works by: changed rarely, and from the date you give.", plain)
        row = _tabs(sheet, cells, styles, content, HEAD, LEFT)
        row, last = _legend(sheet, cells, styles, content, row + 2, LEFT), LEFT + 2
    else:
        for col, width in enumerate((17, 18, 80, 14, 8, 3)):
            sheet.set_column(LEFT + col, LEFT + col, width, plain)
        for col, width in enumerate((20, 8, 84)):
            sheet.set_column(RIGHT + col, RIGHT + col, width, plain)
        _lines(sheet, cells, styles, content)
        row = _draw(sheet, drawn)
        row = _tabs(sheet, cells, styles, content, row, RIGHT)
        row, last = _legend(sheet, cells, styles, content, row + 2, RIGHT), RIGHT + 2
    sheet.freeze_panes(HEAD + 1, 0)
    sheet.set_selection(HEAD + 1, LEFT, HEAD + 1, LEFT)
    printed(sheet, content, name)
    sheet.print_area(0, 0, max(HEAD + 1 + len(content.lines[:MOST]), row), last)


def left(due: datetime, now: datetime) -> str:
    """How long until `due`, as people say it: "in 1 h 25 min", "35 min overdue"."""
    minutes = int(abs((due - now).total_seconds())) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    said = f"{days} d {hours} h" if days else f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
    return f"{said} overdue" if due < now else f"in {said}"


def _urgency(line: Line, now: datetime) -> str:
    if line.due is None:
        return "plain"
    return "bad" if line.due <= now else "warn" if line.due <= now + SOON else "plain"


def _summary(lines: Sequence[Line], now: datetime) -> str:
    counts = Counter("timeless" if line.due is None else _urgency(line, now) for line in lines)
    words = (
        ("bad", "overdue"),
        ("warn", "due within 30 minutes"),
        ("plain", "due later"),
        ("timeless", "without a set time"),
    )
    return "  ·  ".join(f"{counts[name]:,} {said}" for name, said in words if counts[name])


def _lines(sheet: Worksheet, cells: Cells, styles: Styles, content: Content) -> None:
    """The list: due, how long, what, where, and a link to the very row."""
    now = content.stamp.written_at
    if not content.lines:
        cells.text(2, LEFT, "Nothing waits for you.", styles.of(bold=True, valign="vcenter", font_size=11))
        cells.text(HEAD, LEFT, "All clear: every case, decision and conflict of yours is done. New ones appear here by themselves.",
                   styles.chip("good"))  # fmt: skip
        for col in range(LEFT + 1, LEFT + 5):
            sheet.write_blank(HEAD, col, None, styles.chip("good"))
        return
    cells.text(2, LEFT, _summary(content.lines, now), styles.of(bold=True, valign="vcenter", font_size=11))
    _head(cells, styles, HEAD, LEFT, ("Due", "Time left", "What", "Tab", ""))
    tables = {table.name: table for table in content.workbook.tables}
    rows = {(name, r.rid): row for name in tables for row, r in enumerate(content.records.get(name, ()), 2)}
    shown = content.lines[:MOST]
    for row, line in enumerate(shown, HEAD + 1):
        what = line.what if len(line.what) <= LONGEST else line.what[: LONGEST - 1] + "…"
        if len(what) > FITS:
            sheet.set_row(row, 13 * -(-len(what) // FITS) + 8)
        urgency = _urgency(line, now)
        tint = _tint(styles, urgency)
        cell = styles.of(valign="vcenter", bottom=1, bottom_color=RULE, text_wrap=True)
        if line.due is None:
            sheet.write_blank(row, LEFT, None, tint)
            sheet.write_blank(row, LEFT + 1, None, tint)
        else:
            wall = localtime.to_wall(line.due, content.workbook.zone)
            sheet.write_number(row, LEFT, serial(wall), _tint(styles, urgency, num_format="yyyy-mm-dd hh:mm"))
            cells.text(row, LEFT + 1, left(line.due, now), tint)
        cells.text(row, LEFT + 2, what, cell)
        table = tables.get(line.table)
        cells.text(
            row,
            LEFT + 3,
            table.title if table else line.table,
            styles.of(valign="vcenter", bottom=1, bottom_color=RULE, font_color=QUIET),
        )
        _open(sheet, styles, row, LEFT + 4, table, line, rows.get((line.table, line.rid)))
    if rest := Counter(line.table for line in content.lines[MOST:]):
        more = ", ".join(f"{count:,} on {tables[name].title}" for name, count in rest.items() if name in tables)
        cells.text(HEAD + 1 + len(shown), LEFT, f"And more: {more}.", styles.of(bold=True, valign="vcenter"))


def _tint(styles: Styles, urgency: str, **more: str) -> Format:
    common = {"valign": "vcenter", "align": "left", "bottom": 1, "bottom_color": RULE, **more}
    if urgency == "plain":
        return styles.of(**common)
    colours = {"bad": ("#FBDEDC", "#9A1F1A"), "warn": ("#FDF0CF", "#7A4B06")}[urgency]
    return styles.of(**common, bg_color=colours[0], font_color=colours[1], bold=urgency == "bad")


def _open(
    sheet: Worksheet, styles: Styles, row: int, col: int, table: Table | None, line: Line, at: int | None
) -> None:
    """A link that finds the row by its id, so it still leads there after the tab was sorted."""
    look = styles.of(font_color=LINK, underline=1, valign="vcenter", bottom=1, bottom_color=RULE)
    if table is None or at is None:
        sheet.write_blank(row, col, None, look)
    elif re.fullmatch(r"[\w.-]{1,64}", line.rid, re.ASCII):
        found = f'MATCH("{line.rid}",{table_name(table)}[_rid],0)'
        sheet.write_formula(row, col, f'=HYPERLINK("#\'{table.title}\'!C"&(1+{found}),"open")', look, "open")
    else:
        sheet.write_url(row, col, f"internal:'{table.title}'!C{at}", look, "open")


def _head(cells: Cells, styles: Styles, row: int, col: int, words: Sequence[str]) -> None:
    look = styles.of(bold=True, valign="vcenter", font_color=QUIET, bottom=2, bottom_color=RULE)
    for place, word in enumerate(words, col):
        cells.text(row, place, word or " ", look)


def _draw(sheet: Worksheet, drawn: Sequence[Drawing]) -> int:
    """Charts two by two beside the list; the next free row."""
    for number, drawing in enumerate(drawn):
        down, across = divmod(number, 2)
        sheet.insert_chart(
            HEAD, RIGHT, drawing,
            {"x_offset": across * (charts.WIDTH + 10), "y_offset": down * (charts.HEIGHT + 10), "object_position": 3},
        )  # fmt: skip
    height = (len(drawn) + 1) // 2 * (charts.HEIGHT + 10)
    return HEAD + -(-height // (ROW * 4 // 3)) + (1 if drawn else 0)


def _tabs(sheet: Worksheet, cells: Cells, styles: Styles, content: Content, row: int, col: int) -> int:
    """A list of the tabs with links, how many rows each has and what it is for; the last row used."""
    _head(cells, styles, row, col, ("Tab", "Rows", "What it is for"))
    link = styles.of(font_color=LINK, underline=1, valign="vcenter", bottom=1, bottom_color=RULE)
    count = styles.of(valign="vcenter", align="left", num_format="#,##0", bottom=1, bottom_color=RULE)
    about = styles.of(font_size=9, valign="vcenter", bottom=1, bottom_color=RULE, text_wrap=True)
    for table in content.workbook.tables:
        row += 1
        sheet.write_url(row, col, f"internal:'{table.title}'!A1", link, table.title)
        sheet.write_number(row, col + 1, len(content.rows(table)), count)
        cells.text(row, col + 2, table.about, about)
    return row


def _owners(workbook: Workbook) -> Mapping[Role, bool]:
    """Roles that own columns here -> whether they are the reader's."""
    found = {owner_of(column, workbook) for table in workbook.tables for column in table.columns if not column.hidden}
    return dict(sorted(found, key=lambda one: (not one[1], one[0] is not Role.SYSTEM, one[0].value)))


def _legend(sheet: Worksheet, cells: Cells, styles: Styles, content: Content, row: int, col: int) -> int:
    """What the colours mean; the last row used."""
    _head(cells, styles, row, col, ("Colour", "", "What it means"))
    text = styles.of(font_size=9, valign="vcenter", bottom=1, bottom_color=RULE)

    def say(look: Format, chip: str, words: str) -> None:
        nonlocal row
        row += 1
        cells.text(row, col, chip, look)
        sheet.write_blank(row, col + 1, None, text)
        cells.text(row, col + 2, words, text)

    for role, mine in _owners(content.workbook).items():
        if mine:
            words = "Yours: the white cells under this header are for you to fill."
        elif role is Role.SYSTEM:
            words = "Kept by Stopbook. An edit in a shaded cell is put back, and you are told."
        else:
            words = f"Filled by {WHO[role]}: yours to read."
        say(styles.head(role, mine, valign="vcenter"), WHO[role], words)
    say(
        styles.of(bold=True, bg_color=WHITE, bottom=1, bottom_color=INK, valign="vcenter"),
        "White header",
        "A column you added yourself. Stopbook leaves it alone.",
    )
    for name, chip, words in (
        ("good", "Green", "Done, or on its way."),
        ("warn", "Amber", "Under way, or due within 30 minutes of the moment above."),
        ("bad", "Red", "Needs somebody now, or overdue at the moment above."),
        ("muted", "Grey", "Closed, or waiting for somebody else."),
    ):
        say(styles.chip(name), chip, words)
    say(
        styles.of(font_color=QUIET, bg_color=SHADE, bottom=1, bottom_color=RULE, valign="vcenter"),
        "_state, _msg",
        "OK, or what became of an edit in this row and what to do about it.",
    )
    return row
