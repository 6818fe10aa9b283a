"""What one round of keeping a spreadsheet in step did, and how that is said."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sheets_sync.google.replica import Pushed
from workbooks.problems import counted


@dataclass(frozen=True)
class Round:
    """What one round did: taken in, written, and sentences for people."""

    book: str
    taken: int = 0
    pushed: Pushed = field(default_factory=Pushed)
    sentences: Sequence[str] = ()
    idle: bool = False
    recovered: int = 0
    stopped: tuple[str, ...] = ()
    """tabs that stand still, each with the reason and what to do"""
    remarks: tuple[str, ...] = ()
    """what is good to know and stops nothing, such as cells that hold formulas"""
    tables: frozenset[str] = frozenset()
    """in which of them something was taken in"""
    new: tuple[str, ...] = ()
    """what was added to the spreadsheet because it was declared since"""

    @property
    def quiet(self) -> bool:
        """True when nothing had to be done."""
        return not (self.taken or self.pushed.calls or self.recovered or self.new)

    def __str__(self) -> str:
        return f"{self.book}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """What it did, in words."""
        if self.quiet:
            return "in step."
        parts = list(self.new)
        if self.taken:
            parts.append(f"{self.taken:,} {'edit was' if self.taken == 1 else 'edits were'} taken in")
        written = [(self.pushed.cells, "cell"), (self.pushed.rows, "new row")]
        if parts_written := [counted(number, what) for number, what in written if number]:
            parts.append(f"{' and '.join(parts_written)} {'were' if sum(n for n, _ in written) > 1 else 'was'} written")
        elif self.pushed.calls:
            parts.append("Today was written anew")
        if self.recovered:
            parts.append(f"{self.recovered:,} writes whose outcome was open are settled")
        moved = self.pushed.displaced + self.pushed.concurrent
        if moved:
            parts.append(
                f"{moved:,} cells were changed or moved by people at that very moment and come right next round"
            )
        said = ", ".join(parts)
        return f"{said[:1].upper()}{said[1:]}."
