"""What stands in a function's arguments, read as a tab's cells are read, and its answer in the same shape.

An argument is one cell or a range. Ranges of one call have one shape; a single cell counts for every row. A cell that
cannot be read spoils its own row and no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from addin.answers import failed, is_failed
from workbooks import cells, localtime
from workbooks.problems import Problem, Refused, Severity
from workbooks.schema import Column, Role, Type

_FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - the day Excel counts from, on the wall clock
_LAST_SERIAL = 2_958_466
_ERROR_CODES = range(-2_146_826_300, -2_146_826_200)
_READY = frozenset({str, float, int, bool})
_FLOATS = frozenset({float, type(None)})
EXACT = 12
"""decimals that a number in a cell may have; Excel keeps 15 digits in all"""


def from_serial(raw: Any) -> Any:
    """A number as the moment it is in Excel, which keeps dates as days and parts of days; anything else unchanged."""
    if raw.__class__ not in (float, int) or not 0 <= raw < _LAST_SERIAL:
        return raw
    return _FIRST_DAY + timedelta(seconds=round(raw * 86_400))


def from_serials(raws: list[Any]) -> list[Any]:
    """The same for many."""
    return [from_serial(raw) for raw in raws] if {float, int} & set(map(type, raws)) else raws


@dataclass(frozen=True)
class Block:
    """The cells of one argument, row by row. `alone`: it was one value and no range."""

    cells: list[Any]
    height: int
    width: int
    alone: bool

    @classmethod
    def of(cls, raw: Any) -> "Block":
        """From what Excel hands over: a value, a row or column of values, or rows of values."""
        if not isinstance(raw, (list, tuple)):
            return cls(_without_codes([raw]), 1, 1, True)
        if not {list, tuple}.issuperset(map(type, raw)):
            raw = [row if isinstance(row, (list, tuple)) else [row] for row in raw]
        widths = set(map(len, raw))
        if len(widths) != 1 or 0 in widths:
            raise Refused("Give a range of whole rows.")
        return cls(_without_codes(list(chain.from_iterable(raw))), len(raw), widths.pop(), False)


def _without_codes(raws: list[Any]) -> list[Any]:
    """Excel hands the errors that xlwings does not know over as their codes; numbers come as floats."""
    if int not in set(map(type, raws)):
        return raws
    return ["#ERROR!" if raw.__class__ is int and raw in _ERROR_CODES else raw for raw in raws]


class Given:
    """The arguments of one call. Reading a column marks the rows that cannot be answered; `each` answers the others."""

    def __init__(self, **arguments: Any) -> None:
        self._blocks = {name: Block.of(raw) for name, raw in arguments.items()}
        ranges = [(name, block) for name, block in self._blocks.items() if len(block.cells) > 1]
        self._height, self._width = 1, 1
        for name, block in ranges:
            first, shape = ranges[0]
            if (block.height, block.width) != (shape.height, shape.width):
                raise Refused(f"{name} has {block.height:,} rows and {block.width:,} columns, {first} has {shape.height:,} and "
                              f"{shape.width:,}; give ranges of one size, or a single cell.")  # fmt: skip
            self._height, self._width = block.height, block.width
        self._range = any(not block.alone for block in self._blocks.values())
        self.rows = self._height * self._width
        self._out: dict[int, Any] = {}
        """answers that are settled before anything is worked out: reasons, and "" for blank rows"""

    def spoil(self, row: int, why: str) -> None:
        """Row `row` cannot be answered; the first reason stands."""
        self._out.setdefault(row, why if is_failed(why) else failed(why))

    def _raw(self, name: str, need: str) -> list[Any]:
        """The cells of an argument, with reasons that other functions gave passed on. `need`: see `column`."""
        raws: list[Any] = []
        block = self._blocks[name]
        if not {str, type(None)} & set(map(type, block.cells)):
            return block.cells
        for place, raw in enumerate(block.cells):
            bad = is_failed(raw)
            blank = raw is None or (isinstance(raw, str) and not raw.strip())
            if bad or (blank and need != "optional"):
                every = range(self.rows) if len(block.cells) == 1 else (place,)
                for row in every:
                    if blank and need == "main":
                        self._out.setdefault(row, "")
                    else:
                        self.spoil(row, raw if bad else f"{name} is blank; fill it.")
            raws.append(None if bad or blank else raw)
        return raws

    def _wide(self, values: list[Any]) -> list[Any]:
        return values * self.rows if len(values) == 1 else values

    def column(self, name: str, kind: Type, need: str = "needed", *, strict: bool = False) -> list[Any]:
        """The values of an argument, one per row.

        `need`: "main": a blank cell makes a blank answer; "needed": it is an error; "optional": it is None.
        `strict`: what a tab takes with a warning is refused.
        """
        raws = self._raw(name, need)
        if kind in (Type.DATE, Type.TS):
            raws = from_serials(raws)
        values, problems = cells.read_column(raws, Column(name, name, kind, (Role.SYSTEM,), "", places=EXACT))
        for place, found in problems.items():
            for problem in found:
                if strict or problem.severity is Severity.ERROR:
                    for row in range(self.rows) if len(raws) == 1 else (place,):
                        self.spoil(row, f"{name}: {said(problem)}")
        return self._wide(values)

    def numbers(self, name: str, need: str = "needed") -> list[Decimal | None]:
        """Exact numbers."""
        return self.column(name, Type.DEC, need)

    def floats(self, name: str, need: str = "needed") -> list[float | None]:
        """Numbers of which no amount is made, such as degrees."""
        raws = self._raw(name, need)
        if _FLOATS.issuperset(map(type, raws)):
            return self._wide(raws)
        return [None if number is None else float(number) for number in self.numbers(name, need)]

    def within(self, name: str, most: float, why: str) -> list[float | None]:
        """Numbers from -`most` to `most`; `why` says what is wrong with another, which stands in it as {number}."""
        numbers = self.floats(name, "main")
        if None in numbers or not -most <= min(numbers) or not max(numbers) <= most:  # type: ignore[type-var,operator]
            for row, number in enumerate(numbers):
                if number is not None and not -most <= number <= most:
                    self.spoil(row, why.format(number=f"{number:g}"))
        return numbers

    def whole(self, name: str, need: str = "needed") -> list[int | None]:
        """Whole numbers."""
        return self.column(name, Type.INT, need)

    def texts(self, name: str, need: str = "needed") -> list[str | None]:
        """Texts and names; numbers as people see them."""
        return self.column(name, Type.ID, need)

    def days(self, name: str, need: str = "needed") -> list[date | None]:
        """Dates."""
        return self.column(name, Type.DATE, need)

    def clocks(self, name: str, need: str = "optional") -> list[time | None]:
        """Times of day."""
        return self.column(name, Type.TIME, need)

    def zones(self, name: str) -> list[ZoneInfo | None]:
        """Time zones."""
        names = self.column(name, Type.ZONE)
        known = {text: localtime.zone(text) for text in set(names) if text is not None}
        return [None if text is None else known[text] for text in names]

    def moments(self, name: str, zones: Sequence[ZoneInfo | None], need: str = "needed") -> list[datetime | None]:
        """Moments (aware), read on the wall clock of the row's zone unless the cell says another."""
        raws = from_serials(self._raw(name, need))
        one = zones[0] if len(set(zones)) == 1 else None
        if one is not None and _plain(raws):
            return self._wide(localtime.each_to_utc(raws, one))
        raws = self._wide(raws)
        column = Column(name, name, Type.TS, (Role.SYSTEM,), "")
        found: list[datetime | None] = []
        for row, (raw, zone) in enumerate(zip(raws, zones, strict=True)):
            value = None
            if raw is not None and zone is not None:
                try:
                    value = cells.read(raw, column, cells.Reading(zone=zone))
                except cells.Bad as bad:
                    self.spoil(row, f"{name}: {said(Problem(bad.what, bad.remedy))}")
            found.append(value)
        return found

    def each(self, made: Callable[..., Any], *columns: Sequence[Any]) -> Any:
        """The answer: `made` of each row's values, in the shape of the arguments."""
        if self._out:
            good = zip(*columns, strict=True)
            answers = [self._out[n] if n in self._out else cell(made(*row)) for n, row in enumerate(good)]
        else:
            answers = list(map(made, *columns))
            if not _READY.issuperset(map(type, answers)):
                answers = [cell(value) for value in answers]
        if not self._range:
            return answers[0]
        if self._width == 1:
            return [[value] for value in answers]
        return [answers[start : start + self._width] for start in range(0, self.rows, self._width)]

    def good(self) -> list[int]:
        """Rows that can be answered so far."""
        return [row for row in range(self.rows) if row not in self._out] if self._out else list(range(self.rows))


def _plain(raws: list[Any]) -> bool:
    """Wall-clock times in whole seconds, and blanks."""
    if not {datetime, type(None)}.issuperset(map(type, raws)):
        return False
    return not any(raw.microsecond or raw.tzinfo for raw in raws if raw)


def said(problem: Problem) -> str:
    """A problem for a cell; the ways out of a file import are none here."""
    remedy = "" if problem.remedy.startswith("Import again") else problem.remedy
    if not remedy:
        return f"{problem.what}."
    return f"{problem.what}. {remedy[0].upper()}{remedy[1:]}{'' if remedy.endswith('?') else '.'}"


def cell(value: Any) -> Any:
    """A value as Excel takes it."""
    if value.__class__ in _READY:
        return value
    return "" if value is None else cells.to_cell(value)


def one(name: str, raw: Any) -> Any:
    """The single value of an argument that is none per row; Refused for a range."""
    block = Block.of(raw)
    if len(block.cells) > 1:
        raise Refused(f"{name} is one cell, not a range.")
    value = block.cells[0]
    if is_failed(value):
        raise Refused(str(value).partition(":")[2].strip())
    return value


def one_of(name: str, raw: Any, kind: Type, zone: ZoneInfo | None = None) -> Any:
    """The same, read as what a tab's cell of that kind holds."""
    value = one(name, raw)
    if kind in (Type.DATE, Type.TS):
        value = from_serial(value)
    try:
        return cells.read(value, Column(name, name, kind, (Role.SYSTEM,), "", places=EXACT), cells.Reading(zone=zone))
    except cells.Bad as bad:
        raise Refused(f"{name}: {said(Problem(bad.what, bad.remedy))}") from None
