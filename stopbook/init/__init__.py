"""From an empty folder to a home: a short interview, or a file of answers, then settings, ledger, first user, workbooks.

Nothing is written before every answer is there and right. The ledger takes all of it in one step, so an installation
that was interrupted is either not begun or complete but for files, and the same command finishes it.
"""

from collections.abc import Callable
from pathlib import Path

from stopbook.init.answers import Answers, read
from stopbook.init.interview import Ask, fill
from stopbook.init.lay_out import Laid, is_home, lay_out, look, usable
from workbooks.problems import Refused

__all__ = ["Answers", "Ask", "Laid", "begin", "read"]

Say = Callable[[str], None]


def begin(folder: Path, source: Path | None, ask: Ask, say: Say) -> Laid:
    """Lay a home out in `folder`; what is there already stays and is only said. Refused in one sentence."""
    home = folder.expanduser().absolute()
    usable(home)
    if is_home(home) and (there := look(home)) is not None:
        return there
    given = read(source) if source else {}
    try:
        answers = fill(given, ask, say, str(source or ""))
    except KeyboardInterrupt:
        raise Refused("The interview ended early; nothing was written. Run it again when you like.") from None
    return lay_out(home, answers)
