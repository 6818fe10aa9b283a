"""The log of this PC's part: what happened inside, for whoever has to repair it. People get a sentence and a number."""

import logging
import traceback
from secrets import token_hex

from addin import client
from workbooks.problems import Refused

FILE = "addin.log"


def said(error: BaseException) -> str:
    """The sentence for an error; an unexpected one goes to the log, with its traceback and without any values."""
    if isinstance(error, client.Told):
        return f"{error} ({error.number})" if error.number.startswith("F-") else str(error)
    if isinstance(error, Refused):
        return str(error)
    number = f"A-{token_hex(4)}"
    try:
        client.folder().mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(client.folder() / FILE, encoding="utf-8")
    except OSError:
        return f"Something went wrong in Stopbook on this computer ({type(error).__name__}). Tell your administrator."
    record = logging.Logger("stopbook.addin")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    record.addHandler(handler)
    frames = "".join(traceback.format_tb(error.__traceback__))
    # the text of an error may quote a cell or a header; where it happened is enough to find it
    record.error("%s %s\n%s", number, type(error).__name__, frames)
    handler.close()
    return f"Something went wrong in Stopbook on this computer. Tell your administrator the number {number}."
