"""The coverage page is fresh, and what it calls recorded is in the recordings."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import local_sheets
from local_sheets import coverage, wire
from local_sheets.batch.registry import KINDS
from local_sheets.environment import Switches
from tests.local_sheets import replay

PACKAGE = Path(local_sheets.__file__).parent
DOCS = PACKAGE.parent / "docs"


def test_the_page_is_fresh() -> None:
    page = (DOCS / "local_sheets_coverage.md").read_text(encoding="utf-8")
    assert page == coverage.page(), "run python -m local_sheets.coverage docs/local_sheets_coverage.md"
    assert set(coverage.SWITCHES) == set(Switches.choices())


def test_what_has_an_example_is_in_the_guide_tests() -> None:
    text = (Path(__file__).parent / "test_guides.py").read_text(encoding="utf-8")
    kinds = {name for name in KINDS if f'"{name}": ' in text}
    assert kinds == {name for name in coverage.EXAMPLES if "." not in name}


@pytest.mark.skipif(replay.folder() is None, reason="STOPBOOK_SAMPLES names no folder with google/gspread_cassettes")
def test_what_is_called_recorded_is_recorded() -> None:
    methods: set[str] = set()
    kinds: set[str] = set()
    folder = replay.folder()
    assert folder is not None
    for path in sorted(folder.glob("*.json")):
        for item in json.loads(path.read_text(encoding="utf-8"))["interactions"]:
            request = item["request"]
            found = wire.route(wire.Request(request["method"], urlsplit(request["uri"]).path))
            assert found is not None, request["uri"]
            methods.add(found.name)
            if found.name.endswith("spreadsheets.batchUpdate"):
                kinds |= {name for part in json.loads(request["body"])["requests"] for name in part}
    assert methods == coverage.RECORDED
    unverified = {name for name, source in KINDS.items() if source == "unverified"}
    assert kinds - unverified == {name for name, source in KINDS.items() if source == "recorded"}


def test_the_package_stands_alone() -> None:
    """It imports nothing of the rooms beside it."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] in ("stopbook", "workbooks", "sheets_sync", "addin") for name in names), (
                path
            )


def test_the_server_needs_no_google_library() -> None:
    """Only the helpers for clients, and what builds the schema, may import one."""
    allowed = {"client.py", "schema_build.py"}
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path.name not in allowed:
            assert not any(f"{word} {name}" in text for word in ("import", "from") for name in ("gspread", "googleapiclient", "google.", "requests"))  # fmt: skip
