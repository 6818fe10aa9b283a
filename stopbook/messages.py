"""Every sentence a person may meet, collected from the source itself, for the index of messages in the handbook.

What stands for a value is shown as ‹its name›. Sentences that tables say about their own cells stand on their pages.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOM = Path(__file__).resolve().parents[1]
ROOMS = ("stopbook", "addin", "sheets_sync", "workbooks")
LEFT_OUT = ("stopbook/demo/", "sheets_sync/simulator/", "stopbook/handbook.py", "stopbook/messages.py")
"""what is no part of a day's work"""
REFUSED = "Refused"
KINDS = {
    "refused": "Said instead of doing what was asked",
    "left out": "Said of a row or document that stays as it is",
    "question": "Asked about a file",
    "note": "Good to know after a job",
}
_REFUSING = {"refuse": 0, "reject": 2, "warn": 2, "Finding": 3, "News": 99}
"""calls that say what is wrong and what to do: place of the first of the two"""


@dataclass(frozen=True)
class Message:
    """One sentence: where it is said, what kind it is, and the text with ‹names› for values."""

    module: str
    kind: str
    text: str


def messages() -> list[Message]:
    """Every message once, by module and kind, the same on every machine."""
    found: dict[Message, None] = {}
    refusals = {REFUSED, *_subclasses()}
    for path in _modules():
        name = path.relative_to(ROOM).as_posix()
        for kind, text in _said(ast.parse(path.read_text(encoding="utf-8")), refusals):
            if " " in text.strip("‹› ") and len(text) > 12:
                found[Message(name, kind, text)] = None
    return sorted(found, key=lambda m: (m.module, list(KINDS).index(m.kind), m.text))


def by_module() -> list[tuple[str, list[Message]]]:
    """The same, one list a module."""
    found: dict[str, list[Message]] = {}
    for message in messages():
        found.setdefault(message.module, []).append(message)
    return list(found.items())


def _modules() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOM / room).rglob("*.py")):
            if not path.relative_to(ROOM).as_posix().startswith(LEFT_OUT):
                yield path


def _subclasses() -> Iterator[str]:
    """Names of refusals with a class of their own."""
    for path in _modules():
        for match in re.finditer(r"^class (\w+)\(Refused\)", path.read_text(encoding="utf-8"), re.M):
            yield match[1]


def _said(tree: ast.AST, refusals: set[str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            yield from (("left out", text) for text in _returned(node.value))
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in refusals and node.args:
            yield from (("refused", text) for text in _texts(node.args[0]))
        elif name == "Problem" and node.args:
            yield from (("left out", text) for text in _both(node.args[:2], node.keywords))
        elif name == "Question" and len(node.args) > 2:
            yield from (("question", text) for text in _both(node.args[1:2], []))
        elif name in _REFUSING:
            yield from (("left out", text) for text in _both(node.args[_REFUSING[name] :][-2:], node.keywords))
        elif (
            name == "append" and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("notes")
        ):
            yield from (("note", text) for text in _texts(node.args[0]))


def _returned(pair: ast.Tuple) -> Iterator[str]:
    """(what is wrong, what to do), where a function gives both back; the pair may be the first of something."""
    if pair.elts and isinstance(pair.elts[0], ast.Tuple):
        pair = pair.elts[0]
    if len(pair.elts) == 2 and isinstance(pair.elts[0], ast.JoinedStr) and list(_texts(pair.elts[1])):
        yield from _both(pair.elts, [])


def _both(args: list[ast.expr], keywords: Iterable[ast.keyword]) -> Iterator[str]:
    """What is wrong, and what to do next, as they are read one after the other."""
    remedy = next((k.value for k in keywords if k.arg == "remedy"), args[1] if len(args) > 1 else None)
    after = next(_texts(remedy), "") if remedy is not None else ""
    for what in _texts(args[0]) if args else ():
        yield f"{what}. {after}." if after and " " in after else f"{what.rstrip('.')}."


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The texts an expression may come to; nothing where it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            yield " ".join(text.split())
        case ast.JoinedStr(values=parts):
            yield " ".join("".join(_part(part) for part in parts).split())
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield " ".join(next(_texts(left), _slot(left)).split()) + " " + next(_texts(right), _slot(right))
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one)
            yield from _texts(other)


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return _slot(part.value if isinstance(part, ast.FormattedValue) else part)


def _slot(value: ast.expr) -> str:
    """‹what a value is called›: the last name in it."""
    match value:
        case ast.IfExp(body=ast.Constant(value=one), orelse=ast.Constant(value=other)):
            return f"‹{one!s} or {other!s}›".replace("‹ or ", "‹").replace(" or ›", "›")
        case ast.Call(func=ast.Name(id="len")) | ast.Call(func=ast.Name(id="sum")):
            return "‹number›"
        case ast.Call(func=ast.Attribute(attr="join"), args=[_, *_]):
            return "‹list›"
        case ast.Subscript(slice=ast.Constant(value=str(name))) | ast.Attribute(attr=name) | ast.Name(id=name):
            return f"‹{name.replace('_', ' ').strip()}›"
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_]):
            return f"‹{name.replace('_', ' ')}›"
        case ast.Call(args=[first, *_]):
            return _slot(first)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _slot(inner)
        case ast.BoolOp(values=[first, *_]) | ast.BinOp(left=first) | ast.UnaryOp(operand=first):
            return _slot(first)
        case _:
            return "‹…›"
