"""Following the tutorial literally: saving its files, filling in its tables, typing its commands, doing what it says to do.

Understood are, in the order of a page:
- “save this as `NAME`” and the fenced block after it: the file is written where the reader stands;
- a fenced `console` block: lines that begin with “$ ” are typed, the lines below have to be answered, in that order
  (“…” stands for anything); after “stopbook init” a line “Question: answer” is typed too;
- “In `FILE`, tab *TAB*, fill in:” and the table after it: rows are filled in below the headers;
- “In `FILE`, tab *TAB*, row `KEY`, choose `VALUE` under *COLUMN*”: the cell is changed, the workbook saved.
"""

import io
import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from stopbook import cli
from tests.sheets_sync.programs import saved

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "tutorial"
ORDER = ("your-first-day.md", "your-first-settlement.md", "your-first-invoice.md", "a-day-for-a-va.md", "a-day-for-a-dispatcher.md",
         "for-the-administrator.md")  # fmt: skip
"""the pages in the order in which they go on from each other"""
_FENCE = re.compile(r"```(\w+)\n(.*?)```", re.S)
_SAVE = re.compile(r"save this as\s+`([^`]+)`", re.I)
_FILL = re.compile(r"In `([^`]+)`, tab \*([^*]+)\*,\s+fill in:\s*\n\n((?:\|.*\n)+)")
_CHOOSE = re.compile(
    r"In `([^`]+)`, tab \*([^*]+)\*, row `([^`]+)`,\s+(?:choose|type|write)\s+`([^`]*)`\s+under\s+\*([^*]+)\*", re.S
)


@dataclass(frozen=True)
class Step:
    """One thing a reader does: `kind` save, type, fill or choose; `line` of the page."""

    kind: str
    line: int
    what: tuple[str, ...]


def steps(text: str) -> list[Step]:
    """Everything a page asks for, from top to bottom."""
    found: list[tuple[int, Step]] = []

    def add(at: int, kind: str, *what: str) -> None:
        found.append((at, Step(kind, text.count("\n", 0, at) + 1, what)))

    for match in _FENCE.finditer(text):
        if match[1] == "console":
            add(match.start(), "type", match[2])
        else:
            names = _SAVE.findall(text[max(0, match.start() - 300) : match.start()])
            assert names, (
                f"nobody says what to do with the {match[1]} block at line {text.count(chr(10), 0, match.start()) + 1}"
            )
            add(match.start(), "save", names[-1], match[2])
    for match in _FILL.finditer(text):
        add(match.start(), "fill", *match.groups())
    for match in _CHOOSE.finditer(text):
        add(match.start(), "choose", *match.groups())
    return [step for _, step in sorted(found, key=lambda one: one[0])]


@dataclass
class Reader:
    """Somebody who follows the pages at `cwd`."""

    cwd: Path
    typed: list[str] = field(default_factory=list)

    def follow(self, page: str) -> None:
        """Do everything a page says."""
        for step in steps((PAGES / page).read_text(encoding="utf-8")):
            try:
                getattr(self, step.kind)(*step.what)
            except AssertionError as error:
                raise AssertionError(f"docs/tutorial/{page}, line {step.line}: {error}") from error

    def save(self, name: str, text: str) -> None:
        (self.cwd / name).write_text(text, encoding="utf-8")

    def fill(self, name: str, tab: str, table: str) -> None:
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()]
        headers, lines = rows[0], rows[2:]

        def change(sheets: dict[str, list[list[object]]]) -> None:
            sheet = sheets[tab]
            at = next(n for n, row in enumerate(sheet) if set(headers) <= set(map(str, row)))
            places = [sheet[at].index(header) for header in headers]
            for n, line in enumerate(lines, start=at + 1):
                while len(sheet) <= n:
                    sheet.append([""] * len(sheet[at]))
                for place, value in zip(places, line, strict=True):
                    sheet[n][place] = value

        self._change(name, change)

    def choose(self, name: str, tab: str, key: str, value: str, header: str) -> None:
        def change(sheets: dict[str, list[list[object]]]) -> None:
            lines = sheets[tab]
            row = next((line for line in lines[1:] if key in map(str, line)), None)
            assert row is not None, f"{name} has no row {key} on {tab}"
            row[lines[0].index(header)] = value

        self._change(name, change)

    def _change(self, name: str, change: object) -> None:
        path = self.cwd / name
        assert path.exists(), f"there is no {name}"
        path.write_bytes(saved(path.read_bytes(), change))  # type: ignore[arg-type]

    def type(self, block: str) -> None:
        for command, expected in _commands(block):
            self.typed.append(command)
            said = self.run(command, expected if "stopbook init" in command else ())
            _answers(command, expected, said)

    def run(self, command: str, answers: Sequence[str] = ()) -> str:
        words = shlex.split(command)
        if words[0] == "cd":
            self.cwd = self.cwd / words[1]
            return ""
        assert words[0] == "stopbook", f"the page types {words[0]}, which is none of our commands"
        asked = [line for line in answers if line.rstrip().endswith(":") or ": " in line]
        return self.say(words, "".join(f"{line.partition(': ')[2]}\n" for line in asked))

    def say(self, words: list[str], answers: str) -> str:
        """What a command answers to what is typed into it."""
        _, said, _ = typed(words, answers, cwd=self.cwd, apart=False)
        return said


def typed(words: list[str], answers: str = "", *, cwd: Path, apart: bool = True) -> tuple[int, str, str]:
    """(exit code, what it printed, what it said as a problem) of a command: in this process, which is quicker than a
    terminal. `apart` False: what it said as a problem stands among what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOPBOOK_")}
    told, back, code = io.StringIO(), Path.cwd(), 0
    wrong = io.StringIO() if apart else told
    with patch.dict(os.environ, {**kept, "COLUMNS": "160"}, clear=True), patch.object(sys, "argv", words), \
         patch.object(sys, "stdin", io.StringIO(answers)), patch.dict(cli._state, home=None), \
         redirect_stdout(told), redirect_stderr(wrong):  # fmt: skip
        os.chdir(cwd)
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        finally:
            os.chdir(back)
    return code, told.getvalue(), wrong.getvalue() if apart else ""


def _commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """(what is typed, the lines expected below it)."""
    command, expected = "", []
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, expected
            command, expected = line[2:], []
        elif line.startswith("> ") and not expected:
            command += " " + line[2:]
        elif line.strip():
            expected.append(line)
    yield command, expected


def _answers(command: str, expected: list[str], said: str) -> None:
    """Every expected line stands in what was said, in that order; runs of blanks are one."""
    rest = re.sub(r"\s+", " ", said)
    for line in expected:
        wanted = line if "init" not in command or ": " not in line else line.rpartition(": ")[0]
        pieces = [re.escape(part) for part in re.sub(r"\s+", " ", wanted).strip().split("…")]
        found = re.search(".*?".join(pieces), rest)
        assert found, f"after “{command}” nothing says “{line.strip()}”. It said:\n{said}"
        rest = rest[found.end() :]
