"""Hundreds of random documents: the workbook's own sums, worked out by another program, and the page say the control total.

`STOPBOOK_DOCUMENTS` is how many (200); by hand 10,000.
"""

import os
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from tests.workbooks.test_documents import Sheet, words
from workbooks.documents import Document, Field, Party, Section, Total, render_pdf, render_workbook

COUNT = int(os.environ.get("STOPBOOK_DOCUMENTS", "200"))
PARTS = 8
"""so that a failure names its part, and several can run at once"""
WORDS = (
    "Delivery, zone A",
    "=SUM(A1:A9)",
    "Fuel & tolls",
    "+1 (312) 555",
    "@Acme",
    "naïve – 100 %",
    "#REF!",
    "<b>",
    "$x_1$",
    "Ж 仓",
    "'quoted'",
    "-",
)


class Tall(Sheet):
    """A workbook whose summary may have many rows; only the columns of labels and amounts are read."""

    def rows(self, tab=0, width=8, height=150):
        return super().rows(tab, width, height)


def cents(pick: Random) -> Decimal:
    return Decimal(pick.choice((pick.randint(-500, 500), pick.randint(-99, 99_999_999), 0, 1, -1))).scaleb(-2)


def section(pick: Random, title: str, **more: object) -> Section:
    fields = [
        Field("Day", "date", 11),
        Field("What", "text", 30),
        Field("Quantity", "qty", 9),
        Field("Rate", "rate", 9),
        Field("Amount", "money", 12),
    ]
    rows = tuple(
        (date(2026, 1, 1) + timedelta(days=pick.randrange(365)), pick.choice(WORDS), Decimal(pick.randint(0, 10**6)).scaleb(-pick.randrange(4)),
         Decimal(pick.randint(-9999, 99999)).scaleb(-4), cents(pick))
        for _ in range(pick.choice((1, 2, 3, pick.randint(1, 20))))
    )  # fmt: skip
    return Section(title, tuple(fields), rows, sum((row[-1] for row in rows), Decimal(0)), **more)


def random_document(seed: int) -> Document:
    """Some parts, with or without a tab of their own behind one, subtotals over some of them, and the total over all."""
    pick = Random(seed)
    parts = [section(pick, f"Part {n}") for n in range(1, pick.randint(2, 6))]
    cut = pick.randint(1, len(parts))
    totals = [Total("First half", sum((p.sum for p in parts[:cut]), Decimal(0)), tuple(p.title for p in parts[:cut]))]
    totals += [Total(f"{p.title} ", p.sum, (p.title,)) for p in parts[cut:]]
    due = sum((t.amount for t in totals), Decimal(0))
    totals.append(Total("Total due", due, tuple(t.label for t in totals), strong=True))
    if pick.random() < 0.5:
        behind = parts[0]
        parts.append(Section("Every stop", behind.columns, behind.rows, behind.sum, tab=True, agrees_with=behind.title))
    return Document(
        kind=pick.choice(("Invoice", "Credit note", "Statement")), number=f"X-{seed:06}", title=pick.choice(WORDS), party=Party(pick.choice(WORDS), ("ap@acme.test",)),
        period=(date(2026, 3, 2), date(2026, 3, 15)), sections=tuple(parts), totals=tuple(totals), control_total=due, issuer=Party("Northway"),
        currency=pick.choice(("USD", "CAD")), paper=pick.choice(("us-letter", "a4")),
    )  # fmt: skip


def shown(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def says(text: str, amount: Decimal) -> bool:
    """Whether a cell shows the amount; ironcalc leaves the sign of a few cents below zero away, Excel and LibreOffice do not."""
    return text == shown(amount) or (Decimal("-0.10") < amount < 0 and text == shown(-amount))


@pytest.mark.parametrize("part", range(PARTS))
def test_the_workbook_and_the_page_say_the_control_total(part, tmp_path):
    for seed in range(part, COUNT, PARTS):
        doc = random_document(seed)
        sheet = Tall(render_workbook(doc), tmp_path)
        assert says(sheet.recalculated("Total due"), doc.control_total), seed
        assert says(sheet.beside("Control total"), doc.control_total), seed
        assert sheet.beside("Check") == "OK", seed
        page = words(render_pdf(doc)).replace("\u2212", "-")
        assert shown(doc.control_total) in page.partition("Total due")[2], seed


def test_one_cent_more_in_any_part_is_noticed(tmp_path):
    """The comparison has teeth: a cent typed over the first amount shows in the total and in the check."""
    doc = random_document(5)
    sheet = Tall(render_workbook(doc), tmp_path)
    first = doc.sections[0].rows[0][-1]
    row = next(n for n, cells in enumerate(sheet.rows(), 1) if shown(first) in cells)
    column = sheet.rows()[row - 1].index(shown(first)) + 1
    made = sheet.recalculated("Total due", (0, row, column, str(first + Decimal("0.01"))))
    assert says(made, doc.control_total + Decimal("0.01"))
    assert sheet.beside("Check") != "OK"
