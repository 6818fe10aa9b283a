"""Documents: what leaves the company with money on it, as one value that a workbook and a PDF are made from.

A `Document` adds up or cannot be made: every section's total is the sum of its last amount column, every total is
the sum of what it names, and the control total is the last of them. `render_workbook` writes it with live formulas
that add up again, `render_pdf` sets it with typst; the same document gives the same bytes on every machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from workbooks.problems import Refused

ValueKind = Literal["text", "date", "int", "qty", "rate", "money", "pct"]
"""what a column holds: pct is a fraction (0.115 is shown as 11.50 %), rate up to four decimals, qty as it is"""


@dataclass(frozen=True)
class Field:
    """One column of a section. `width` is in characters and sets the proportions of the page too."""

    title: str
    kind: ValueKind = "text"
    width: int = 12


@dataclass(frozen=True)
class Section:
    """A table of the document. `total` is the sum of its last money column (None: nothing is added up).

    `tab` puts it on a tab of its own and leaves it out of the PDF: the backup with every stop. `agrees_with` names
    a total or section that its sum must equal; the workbook checks it live.
    """

    title: str
    columns: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: Decimal | None = None
    tab: bool = False
    agrees_with: str = ""
    note: str = ""

    @cached_property
    def amount_at(self) -> int | None:
        """Place of the column that is added up: the last one that holds money."""
        places = [place for place, column in enumerate(self.columns) if column.kind == "money"]
        return places[-1] if places else None

    @property
    def sum(self) -> Decimal:
        """What its amounts add up to."""
        at = self.amount_at
        return sum((row[at] for row in self.rows if row[at] is not None), Decimal(0)) if at is not None else Decimal(0)


@dataclass(frozen=True)
class Total:
    """One line below the sections. `adds` names the sections and earlier totals it is the sum of; without, it is told."""

    label: str
    amount: Decimal
    adds: tuple[str, ...] = ()
    strong: bool = False


@dataclass(frozen=True)
class Party:
    """Whom it is for, or from whom: a name and the lines below it."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One invoice, statement or credit note. `kind` is its heading (“Invoice”), `facts` are lines such as due date.

    Refused when it does not add up: it would be wrong in front of a client or a driver.
    """

    kind: str
    number: str
    title: str
    party: Party
    period: tuple[date, date] | None
    sections: tuple[Section, ...]
    totals: tuple[Total, ...]
    notes: tuple[str, ...] = ()
    control_total: Decimal = Decimal(0)
    issuer: Party = Party("")
    facts: tuple[tuple[str, str], ...] = ()
    currency: str = "USD"
    paper: Literal["us-letter", "a4"] = "us-letter"
    language: str = "en"
    more: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for what in self._wrong():
            raise Refused(
                f"{self.kind} {self.number} does not add up: {what}. It was not written; tell your administrator."
            )

    def _wrong(self) -> Iterator[str]:
        known: dict[str, Decimal] = {}
        for section in self.sections:
            if section.title in known:
                yield f"two parts are called {section.title}"
            if section.total is not None and section.sum != section.total:
                yield f"{section.title} says {section.total}, its rows make {section.sum}"
            known[section.title] = section.sum
        for total in self.totals:
            made = sum((known.get(name, Decimal(0)) for name in total.adds), Decimal(0))
            if total.adds and (made != total.amount or not set(total.adds) <= set(known)):
                yield f"{total.label} says {total.amount}, but {' + '.join(total.adds)} makes {made}"
            known[total.label] = total.amount
        for section in self.sections:
            if section.agrees_with and known.get(section.agrees_with) != section.sum:
                yield f"{section.title} makes {section.sum}, {section.agrees_with} is {known.get(section.agrees_with)}"
        if self.totals and self.totals[-1].amount != self.control_total:
            yield f"the control total is {self.control_total}, {self.totals[-1].label} is {self.totals[-1].amount}"


def render_workbook(doc: Document) -> bytes:
    """The document as an .xlsx file whose own formulas add up to the control total."""
    from workbooks.documents.sheets import render

    return render(doc)


def render_pdf(doc: Document) -> bytes:
    """The document as a PDF; sections that are tabs of the workbook are named, not printed."""
    from workbooks.documents.paper import render

    return render(doc)


__all__ = ["Document", "Field", "Party", "Section", "Total", "render_pdf", "render_workbook"]
