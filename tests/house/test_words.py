"""What people read first is true and clean: the two commands, no host of packages, no path of somebody's machine."""

import re
import shlex

import pytest

from stopbook.cli import app
from tests.house.source import ROOT, name_of

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "pyproject.toml", ".ci/run")),
    *sorted(path for path in (ROOT / "docs").rglob("*") if path.suffix in (".md", ".py")),
]
NOT_HERE = {
    "a host of packages": r"(?i)\b(?:\w+\.)*(?:py"
    + r"pi|python"
    + r"hosted|conda|anaconda|np"
    + r"mjs|cra"
    + r"tes)\.(?:org|io|com)\b",
    "a path of somebody's machine": r"(?<![\w.])/(?:home|Users|root|work|tmp|mnt)/\w|\b[A-Z]:\\",
    "how it was made": r"(?i)\b(?:issue #?\d|session|sub-?agent|LLM|Claude|GPT|prompt)\b",
}
EXAMPLE_PATH = "such as C:\\Stopbook"
"""how a message shows what a path looks like; nobody's machine"""
COMMANDS = {command.name or command.callback.__name__ for command in app.registered_commands}
COMMANDS |= {group.name for group in app.registered_groups}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_are_clean(page):
    text = page.read_text("utf-8")
    for what, pattern in NOT_HERE.items():
        found = re.search(pattern, text.replace(EXAMPLE_PATH, ""))
        assert found is None, f"{name_of(page)} names {what}: {found.group()}"


def test_the_readme_begins_with_what_it_is_and_how_to_try_it():
    text = (ROOT / "README.md").read_text("utf-8")
    first = "\n".join(text.splitlines()[:30])
    for needed in (
        "docs/pictures/today.png",
        "python -m pip install uv && python -m uv run stopbook demo",
        "python -m pip install uv && python -m uv run pytest",
        "py -m pip install uv; py -m uv run stopbook demo",
    ):
        assert needed in first


@pytest.mark.parametrize("page", [page for page in PAGES if page.suffix == ".md"], ids=name_of)
def test_every_command_a_page_names_exists(page):
    for line in re.findall(r"`(stopbook [a-z-][^`\n]*)`", page.read_text("utf-8")):
        word = next((word for word in shlex.split(line.replace("'", ""))[1:] if not word.startswith("-")), None)
        assert word in COMMANDS, f"{name_of(page)}: {line}"


def test_pictures_open_quickly():
    for picture in (ROOT / "docs" / "pictures").glob("*.png"):
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.stat().st_size < 200_000, picture.name
        assert any(picture.name in page.read_text("utf-8") for page in PAGES if page.suffix == ".md"), (
            f"nobody shows {picture.name}"
        )


def test_ci_runs_the_command_of_the_readme():
    run = ROOT / ".ci" / "run"
    text = run.read_text("utf-8")
    assert "\npython -m uv run pytest\n" in text
    assert "set -euo pipefail" in text
    assert "|| true" not in text
    assert run.stat().st_mode & 0o111
