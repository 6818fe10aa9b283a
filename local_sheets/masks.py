"""Field masks: choosing parts of an answer (``fields=``) and parts of an update (``fields`` of a request).

Grammar: paths joined by commas; a path is names joined by ``.`` or ``/``; a name may carry a group ``a(b,c)``; ``*``
means everything at that place. A mask is kept as a tree; an empty subtree means "all of this".
"""

from __future__ import annotations

import re
from typing import Any

from local_sheets import schema
from local_sheets.errors import BAD_REQUEST, ApiError, invalid

Json = dict[str, Any]
Tree = dict[str, Any]
_TOKEN = re.compile(r"\s*([A-Za-z_][\w-]*|\*|[.,/()]|$)")


class MaskError(ValueError):
    """The text is no field mask."""


def tree(text: str) -> Tree:
    """The mask as a tree; raises :class:`MaskError`."""
    if len(text) > 20_000:
        raise MaskError(text[:40])
    tokens: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise MaskError(text)
        tokens.append(found[1])
        at = found.end()
    out, end = _paths([t for t in tokens if t], 0, 0)
    if end != len([t for t in tokens if t]):
        raise MaskError(text)
    return out


def _paths(tokens: list[str], at: int, depth: int) -> tuple[Tree, int]:
    out: Tree = {}
    if depth > 30:
        raise MaskError("too deep")
    while True:
        at = _path(tokens, at, out, depth)
        if at >= len(tokens) or tokens[at] != ",":
            return out, at
        at += 1


def _path(tokens: list[str], at: int, out: Tree, depth: int) -> int:
    here = out
    while True:
        if at >= len(tokens) or tokens[at] in ".,/()":
            raise MaskError("a name is missing")
        name = tokens[at]
        at += 1
        follows = tokens[at] if at < len(tokens) else ""
        if follows in (".", "/"):
            here = _child(here, name)
            at += 1
            continue
        if follows == "(":
            inner, at = _paths(tokens, at + 1, depth + 1)
            if at >= len(tokens) or tokens[at] != ")":
                raise MaskError("a bracket is open")
            target = _child(here, name)
            for key, value in inner.items():
                target[key] = value
            return at + 1
        here[name] = {}
        return at


def _child(here: Tree, name: str) -> Tree:
    """The subtree to go on in; an existing "all of this" stays all."""
    found: Tree = here.setdefault(name, {})
    return found


def _message(kind: str) -> str | None:
    inner = kind.lstrip("[{")
    return inner[2:] if inner.startswith("m:") else None


def unknown(mask: Tree, message: str, before: str = "") -> str | None:
    """The first path of a mask that its message does not have."""
    known = schema.fields_of(message)
    for name, inner in mask.items():
        path = before + name
        if name == "*":
            continue
        found = name if name in known else schema.camel(name)
        if found not in known:
            return path
        nested = _message(known[found])
        if inner and nested is None and not known[found].startswith(("{", "any", "!")):
            return f"{path}.{next(iter(inner))}"
        if inner and nested is not None:
            deeper = unknown(inner, nested, path + ".")
            if deeper:
                return deeper
    return None


def response(text: str, message: str, *, drive: bool = False) -> Tree:
    """The mask of ``fields=``. Raises a 400 that names the path."""
    try:
        mask = tree(text)
        wrong = unknown(mask, message)
    except MaskError:
        wrong = text
        mask = {}
    if wrong is not None:
        if drive:
            raise ApiError(400, f"Invalid field selection {wrong}", reason="invalidParameter", location="fields")
        description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{wrong}'."
        raise ApiError(
            400,
            "Request contains an invalid argument.",
            details=[{"@type": BAD_REQUEST, "fieldViolations": [{"field": wrong, "description": description}]}],
        )
    return mask


def select(body: Any, mask: Tree) -> Any:
    """The parts of an answer that the mask names; lists are gone through."""
    if isinstance(body, list):
        return [select(item, mask) for item in body]
    if not isinstance(body, dict) or not mask:
        return body
    star = mask.get("*")
    out: Json = {}
    for name, value in body.items():
        inner = mask.get(name, mask.get(schema.snake(name), star))
        if inner is not None:
            out[name] = select(value, inner)
    return out


def wants(mask: Tree | None, *path: str) -> bool:
    """Whether a mask asks for something at or below a path."""
    here = mask
    for name in path:
        if not here:
            return True
        if name not in here and "*" not in here:
            return False
        here = here.get(name, here.get("*"))
    return True


def update(text: str | None, message: str, root: str = "") -> Tree:
    """The mask of an update request, checked; ``*`` alone means every field. Raises a 400.

    ``root`` is a prefix that clients may write although it is implied (``properties.title`` for ``title``).
    """
    if not text:
        raise invalid("At least one field must be listed in 'fields'. (use '*' to indicate all fields)")
    try:
        mask = tree(text)
    except MaskError:
        raise invalid(f"Invalid field mask: {text}"[:300]) from None
    if root and set(mask) == {root} and root not in schema.fields_of(message):
        mask = mask[root] or {"*": {}}
    wrong = unknown(mask, message)
    if wrong is not None:
        raise invalid(f"Invalid field: {wrong}"[:300])
    if _starred_path(mask):
        raise invalid(f"Invalid field mask: {text}: nothing may follow '*'."[:300])
    return _camel(mask)


def _starred_path(mask: Tree) -> bool:
    return any(inner and (name == "*" or _starred_path(inner)) for name, inner in mask.items())


def _camel(mask: Tree) -> Tree:
    return {name if name == "*" else schema.camel(name): _camel(inner) for name, inner in mask.items()}


def merge(old: Json, new: Json, mask: Tree, message: str) -> Json:
    """``old`` with the masked fields taken from ``new``; a masked field that ``new`` lacks is cleared."""
    if "*" in mask and not mask["*"]:
        mask = {name: {} for name in schema.fields_of(message)}
    out = dict(old)
    known = schema.fields_of(message)
    for name, inner in mask.items():
        if inner and (nested := _message(known[name])) and not known[name].startswith(("[", "{")):
            merged = merge(out.get(name, {}), new.get(name, {}), inner, nested)
            if merged:
                out[name] = merged
            else:
                out.pop(name, None)
        elif name in new:
            out[name] = new[name]
        else:
            out.pop(name, None)
    return out
