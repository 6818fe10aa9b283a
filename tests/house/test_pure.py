"""What decides does no I/O and reads no clock; only the application reads the clock, in one place."""

from pathlib import Path

import pytest

from tests.house.source import ROOT, modules, name_of, uses

OUTSIDE = {
    "documents": "makes PDFs and sheets",
    "intake": "reads files",
    "layout": "writes workbooks",
    "ledger": "keeps the database",
}
"""rooms of the books that do I/O; every other one decides"""
READERS = {
    "sheets_sync/files.py": "the one module that reads and replaces a workbook's file",
    "sheets_sync/parts.py": "opens an archive, from bytes in memory",
    "sheets_sync/patch.py": "changes cells in an archive, from bytes in memory",
    "sheets_sync/workbook.py": "reads a workbook, from bytes in memory",
}
"""modules of the synchroniser that are not pure, each with its reason"""
RIMS = {
    "sheets_sync/google/": "speaks with Google",
    "sheets_sync/simulator/": "plays people, network and chance from a seed, to try the pure part",
}
"""folders of the synchroniser around its pure part"""
BY_NAME = {
    ("workbooks/tables/__init__.py", "import importlib.import_module"): "adding a file adds the tab",
    ("workbooks/tables/__init__.py", "import pkgutil.iter_modules"): "adding a file adds the tab",
    ("workbooks/lines.py", "import importlib.import_module"): "a line names its rule; Explain finds it by that name",
}
"""where a module of ours is found by its name instead of imported"""

WORLD = frozenset(
    [
        "os",
        "io",
        "sys",
        "time",
        "random",
        "secrets",
        "uuid",
        "subprocess",
        "socket",
        "ssl",
        "pathlib",
        "shutil",
        "tempfile",
        "glob",
        "logging",
        "threading",
        "asyncio",
        "urllib",
        "http",
        "smtplib",
        "sqlite3",
        "platform",
        "getpass",
        "locale",
        "importlib",
        "pkgutil",
    ]
)
"""standard modules through which a clock, a file, the network, chance or the machine could come in"""
CLOCK = frozenset(
    [
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "datetime.datetime.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "time.localtime",
        "time.gmtime",
    ]
)
TOUCH = frozenset(["open()", "print()", "input()", "eval()", "exec()", "__import__()"])
METHODS = frozenset(
    [
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
        "open",
        "unlink",
        "mkdir",
        "rmdir",
        "touch",
        "rename",
        "iterdir",
        "glob",
        "rglob",
        "stat",
        "exists",
        "is_file",
        "is_dir",
        "getenv",
        "environ",
        "urandom",
    ]
)
"""attributes that only something of the outside world has"""

MAY_READ_THE_CLOCK = {
    ("stopbook/app.py", "datetime.datetime.now"): "the one place; everything else is given the moment",
    ("sheets_sync/files.py", "time.time"): "how old an unfinished file beside a workbook is; decides no row",
    ("sheets_sync/simulator/__main__.py", "time.monotonic"): "how many histories a second; decides nothing",
}


def faults(text: str) -> list[str]:
    """What in a pure module reaches outside."""
    found = []
    for use in uses(text):
        if use.name.startswith("import "):
            module = use.name.removeprefix("import ")
            bad = module.partition(".")[0] in WORLD
        else:
            bad = use.name in CLOCK or use.name in TOUCH or ("." in use.name and use.name.rpartition(".")[2] in METHODS)
        if bad:
            found.append(use.name)
    return found


def _deciding() -> list[Path]:
    """Every module of the books that is not in a room that does I/O."""
    return [path for path in modules("workbooks") if path.relative_to(ROOT).parts[1] not in OUTSIDE]


@pytest.mark.parametrize("path", _deciding(), ids=name_of)
def test_rooms_that_decide_touch_nothing_outside(path):
    found = [fault for fault in faults(path.read_text("utf-8")) if (name_of(path), fault) not in BY_NAME]
    assert not found, f"{name_of(path)} must stay pure, but uses {', '.join(found)}"


def test_every_named_exception_is_needed():
    for name, use in BY_NAME:
        assert use in faults((ROOT / name).read_text("utf-8")), f"{name} needs no exception for {use}"
    for name in READERS:
        assert faults((ROOT / name).read_text("utf-8")), f"{name} needs no exception"


def _merging() -> list[Path]:
    """Every module of the synchroniser that neither reads files nor stands at a rim."""
    return [p for p in modules("sheets_sync") if name_of(p) not in READERS and not name_of(p).startswith(tuple(RIMS))]


@pytest.mark.parametrize("path", _merging(), ids=name_of)
def test_the_merge_touches_nothing_outside(path):
    found = faults(path.read_text("utf-8"))
    assert not found, f"{name_of(path)} must stay pure, but uses {', '.join(found)}"


@pytest.mark.parametrize(
    "path", [p for p in modules("addin") if name_of(p).startswith(("addin/functions/", "addin/probes"))], ids=name_of
)
def test_worksheet_functions_and_the_doctors_probes_judge_what_they_are_handed(path):
    found = [fault for fault in faults(path.read_text("utf-8")) if fault != "import pathlib.Path"]
    assert not found, f"{name_of(path)} must stay pure, but uses {', '.join(found)}"


def test_only_the_application_reads_the_clock():
    found = {
        (name_of(path), use.name)
        for path in modules("workbooks", "sheets_sync", "stopbook")
        for use in uses(path.read_text("utf-8"))
        if use.name in CLOCK
    }
    assert found == set(MAY_READ_THE_CLOCK), "a module reads the clock: give it the moment instead"


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nx = datetime.now()",
        "from datetime import datetime as d\nfield = d.now",
        "import datetime\nx = datetime.date.today()",
        "from datetime import date\nx = date.today()",
        "import time",
        "from time import time as t\nt()",
        "from random import choice",
        "import os\nos.environ['X']",
        "import subprocess",
        "from socket import socket",
        "open('x')",
        "print('x')",
        "def f(path):\n    return path.read_text()",
        "from pathlib import Path",
    ],
)
def test_the_search_finds_what_it_is_for(text):
    assert faults(text)


def test_the_search_leaves_honest_code_alone():
    assert not faults(
        "from datetime import datetime, time\ndef f(day, now: datetime):\n    return day.now, time(4, 0), now.date()"
    )
