"""Starts and stops LibreOffice with its bridge, and asks the bridge."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock, Timer
from typing import Any

from tests.benches.postgres import missing

BRIDGE = Path(__file__).with_name("bridge.py")
PATIENCE = 120
"""seconds that one question may take"""


class CalcError(Exception):
    """LibreOffice refused; the text is its own."""


class Office:
    """A running LibreOffice. `functions` answer what Basic code asks of Python."""

    def __init__(self, python: str, program: str, folder: Path) -> None:
        self.functions: dict[str, Callable[..., Any]] = {}
        self._alone = RLock()
        self._log = (folder / "log").open("wb")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.process = subprocess.Popen(
            [python, "-s", BRIDGE, program, folder / "profile"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=environment, cwd=folder,
        )  # fmt: skip
        try:
            self.version, self._group = self._heard()
        except EOFError:
            self.close()
            raise CalcError((folder / "log").read_text("utf-8", "replace")) from None

    def ask(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Calls a method of the bridge's `Calc`."""
        with self._alone:
            watch = Timer(PATIENCE, self._give_up)
            watch.daemon = True
            watch.start()
            try:
                self._say("ask", name, arguments, named)
                return self._heard()
            except (EOFError, BrokenPipeError):
                raise CalcError(f"LibreOffice is gone, or did not answer {name} in {PATIENCE} seconds") from None
            finally:
                watch.cancel()

    def _give_up(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._group, signal.SIGKILL)
        self.process.kill()

    def close(self) -> None:
        """Closes the pipe, upon which the bridge ends LibreOffice, and waits for it."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()

    def _say(self, *message: Any) -> None:
        assert self.process.stdin is not None
        pickle.dump(message, self.process.stdin)
        self.process.stdin.flush()

    def _heard(self) -> Any:
        assert self.process.stdout is not None
        while True:
            kind, *rest = pickle.load(self.process.stdout)
            if kind == "answer":
                return rest[0]
            if kind == "failed":
                raise CalcError(rest[0])
            name, arguments = rest
            self._say("given", self.functions[name.upper()](*arguments))


@contextmanager
def running() -> Iterator[Office]:
    """A LibreOffice of one's own, with a profile nobody else has. Without one the test is skipped (or fails)."""
    program = shutil.which("soffice")
    if program is None:
        missing("LibreOffice (soffice) is not installed")
    python = next((path for path in ("/usr/bin/python3", shutil.which("python3")) if path and _has_uno(path)), None)
    if python is None:
        missing("no Python with the module uno is there (package python3-uno)")
    folder = Path(tempfile.mkdtemp(prefix="stopbook-calc-"))
    try:
        office = Office(str(python), str(program), folder)
        try:
            yield office
        finally:
            office.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_uno(python: str) -> bool:
    if sys.platform == "win32" or not Path(python).exists():
        return False
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return (
        subprocess.run([python, "-s", "-c", "import uno"], capture_output=True, env=environment, check=False).returncode
        == 0
    )
