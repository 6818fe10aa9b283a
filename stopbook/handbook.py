"""The handbook, written from the declarations themselves: `python -m stopbook.handbook` writes it, `--check` looks.

Tabs, rights, workbooks, jobs, commands, settings, reasons, files and rules are read where they are declared, so no page
can say anything else than the program does. The templates in templates/handbook only say how a page looks.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import typer
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

import workbooks.rules
from addin.build import ribbon
from addin.registry import Function, functions
from stopbook.addin import buttons
from stopbook.cli import app
from stopbook.jobs import jobs
from stopbook.messages import KINDS as KINDS_OF_MESSAGE
from stopbook.messages import by_module
from stopbook.settings import FILE, Settings
from workbooks import cells
from workbooks.intake import kinds, profiles
from workbooks.layout.front import title as front
from workbooks.layout.styles import WHO
from workbooks.policy import POLICIES
from workbooks.schema import Check, Column, Kind, Lifecycle, Move, Need, Role, Row, Table, Type
from workbooks.shelf import Workbook, shelf
from workbooks.tables import TABLES

HOME = Path(__file__).resolve().parents[1] / "docs" / "handbook"
PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)
SAMPLE_MARKET = {"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}
"""stands for every market on the page of workbooks"""
WIDTH = 100
"""columns of a terminal in which the help of commands is shown"""

KINDS = {
    Kind.INPUT: "People's own rows, typed here or imported.",
    Kind.FACT: "What was reported; rows come in and are not computed.",
    Kind.DERIVED: "Computed by Stopbook from inputs and facts.",
    Kind.DOCUMENT: "Frozen when posted.",
    Kind.LOG: "Kept by the ledger itself.",
}
TYPES = {
    Type.ID: "id",
    Type.TEXT: "text",
    Type.ENUM: "one of",
    Type.SET: "some of",
    Type.INT: "whole number",
    Type.DEC: "number",
    Type.MONEY: "amount",
    Type.PCT: "percentage",
    Type.DATE: "date",
    Type.TIME: "time of day",
    Type.TS: "date and time",
    Type.BOOL: "TRUE or FALSE",
    Type.ZIP: "ZIP code",
    Type.PHONE: "phone number",
    Type.EMAIL: "e-mail address",
    Type.ZONE: "time zone",
    Type.URL: "link",
}


class _Slot(str):
    """Stands for a cell in a sentence: the title of its column, whatever format the sentence asks for."""

    __slots__ = ()

    def __format__(self, how: str) -> str:
        return str(self)


@dataclass(frozen=True)
class Step:
    """Moves of a life cycle that differ in their source alone."""

    sources: tuple[str, ...]
    target: str
    action: str
    by: tuple[Role, ...]
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A module under workbooks/rules: its path, and its docstring split into what it says first and the rest."""

    path: str
    says: str
    more: str


@dataclass(frozen=True)
class Command:
    """A command with the help it prints itself."""

    name: str
    help: str


def first_paragraph(docstring: str | None) -> tuple[str, str]:
    """The first paragraph of a docstring in one line, and the rest as it stands."""
    head, _, rest = inspect.cleandoc(docstring or "").partition("\n\n")
    return " ".join(head.split()), rest.strip()


def asks(table: Table, need: Need) -> str:
    """The line a need puts on Today, the titles of its columns standing for the cells."""
    row = {c.name: _stand_in(c) for c in table.columns}
    return " ".join(str(need.say(row)).split())


def _stand_in(column: Column) -> Any:
    slot = _Slot(f"‹{column.title}›")
    return (slot,) if column.type is Type.SET else slot


def steps(lifecycle: Lifecycle) -> list[Step]:
    """The allowed moves, those with one target, action and people in one line, in the order they are declared."""
    found: dict[tuple[Any, ...], list[Move]] = {}
    for move in lifecycle.moves:
        found.setdefault((move.target, move.action, move.by, move.needs), []).append(move)
    return [Step(tuple(m.source for m in moves), *key) for key, moves in found.items()]


def seals(table: Table) -> list[tuple[str, str, list[str]]]:
    """(state, why cells no longer change in it, titles of those that still do) for every state that seals some."""
    sealed: Callable[[Row, str], str] | None = getattr(table, "sealed", None)
    found = []
    for state in table.lifecycle.states if sealed and table.lifecycle else ():
        why = {column.name: sealed({table.state: state}, column.name) for column in table.columns if sealed}
        says = next((text for text in why.values() if text), "")
        if says:
            found.append((state, says, [table.by_name[name].title for name, text in why.items() if not text]))
    return found


def rule_of(check: Check) -> str:
    """What a check wants, in the words of its function's name; its docstring where it has one."""
    said, _ = first_paragraph(check.wrong.__doc__)
    return said or check.wrong.__name__.strip("_<>").replace("_", " ")


def choices(column: Column) -> str:
    """What a cell may hold: its type with choices, places or the tab it names."""
    text = TYPES[column.type]
    if column.enum:
        text += " " + ", ".join(column.enum)
    if column.type is Type.DEC and column.places:
        text += f", {column.places} {'place' if column.places == 1 else 'places'}"
    return text


def who(roles: Iterable[Role]) -> str:
    """Roles in words, or “nobody”."""
    return ", ".join(WHO[role] for role in roles) or "nobody"


def places(table: Table, role: Role) -> list[Workbook]:
    """The workbooks in which `role` finds the table."""
    return [wb for wb in shelf([SAMPLE_MARKET]) if role in wb.roles and table in wb.tables]


def rules() -> dict[str, list[Rule]]:
    """Every module under workbooks/rules by folder."""
    found: dict[str, list[Rule]] = {}
    for info in walk_packages(workbooks.rules.__path__, "workbooks.rules."):
        says, more = first_paragraph(import_module(info.name).__doc__)
        path = info.name.replace(".", "/") + ("" if info.ispkg else ".py")
        found.setdefault(info.name.split(".")[2], []).append(Rule(path, says, more))
    return found


def elsewhere(function: Function) -> list[tuple[Table, list[Column]]]:
    """The tabs and columns in which a worksheet function's figure also stands as a value."""
    found: dict[str, list[Column]] = {}
    for place in function.columns:
        table, _, column = place.partition(".")
        found.setdefault(table, []).append(TABLES[table].by_name[column])
    return [(TABLES[name], columns) for name, columns in found.items()]


def commands() -> list[Command]:
    """The program and every command with the help it prints."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    top = group.make_context("stopbook", [], resilient_parsing=True, terminal_width=WIDTH)
    found = [Command("stopbook", group.get_help(top))]
    for name, command in group.commands.items():
        context = type(top)(command, info_name=name, parent=top, terminal_width=WIDTH)
        found.append(Command(f"stopbook {name}", command.get_help(context)))
    return found


def _settings() -> list[tuple[str, str, str]]:
    """(name in the file, name in the environment, default) of every setting but the home."""
    prefix = str(Settings.model_config.get("env_prefix", ""))
    fields = {name: field for name, field in Settings.model_fields.items() if not field.is_required()}
    return [(name, f"{prefix}{name}".upper(), str(field.default)) for name, field in fields.items()]


def _cell(value: Any) -> str:
    """Text that is safe inside a cell of a Markdown table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("templates", "handbook"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {"cell": _cell, "show": cells.to_text, "choices": choices, "who": who, "check": rule_of}
    env.globals |= {
        "TABLES": TABLES,
        "WHO": WHO,
        "KINDS": KINDS,
        "PEOPLE": PEOPLE,
        "asks": asks,
        "seals": seals,
        "steps": steps,
        "places": places,
        "front": front,
    }
    return env


def pages() -> dict[str, str]:
    """Every page by its path under docs/handbook, the same on every machine."""
    env = _environment()

    def page(template: str, **what: Any) -> str:
        text = env.get_template(f"{template}.md.j2").render(**what)
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    made = {f"tabs/{table.name}.md": page("tab", table=table) for table in TABLES.values()}
    defaults: Callable[[str], tuple[Row, ...]] = lambda name: TABLES[name].defaults  # noqa: E731
    made |= {
        "rights.md": page("rights", tables=list(TABLES.values())),
        "workbooks.md": page("workbooks", shelf=shelf([SAMPLE_MARKET]), unseen=_unseen()),
        "jobs.md": page("jobs", jobs=list(jobs().values())),
        "commands.md": page("commands", commands=commands()),
        "settings.md": page("settings", policies=POLICIES, settings=_settings(), file=FILE,
                            about=first_paragraph(sys.modules[Settings.__module__].__doc__)),
        "reasons.md": page("reasons", codes=defaults("reason_codes"), flags=defaults("flag_rules"),
                           words=defaults("reason_map")),
        "files.md": page("files", kinds=kinds.KINDS, profiles=profiles.shipped(), target=kinds.target_table),
        "ribbon.md": page("ribbon", groups=ribbon.groups(buttons()), tab=ribbon.TAB_KEYTIP),
        "functions.md": page("functions", functions=functions(), elsewhere=elsewhere),
        "rules.md": page("rules", rules=rules()),
        "messages.md": page("messages", modules=by_module(), kinds=KINDS_OF_MESSAGE),
    }  # fmt: skip
    made["index.md"] = page("index", tables=list(TABLES.values()), count=len(made))
    return dict(sorted(made.items()))


def _unseen() -> list[Table]:
    """Tables that stand in no workbook: seen with `stopbook show` only."""
    shown = {table.name for wb in shelf([SAMPLE_MARKET]) for table in wb.tables}
    return [table for table in TABLES.values() if table.name not in shown]


def stale(folder: Path, made: Mapping[str, str]) -> Iterator[str]:
    """Sentences about pages under `folder` that are not as they would be written now."""
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    for name, text in made.items():
        if name not in there:
            yield f"{name} is missing"
        elif there[name].read_text(encoding="utf-8") != text:
            yield f"{name} is not what the declarations say now"
    for name in sorted(there.keys() - made.keys()):
        yield f"{name} belongs to nothing any more"


def write(folder: Path, made: Mapping[str, str]) -> None:
    """Write every page under `folder` and take away files that belong to nothing any more."""
    for name, text in made.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    for path in [path for path in folder.rglob("*.md") if path.relative_to(folder).as_posix() not in made]:
        path.unlink()


def main(arguments: Iterable[str] | None = None) -> int:
    """Write the handbook, or with --check say which pages are out of date; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m stopbook.handbook", description="Writes the handbook.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    parser.add_argument("--to", type=Path, default=HOME, help="folder of the pages (default: docs/handbook)")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    made = pages()
    if not asked.check:
        write(asked.to, made)
        print(f"{len(made)} pages of the handbook are in {asked.to}.")
        return 0
    found = list(stale(asked.to, made))
    for sentence in found:
        print(f"docs/handbook: {sentence}.")
    if found:
        print("Write them anew with: python -m stopbook.handbook")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
