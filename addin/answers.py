"""What a function says when it cannot answer: a text that begins with #SB: and gives the reason.

It is a text and no #N/A, because a cell has room for one of them only, and the reason is what somebody can act on.
What is reckoned with it further becomes #VALUE!, so IFERROR(… + 0, …) sees it; SB_WHY gives the reason alone.
"""

import functools
from collections.abc import Callable
from typing import Any

from workbooks.problems import Refused

PREFIX = "#SB: "


def failed(why: object) -> str:
    """The text for a cell."""
    return f"{PREFIX}{str(why).strip()}"


def is_failed(cell: object) -> bool:
    """True for such a text; it is passed on as it is, so that the first reason is the one that is read."""
    return isinstance(cell, str) and cell.startswith(PREFIX.rstrip())


def reason(cell: object) -> str:
    """The reason alone; "" for anything else."""
    return cell.removeprefix(PREFIX.rstrip()).strip() if isinstance(cell, str) and is_failed(cell) else ""


def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, answering with a reason where it would have raised: a cell never shows a traceback."""

    @functools.wraps(call)
    def answer(*given: Any) -> Any:
        try:
            return call(*given)
        except Refused as refused:
            return failed(refused)
        except Exception as error:
            from addin import faults  # which asks where its log is: nothing that a good answer has to wait for

            return failed(faults.said(error))

    return answer
