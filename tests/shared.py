"""Things too dear to be made twice: the first who asks makes them, everybody who tests at the same time uses them."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 560.0


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` has filled, once a run of the tests, whichever of the processes came first."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # the folder of the run; below it each process has its own
    folder, told = root / name, root / f"{name}.told"
    try:
        (root / f"{name}.taken").mkdir()
    except FileExistsError:
        until = time.monotonic() + PATIENCE
        while not told.exists():
            assert time.monotonic() < until, f"nobody finished making {folder}"
            time.sleep(0.2)
    else:
        wrong = "the process that made it ended"
        try:
            folder.mkdir()
            make(folder)
            wrong = ""
        finally:
            told.with_suffix(".part").write_text(wrong, encoding="utf-8")
            told.with_suffix(".part").replace(told)
    wrong = told.read_text(encoding="utf-8")
    assert not wrong, f"{folder} was not made: {wrong}"
    return folder
