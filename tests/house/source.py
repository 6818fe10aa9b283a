"""Reading our own source: which modules a room has, and which names a module uses, with imports resolved."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Use:
    """A name somewhere in a module: `name` in full ("datetime.datetime.now"), a call as it is written, its line."""

    name: str
    line: int
    call: str = ""


def modules(*rooms: str) -> list[Path]:
    """Every module of these rooms: a package folder or one file, by their path in the repository."""
    found: list[Path] = []
    for room in rooms:
        path = ROOT / room
        assert path.exists(), f"there is no {room}"
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found


def name_of(path: Path) -> str:
    """Path in the repository, as people write it."""
    return path.relative_to(ROOT).as_posix()


def uses(text: str) -> Iterator[Use]:
    """Every import, every dotted name and every call in a module; what an import renamed has its full name again."""
    tree = ast.parse(text)
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield Use(f"import {alias.name}", node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield Use(f"import {node.module}.{alias.name}", node.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield Use(f"{_full(node.func, known)}()", node.lineno, ast.unparse(node))
        elif isinstance(node, ast.Attribute | ast.Name):
            yield Use(_full(node, known), node.lineno)


def _full(node: ast.expr, known: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_full(node.value, known)}.{node.attr}"
    return "?"
