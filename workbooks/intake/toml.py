"""TOML for profiles: reading by the standard library, writing of the few shapes a profile has.

Basic TOML texts are JSON texts but for one character, so `json` writes them.
"""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from workbooks.problems import Refused


def loads(text: str, file: str) -> dict[str, Any]:
    """The data of a TOML text; raises `Refused` naming `file` and the line."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Refused(f"{file} cannot be read as a profile: {error}.") from error


def dumps(data: Mapping[str, Any]) -> str:
    """`data` as TOML: texts, numbers, truth values and lists first, then one table per mapping."""
    return "\n".join(_table(data, ())).strip() + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    lines = ["", f"[{'.'.join(map(_key, path))}]"] if path and plain else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in data.items():
        if isinstance(value, Mapping):
            lines += _table(value, (*path, key))
    return lines


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _text(value) if isinstance(value, str) else str(value)


def _key(text: str) -> str:
    bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if bare else _text(text)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
