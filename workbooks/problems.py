"""What is wrong, where, and what to do next: a problem in the data is a value, not an exception.

`Problem` is collected and shown (returned workbook, health tab, preview). `Refused` is raised only where the
whole request cannot go on; its text is one sentence for the person who asked.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Refused(Exception):  # noqa: N818 - it is a refusal, said in one sentence, not a programming error
    """The request cannot be carried out; the message says why and what to do next. No traceback is shown."""


def counted(count: int, one: str, more: str = "") -> str:
    """“1 stop”, “2 stops”; `more` where the plural is not made with s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


class Severity(StrEnum):
    """Whether the row stays out (ERROR) or goes in with a remark (WARNING)."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True)
class Where:
    """An address a person can go to. `row` counts from 1 as the program shows it; `column` is a letter or name."""

    file: str = ""
    tab: str = ""
    row: int | None = None
    column: str = ""
    header: str = ""

    def __str__(self) -> str:
        parts = [self.file] if self.file else []
        if self.tab:
            parts.append(f"tab {self.tab}")
        if self.row is not None and self.column:
            parts.append(f"cell {self.column}{self.row}")
        elif self.row is not None:
            parts.append(f"row {self.row}")
        elif self.column:
            parts.append(f"column {self.column}")
        text = ", ".join(parts)
        return f"{text} ({self.header})" if self.header else text


@dataclass(frozen=True)
class Problem:
    """One thing wrong at one place. `what` and `remedy` are short sentences without the address."""

    what: str
    remedy: str = ""
    where: Where = Where()
    value: str = ""
    severity: Severity = Severity.ERROR
    column: str = ""

    def at(self, where: Where) -> "Problem":
        """The same problem with its address."""
        return replace(self, where=where)

    def __str__(self) -> str:
        place = str(self.where)
        return f"{place}: {self.text}" if place else self.text

    @property
    def text(self) -> str:
        """What is wrong and what to do, without the address."""
        return f"{self.what}. {self.remedy}." if self.remedy else f"{self.what}."
