"""Formats and colours as Google keeps them, and the properties of a new spreadsheet.

Colours are rounded down to eight bits and printed as 32-bit floats (recorded: 0.5 comes back as 0.49803922), and each
colour is kept in its old and in its new field.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from typing import Any

from local_sheets import schema

Json = dict[str, Any]


@lru_cache(maxsize=1024)
def channel(value: float) -> float | int:
    """One colour channel: eight bits, then the shortest decimal of the 32-bit float."""
    eighths = math.floor(min(max(value, 0.0), 1.0) * 255 + 1e-9)
    if eighths in (0, 255):
        return eighths // 255
    exact = eighths / 255
    single = struct.unpack("f", struct.pack("f", exact))[0]
    for digits in range(6, 10):
        short = float(f"{single:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", exact):
            return short
    return float(single)


def normal(message: str, body: Json) -> Json:
    """A message with every colour rounded and in both its fields; an emptied colour disappears."""
    if message == "Color":
        return {name: value if name == "alpha" else channel(float(value)) for name, value in body.items()}
    known = schema.fields_of(message)
    out: Json = {}
    for name, value in body.items():
        kind = known.get(name, "any")
        if kind.startswith("m:") and isinstance(value, dict):
            out[name] = normal(kind[2:], value)
        elif kind.startswith("[m:") and isinstance(value, list):
            out[name] = [normal(kind[3:], item) for item in value]
        else:
            out[name] = value
    for name, kind in known.items():
        twin = name + "Style"
        if kind != "m:Color" or twin not in known:
            continue
        if twin in out:
            if not out[twin]:
                out.pop(twin)
                out.pop(name, None)
            elif "rgbColor" in out[twin]:
                out[name] = out[twin]["rgbColor"]
        elif name in out:
            out[twin] = {"rgbColor": out[name]}
    return out


def with_twins(tree: Json, message: str) -> Json:
    """An update mask that names a colour also means its twin field."""
    known = schema.fields_of(message)
    out = {}
    for name, inner in tree.items():
        kind = known.get(name, "any")
        out[name] = with_twins(inner, kind[2:]) if inner and kind.startswith("m:") else inner
        twin = name[:-5] if name.endswith("Style") else name + "Style"
        if twin in known and known[twin] in ("m:Color", "m:ColorStyle"):
            out.setdefault(twin, {})
    return out


def _rgb(red: int, green: int, blue: int) -> Json:
    pairs = {"red": red / 255, "green": green / 255, "blue": blue / 255}
    return {"rgbColor": {name: channel(value) for name, value in pairs.items() if value}}


_THEME = {
    "TEXT": (0, 0, 0),
    "BACKGROUND": (255, 255, 255),
    "ACCENT1": (66, 133, 244),
    "ACCENT2": (234, 67, 53),
    "ACCENT3": (251, 188, 4),
    "ACCENT4": (52, 168, 83),
    "ACCENT5": (255, 109, 1),
    "ACCENT6": (70, 189, 198),
    "LINK": (17, 85, 204),
}


def default_format() -> Json:
    """The format of an untouched cell."""
    white = _rgb(255, 255, 255)
    return {
        "backgroundColor": white["rgbColor"],
        "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
        "verticalAlignment": "BOTTOM",
        "wrapStrategy": "OVERFLOW_CELL",
        "textFormat": {
            "foregroundColor": {},
            "fontFamily": "arial,sans,sans-serif",
            "fontSize": 10,
            "bold": False,
            "italic": False,
            "strikethrough": False,
            "underline": False,
            "foregroundColorStyle": {"rgbColor": {}},
        },
        "backgroundColorStyle": white,
    }


def new_properties(title: str) -> Json:
    """The properties of a spreadsheet that Drive creates."""
    return {
        "title": title,
        "locale": "en_US",
        "autoRecalc": "ON_CHANGE",
        "timeZone": "Etc/GMT",
        "defaultFormat": default_format(),
        "spreadsheetTheme": {
            "primaryFontFamily": "Arial",
            "themeColors": [{"colorType": name, "color": _rgb(*rgb)} for name, rgb in _THEME.items()],
        },
    }


def merged(base: Json, over: Json) -> Json:
    """A format laid over another, field by field."""
    out = dict(base)
    for name, value in over.items():
        old = out.get(name)
        deep = isinstance(value, dict) and isinstance(old, dict) and not name.lower().endswith(("color", "colorstyle"))
        out[name] = merged(old, value) if deep and isinstance(old, dict) else value
    return out
