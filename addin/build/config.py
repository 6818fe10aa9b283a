"""What the add-in is told about its Python: the one place it looks, a sheet in itself."""

from dataclasses import dataclass

from workbooks.problems import Refused

PROJECT = "stopbook"
"""xlwings' name for us: its configuration stands on the sheet `stopbook.conf`"""
LONGEST_COMMAND = 2047
"""characters of a start command that xlwings' library has room for"""


@dataclass(frozen=True)
class Config:
    """Where Python is and how it is reached. `agent`: Excel attaches to the one that runs, and starts nothing itself.

    %NAME% (Windows) and $HOME (Mac) are filled in by the add-in, so that one file serves everybody.
    """

    interpreter: str = r"%LOCALAPPDATA%\Stopbook\env\Scripts\pythonw.exe"
    interpreter_mac: str = "$HOME/Library/Stopbook/env/bin/python"
    agent: bool = False

    def __post_init__(self) -> None:
        windows, mac = self.interpreter, self.interpreter_mac
        if not windows.startswith(("%", "\\\\")) and windows[1:3] != ":\\":
            raise Refused(f"The add-in needs the whole path of its Python, such as C:\\Stopbook\\env\\Scripts\\pythonw.exe, not “{windows}”.")  # fmt: skip
        if not mac.startswith(("$HOME/", "/")) or " " in mac:
            raise Refused(f"The add-in needs the whole path of its Python without blanks, such as /opt/stopbook/bin/python, not “{mac}”.")  # fmt: skip
        bad = sorted({sign for sign in '"|\n' if sign in windows + mac} | {sign for sign in "`;&'" if sign in mac})
        if bad:
            raise Refused(f"The path of Python has {' '.join(bad)} in it, which a command line reads as its own. Choose another folder.")  # fmt: skip

    def lines(self) -> dict[str, str]:
        """The sheet: what xlwings calls each thing, and what it is."""
        return {
            "INTERPRETER_WIN": self.interpreter,
            "INTERPRETER_MAC": self.interpreter_mac,
            "DEBUG UDFS": str(self.agent),
        }
