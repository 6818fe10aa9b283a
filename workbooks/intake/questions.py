"""What only a person can know about a column: which zone, which order of day and month, which unit.

A column is looked at as a whole and asked about once, never cell by cell. Where the cells themselves leave only
one answer, it is taken and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from workbooks.cells import EARLIEST, LATEST, Reading, clean, date_parts, is_clock, is_naive, shown, to_text
from workbooks.problems import Where
from workbooks.schema import Column, Type

ORDER = {"MDY": "month first", "DMY": "day first"}
UNIT = {"s": "seconds", "ms": "milliseconds"}


@dataclass(frozen=True)
class Question:
    """One question about one column: `what` is not clear and the `option` that answers it (blank: repair the file)."""

    column: str
    what: str
    option: str
    where: Where

    def __str__(self) -> str:
        answer = f"Import again with {self.option}" if self.option.startswith("--") else self.option
        return f"{self.where}: {self.what}. {answer}."


def ask(raws: Sequence[Any], column: Column, how: Reading, where: Where) -> tuple[Reading, list[Question], list[str]]:
    """How `column` is to be read after looking at all of it, what must be asked first, and notes on what it showed."""
    if column.type not in (Type.DATE, Type.TS):
        return how, [], []
    cells = set(raws)
    texts = {clean(raw) for raw in cells if isinstance(raw, str)}
    how, questions, notes = _order(cells, texts, column, how, where)
    if column.type is Type.TS:
        questions += [*_zone(cells, texts, column, how, where), *_epoch(cells, texts, column, how, where)]
        questions += _day(cells, texts, column, where)
    return how, questions, notes


def _order(
    cells: set[Any], texts: set[str], column: Column, how: Reading, where: Where
) -> tuple[Reading, list[Question], list[str]]:
    parts = [(found, text) for text in texts if (found := date_parts(text))]
    if not parts:
        return how, [], []
    real = [raw for raw in cells if isinstance(raw, date)]
    late = next((text for (first, second, _), text in parts if max(first, second) > 12), None)
    if real and late and all(raw.day <= 12 for raw in real):
        what = f"real dates such as {shown(real[0])} stand among texts such as {late}: a spreadsheet of another country has swapped day and month of some"
        return (
            how,
            [
                Question(
                    column.name,
                    what,
                    "Export the file again, or format the column as text before the dates are filled in",
                    where,
                )
            ],
            [],
        )
    if how.dates in ORDER:
        return how, [], []
    month_first = all(first <= 12 for (first, _, _), _ in parts)
    day_first = all(second <= 12 for (_, second, _), _ in parts)
    example = min(text for _, text in parts)
    if month_first and day_first:
        what = f"dates such as {example} can be read month first or day first, and no date in the column tells which"
        return how, [Question(column.name, what, "--dates MDY or --dates DMY", where)], []
    if not month_first and not day_first:
        one = next(text for (first, _, _), text in parts if first > 12)
        other = next(text for (_, second, _), text in parts if second > 12)
        what = f"{one} can only be day first and {other} only month first, so the column mixes both"
        return (
            how,
            [
                Question(
                    column.name,
                    what,
                    "Write all its dates as 2026-03-31, or answer --dates MDY or --dates DMY to take those that fit",
                    where,
                )
            ],
            [],
        )
    order = "MDY" if month_first else "DMY"
    return (
        replace(how, dates=order),
        [],
        [f"{where}: dates are read {ORDER[order]}, because {late} cannot be anything else."],
    )


def _zone(cells: set[Any], texts: set[str], column: Column, how: Reading, where: Where) -> list[Question]:
    if how.zone is not None:
        return []
    naive = next(
        (raw for raw in cells if isinstance(raw, date) and not (isinstance(raw, datetime) and raw.tzinfo)), None
    )
    example = shown(naive) if naive is not None else min(filter(is_naive, texts), default=None)
    if example is None:
        return []
    what = f"times such as {example} do not say in which time zone they are"
    return [Question(column.name, what, "--timezone and the zone, such as --timezone America/Chicago", where)]


CLOCK_COLUMNS = {"window_start": "window_from", "window_end": "window_to"}
"""columns for a moment, and those that take a time of day on the service date instead"""


def _day(cells: set[Any], texts: set[str], column: Column, where: Where) -> list[Question]:
    """A column of times of day alone: the day they are meant for is nowhere."""
    clocks = [raw for raw in cells if isinstance(raw, time)] + [text for text in texts if is_clock(text)]
    if not clocks or len(clocks) < len(cells - {None, ""}):
        return []
    other = CLOCK_COLUMNS.get(column.name)
    option = (
        f'--map "{where.header or column.title}={other}"' if other else "Write date and time, as in 2026-03-31 14:30"
    )
    return [
        Question(
            column.name,
            f"times such as {shown(min(map(to_text, clocks)))} do not say which day they are on",
            option,
            where,
        )
    ]


def _epoch(cells: set[Any], texts: set[str], column: Column, how: Reading, where: Where) -> list[Question]:
    numbers = {raw for raw in cells if isinstance(raw, (int, float)) and not isinstance(raw, bool) and abs(raw) < 1e17}
    numbers |= {int(text) for text in texts if 9 <= len(text) < 18 and text.isascii() and text.isdigit()}
    if not numbers:
        return []
    fits = {
        unit: all(EARLIEST.timestamp() <= number / scale < LATEST.timestamp() for number in numbers)
        for unit, scale in (("s", 1), ("ms", 1000))
    }
    likely = next((unit for unit, fit in fits.items() if fit), None)
    example = shown(min(numbers))
    if how.epoch is None:
        looks = f" (they look like {UNIT[likely]})" if likely else ""
        return [
            Question(
                column.name,
                f"bare numbers such as {example} can be seconds or milliseconds{looks}",
                "--epoch s or --epoch ms",
                where,
            )
        ]
    if likely and likely != how.epoch:
        return [
            Question(
                column.name,
                f"numbers such as {example} are no plausible moments in {UNIT[how.epoch]}, they look like {UNIT[likely]}",
                f"--epoch {likely}",
                where,
            )
        ]
    return []
