"""The wire's shapes: which messages exist, their fields and types; requests are parsed and answers checked by them.

``wire_schema.json`` holds names and types only, condensed from the discovery documents of Sheets v4 and Drive v3 (a
test compares them, so a newer discovery document shows what moved). One type is one short string:

``s`` string, ``b`` boolean, ``i`` int32, ``I`` int64 (text on the wire), ``d`` double, ``f`` float, ``any``,
``mask`` field mask, ``e:A|B`` enum, ``m:Name`` message, ``[t`` list of t, ``{t`` map to t, ``!`` known to Google and
not served here.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

from local_sheets.errors import ApiError, Json, bad_field, unimplemented

_ENUM_NAMESPACE = "type.googleapis.com/google.apps.sheets.v4."
_PROTO = {"s": "TYPE_STRING", "b": "TYPE_BOOL", "i": "TYPE_INT32", "I": "TYPE_INT64", "d": "TYPE_DOUBLE"}
_PROTO |= {"f": "TYPE_FLOAT", "mask": "type.googleapis.com/google.protobuf.FieldMask"}
# Fields that Google writes even when they hold the default: those with presence in the proto. Recorded, but for sort
# and filter specifications, which the live tests of another client (pygsheets) expect so.
KEPT = {
    "SheetProperties": {"sheetId", "index"},
    "GridRange": {"startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"},
    "DimensionRange": {"startIndex", "endIndex"},
    "ExtendedValue": {"numberValue", "boolValue", "stringValue", "formulaValue"},
    "TextFormat": {"bold", "italic", "strikethrough", "underline"},
    "SortSpec": {"dimensionIndex"},
    "FilterSpec": {"columnIndex"},
    "Padding": {"top", "right", "bottom", "left"},
}


@cache
def load() -> Json:
    """The condensed schema: ``messages``, ``methods`` and ``enums`` by name."""
    text = resources.files("local_sheets").joinpath("wire_schema.json").read_text(encoding="utf-8")
    data: Json = json.loads(text)
    return data


@cache
def fields_of(message: str) -> dict[str, str]:
    """Field name to type of one message."""
    found: dict[str, str] = load()["messages"][message]
    return found


def snake(name: str) -> str:
    """``startRowIndex`` as ``start_row_index``: error paths use the proto names."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """``start_row_index`` as ``startRowIndex``: both spellings are accepted in requests."""
    head, *tail = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def parse(message: str, body: Any, at: str = "", *, lenient: bool = False) -> Json:
    """A request body checked against its message; nulls dropped, names in camel case. Raises a 400 naming the field.

    ``lenient`` drops names that the message lacks, as Drive does (gspread sends it ``withLink``).
    """
    if not isinstance(body, dict):
        raise bad_field(at, f"Invalid value at '{at}' (type.googleapis.com/{message}), {_shown(body)}")
    known = fields_of(message)
    out: Json = {}
    for raw, value in body.items():
        name = raw if raw in known else camel(raw)
        if name not in known:
            if lenient:
                continue
            place = f" at '{at}'" if at else ""
            raise bad_field(at, f'Invalid JSON payload received. Unknown name "{raw}"{place}: Cannot find field.')
        if value is None:
            continue
        path = f"{at}.{snake(name)}" if at else snake(name)
        if known[name] == "!":
            raise unimplemented(path if message != "Request" else f"the request kind {name}")
        out[name] = _value(known[name], value, path)
    return out


def _value(kind: str, value: Any, at: str) -> Any:
    tag, rest = kind[0], kind[1:]
    if tag == "[":
        if not isinstance(value, list):
            raise _wrong(kind, value, at)
        if rest.startswith("m:"):  # lists in lists are flattened: pygsheets sends them, and is answered
            value = [inner for item in value for inner in (item if isinstance(item, list) else [item])]
        return [_value(rest, item, f"{at}[{n}]") for n, item in enumerate(value)]
    if tag == "{":
        if not isinstance(value, dict):
            raise _wrong(kind, value, at)
        return {str(key): _value(rest, item, f"{at}['{key}']") for key, item in value.items()}
    if kind == "any":
        return value
    if kind.startswith("m:"):
        return parse(kind[2:], value, at)
    return _scalar(kind, value, at)


def _scalar(kind: str, value: Any, at: str) -> Any:
    if kind.startswith("e:"):
        names = kind[2:].split("|")
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
            return names[value]
        if isinstance(value, str) and value in names:
            return value
    elif kind in ("s", "mask"):
        if isinstance(value, str):
            return value
    elif kind == "b":
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
    elif kind in ("i", "I"):
        number = _integer(value)
        if number is not None and abs(number) < (1 << (31 if kind == "i" else 63)):
            return number
    elif kind in ("d", "f"):
        number_ = _real(value)
        if number_ is not None:
            return number_
    raise _wrong(kind, value, at)


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,20}", value):
        return int(value)
    return None


def _real(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        try:
            return value if float(value) == float(value) and abs(float(value)) != float("inf") else None
        except OverflowError:
            return None
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d{1,3})?", value):
        number = float(value)
        return number if abs(number) != float("inf") else None
    return None


def _wrong(kind: str, value: Any, at: str) -> ApiError:
    if kind.startswith("[") and kind.endswith("[any"):
        shown = "type.googleapis.com/google.protobuf.ListValue"
    elif kind.startswith("e:"):
        name = camel(at.rsplit(".", 1)[-1].split("[")[0])
        shown = _ENUM_NAMESPACE + name[:1].upper() + name[1:]
    else:
        shown = _PROTO.get(kind, "type.googleapis.com/google.protobuf.Struct")
    return bad_field(at, f"Invalid value at '{at}' ({shown}), {_shown(value)}")


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


def elide(message: str, body: Json) -> Json:
    """A response as proto3 prints it: empty lists, false, zero and empty text dropped, except :data:`KEPT`."""
    known = fields_of(message)
    kept = KEPT.get(message, ())
    out: Json = {}
    for name, value in body.items():
        kind = known[name]
        if value is None or (name not in kept and _is_default(kind, value)):
            continue
        out[name] = _elided(kind, value)
    return out


def _elided(kind: str, value: Any) -> Any:
    if kind.startswith("m:"):
        return elide(kind[2:], value)
    if kind.startswith(("[m:", "{m:")):
        inner = kind[3:]
        if isinstance(value, list):
            return [elide(inner, item) for item in value]
        return {key: elide(inner, item) for key, item in value.items()}
    if kind == "I":
        return str(value)
    return value


def _is_default(kind: str, value: Any) -> bool:
    if kind[0] in "[{":
        return not value
    if kind.startswith("m:") or kind == "any":
        return False
    if kind.startswith("e:"):
        return bool(value == kind[2:].split("|")[0] and value.endswith("UNSPECIFIED"))
    return value in ("", 0, False)


def problems(message: str, body: Any, at: str = "$") -> list[str]:
    """What in a response does not fit its message; empty when all is well. Closed world: unknown names are problems."""
    if not isinstance(body, dict):
        return [f"{at}: not an object"]
    known = fields_of(message)
    found: list[str] = []
    for name, value in body.items():
        if name not in known or known[name] == "!":
            found.append(f"{at}.{name}: not a field of {message}")
        else:
            found += _problems(known[name], value, f"{at}.{name}")
    return found


def _problems(kind: str, value: Any, at: str) -> list[str]:
    tag, rest = kind[0], kind[1:]
    if tag == "[":
        if not isinstance(value, list):
            return [f"{at}: not a list"]
        return [p for n, item in enumerate(value) for p in _problems(rest, item, f"{at}[{n}]")]
    if tag == "{":
        if not isinstance(value, dict):
            return [f"{at}: not a map"]
        return [p for key, item in value.items() for p in _problems(rest, item, f"{at}[{key}]")]
    if kind == "any":
        return []
    if kind.startswith("m:"):
        return problems(kind[2:], value, at)
    good = {
        "s": isinstance(value, str),
        "mask": isinstance(value, str),
        "b": isinstance(value, bool),
        "i": isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31,
        "I": isinstance(value, str) and _integer(value) is not None,
        "d": _real(value) is not None and not isinstance(value, str),
        "f": _real(value) is not None and not isinstance(value, str),
    }.get(kind, kind.startswith("e:") and value in kind[2:].split("|"))
    return [] if good else [f"{at}: {_shown(value)} is not {kind[:40]}"]
