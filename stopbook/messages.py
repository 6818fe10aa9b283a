"""Every sentence a person may meet, collected from the source itself, for the index of messages in the handbook.

What stands for a value is shown as ‹its name›. Found are the calls by which something is said, and the sentences that
functions give back: what a tab says about its own cells, what stands on Today, why a row waits.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

ROOM = Path(__file__).resolve().parents[1]
ROOMS = ("stopbook", "addin", "sheets_sync", "workbooks")
LEFT_OUT = (
    "stopbook/demo/",
    "sheets_sync/simulator/",
    "addin/build/wrappers.py",
    "stopbook/handbook.py",
    "stopbook/messages.py",
)
"""what is no part of a day's work"""
CELLS = ("workbooks/tables/", "workbooks/intake/kinds.py", "sheets_sync/merge.py", "sheets_sync/compare.py")
"""where a sentence that is given back is about a cell"""
REFUSED = "Refused"
KINDS = {
    "refused": "Said instead of doing what was asked",
    "left out": "Said of a row or document that stays as it is",
    "question": "Asked about a file",
    "cell": "Said of a cell that is not taken as it stands",
    "today": "To do, on Today",
    "reason": "Said in a row or line, or within another sentence",
    "note": "Good to know after a job",
    "done": "Said when it is done",
}
_REFUSING = {"refuse": 0, "reject": 2, "warn": 2, "Finding": 3, "News": 99}
"""calls that say what is wrong and what to do: place of the first of the two"""
_SAYS = ("suggested", "remark", "says", "message", "reason")
"""columns and arguments that hold a sentence"""
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CODE = re.compile(r"[<{\\]|\(\?|==|\(\"")
"""what no person writes"""


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
        said: dict[str, str] = {}
        for kind, text in _said(ast.parse(path.read_text(encoding="utf-8")), refusals, name.startswith(CELLS)):
            if " " in text.strip("‹› ") and (len(text) > 12 or kind == "today"):
                said.setdefault(text, kind)
        # what a call says may be given back by a function first; once is enough
        whole = "\n".join(text for text, kind in said.items() if kind != "reason")
        for text, kind in said.items():
            if kind != "reason" or text.rstrip(".") not in whole:
                found[Message(name, kind, text)] = None
    for path in sorted((ROOM / "macros").glob("*.bas")):
        for text in _in_excel(path.read_text(encoding="utf-8")):
            found[Message(path.relative_to(ROOM).as_posix(), "refused", text)] = None
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


def _in_excel(source: str) -> Iterator[str]:
    """Sentences of a VBA module; what is put between two of their pieces is ‹…›."""
    joined = re.sub(r'"\s*&\s*(?:_\s*)?"', "", re.sub(r'"\s*&\s*(\w[\w()]*)\s*&\s*(?:_\s*)?"', "‹…›", source))
    for match in re.finditer(r'"([^"\n]+\.)"', joined):
        text = match[1].removeprefix("Refused: ").strip()
        if _is_sentence(text):
            yield text


def _subclasses() -> Iterator[str]:
    """Names of refusals with a class of their own."""
    for path in _modules():
        for match in re.finditer(r"^class (\w+)\(Refused\)", path.read_text(encoding="utf-8"), re.M):
            yield match[1]


def _said(tree: ast.AST, refusals: set[str], of_cells: bool = False) -> Iterator[tuple[str, str]]:
    """(kind, text); what calls say comes before what functions give back."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            yield from (("left out", text) for text in _returned(node.value))
        elif isinstance(node, ast.Call):
            yield from _called(node, refusals)
    todo = {n.args[2].id for n in ast.walk(tree) if _is_need(n) and isinstance(n.args[2], ast.Name)}
    for node in ast.walk(tree):
        name = getattr(node, "name", "")
        kind = "today" if name in todo else "cell" if of_cells else "reason"
        for text in (text for value in _given_back(node) for text in _texts(value)):
            if isinstance(node, ast.keyword | ast.Dict) and text.endswith((" in", " to")):
                yield "done", f"{text} ‹file›"
            elif kind == "today" or _is_sentence(text):
                yield kind, f"‹the row› {text}" if name.endswith("sealed") else text


def _is_need(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Need" and len(node.args) > 2


def _called(node: ast.Call, refusals: set[str]) -> Iterator[tuple[str, str]]:
    """What a call says."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in refusals and node.args:
        yield from (("refused", text) for text in _texts(node.args[0]))
    elif name == "Problem" and node.args:
        yield from (("left out", text) for text in _both(node.args[:2], node.keywords))
    elif name == "Bad" and node.args:
        yield from (("cell", text) for text in _both(node.args[:2], node.keywords))
    elif name == "Question" and len(node.args) > 2:
        yield from (("question", text) for text in _both(node.args[1:2], []))
    elif _is_need(node) and isinstance(node.args[2], ast.Lambda):
        yield from (("today", text) for text in _texts(node.args[2].body))
    elif name in _REFUSING:
        at = _REFUSING[name]
        both = node.args[at : at + 2] if name == "Finding" else node.args[at:][-2:]
        yield from (("left out", text) for text in _both(both, node.keywords))
    elif name in ("echo", "print") and node.args:
        said = (re.sub(r"\[/?[a-z ]*\]", "", text).strip(" →-…") for text in _texts(node.args[0]))
        yield from (("done", text) for text in said if _is_sentence(text))
    elif name == "append" and ast.unparse(node.func).endswith(("notes.append", "warnings.append")):
        yield from (("note", text) for text in _texts(node.args[0]))


def _given_back(node: ast.AST) -> Iterator[ast.expr]:
    """What a function says it gives back as text, a lambda comes to, a column or an argument for sentences holds."""
    match node:
        case ast.FunctionDef(returns=ast.expr() as what) if "str" in ast.unparse(what):
            for part in ast.walk(node):
                if isinstance(part, ast.Return | ast.Yield) and part.value is not None:
                    yield from part.value.elts if isinstance(part.value, ast.Tuple) else [part.value]
        case ast.Lambda(body=body):
            yield body
        case ast.Dict(keys=keys, values=values):
            yield from (
                v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value in _SAYS
            )
        case ast.keyword(arg=name, value=value) if name in _SAYS:
            yield value


def _is_sentence(text: str) -> bool:
    """Enough words of its own, and nothing only a program reads."""
    return not _CODE.search(text) and len(_WORDS.findall(re.sub(r"‹[^›]*›", "", text))) >= 3


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
        said = f"{what}. {after}" if " " in after else what
        yield said if said.endswith("?") else f"{said.rstrip('.')}."


def _texts(node: ast.expr | None) -> Iterator[str]:
    """The texts an expression may come to; nothing where it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            yield " ".join(text.split())
        case ast.JoinedStr(values=parts):
            yield re.sub(r" (?=[,;])", "", " ".join("".join(_part(part) for part in parts).split()))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = f"{next(_texts(left), _slot(left))} {next(_texts(right), _slot(right))}"
            yield re.sub(r" (?=[,;])", "", " ".join(both.split()))
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
