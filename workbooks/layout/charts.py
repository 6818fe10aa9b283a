"""Native charts for *Today*, fed from a hidden sheet so that they stay live and can be copied into a report."""

from typing import Any

from xlsxwriter import Workbook as Xlsx
from xlsxwriter.chart import Chart as Drawing
from xlsxwriter.worksheet import Worksheet

from workbooks.layout.content import Content
from workbooks.layout.figures import Chart
from workbooks.layout.styles import CHART, INK, QUIET, RULE, Styles
from workbooks.layout.write import Cells

SHEET = "_figures"
WIDTH, HEIGHT = 390, 240
"""of one chart, in pixels"""
_TEXT = {"name": "Arial", "size": 9, "color": QUIET}


def place(book: Xlsx, styles: Styles, content: Content) -> list[Drawing]:
    """Writes the figures on their hidden sheet and returns a chart for each."""
    figures = content.figures
    if figures is None or not figures.charts:
        return []
    sheet = book.add_worksheet(SHEET)
    sheet.very_hidden()
    cells = Cells(sheet, styles, content.workbook.zone)
    drawn, row = [], 0
    for chart in figures.charts:
        drawn.append(_draw(book, sheet, cells, chart, row))
        row += len(chart.categories) + 3
    return drawn


def _draw(book: Xlsx, sheet: Worksheet, cells: Cells, chart: Chart, row: int) -> Drawing:
    first, last = row + 2, row + 1 + len(chart.categories)
    cells.text(row, 0, chart.title)
    cells.column(0, chart.categories, first)
    subtype = {"subtype": "percent_stacked" if chart.share else "stacked"} if len(chart.series) > 1 else {}
    drawing = book.add_chart({"type": "bar", **subtype})
    for col, (name, style, counts) in enumerate(chart.series, 1):
        cells.text(row + 1, col, name)
        cells.column(col, counts, first)
        look: dict[str, Any] = {"fill": {"color": CHART[style]}, "border": {"none": True}, "gap": 45}
        if len(chart.series) == 1:
            look["data_labels"] = {"value": True, "font": {**_TEXT, "color": INK}}
        drawing.add_series(
            {"name": [SHEET, row + 1, col], "categories": [SHEET, first, 0, last, 0],
             "values": [SHEET, first, col, last, col], **look}
        )  # fmt: skip
    drawing.set_title(
        {"name": chart.title, "name_font": {"name": "Arial", "size": 10, "bold": True, "color": INK}, "overlay": False}
    )
    drawing.set_y_axis({"reverse": True, "num_font": {**_TEXT, "color": INK}, "line": {"color": RULE},
                        "major_tick_mark": "none"})  # fmt: skip
    grid = {"visible": len(chart.series) > 1, "line": {"color": RULE}}
    drawing.set_x_axis({"num_font": _TEXT, "major_gridlines": grid, "line": {"none": True}, "major_tick_mark": "none",
                        "num_format": "0%" if chart.share else "0", "min": 0,
                        **({"max": 1, "major_unit": 0.25} if chart.share else {}), "visible": len(chart.series) > 1,
                        "label_position": "high"})  # fmt: skip
    drawing.set_legend({"position": "bottom", "font": _TEXT} if len(chart.series) > 1 else {"none": True})
    drawing.set_chartarea({"border": {"color": RULE}})
    drawing.set_size({"width": WIDTH, "height": HEIGHT})
    drawing.show_hidden_data()
    return drawing
