"""What every reader of cells needs: the answers to ambiguous text, what is bad, and cleaning."""

import re
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from workbooks.cells.showing import to_text


@dataclass(frozen=True)
class Reading:
    """How ambiguous text is to be read: the answers a person or a profile gave.

    `zone`: zone of times without one. `dates`: YMD, MDY or DMY for 03/04/2026. `epoch`: "s" or "ms" for bare
    numbers that stand for a moment. None means nobody said, so such cells are refused.
    """

    zone: ZoneInfo | None = None
    dates: str | None = None
    epoch: str | None = None


class Bad(ValueError):  # noqa: N818 - a value that is bad, not a failure of the program
    """A cell that cannot be read: `what` is wrong and the `remedy`."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass
class Notes:
    """Collects warnings while a cell is read."""

    warnings: list[str] = field(default_factory=list)


_SPACES = re.compile(r"[\u00a0\u2007\u202f]")
_INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def clean(text: str) -> str:
    """Text as people meant it: no-break spaces become spaces, invisible characters go, the ends are trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _INVISIBLE.sub("", _SPACES.sub(" ", text)).strip()


def shown(raw: Any) -> str:
    """A raw cell as a person would quote it, cut to 60 characters."""
    if isinstance(raw, float):
        text = f"{raw:.0f}" if raw.is_integer() else f"{raw:.15g}"
    else:
        text = to_text(raw) if not isinstance(raw, str) else raw
    return text if len(text) <= 60 else text[:57] + "…"


PLAINLY = Reading()
"""nobody said anything"""
