"""Condenses discovery documents into ``wire_schema.json``: ``python -m local_sheets.schema_build``.

Needs google-api-python-client, which carries the documents; the server itself needs only the result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

from local_sheets.batch.registry import KINDS

Json = dict[str, Any]

DRIVE_METHODS = (
    "about.get",
    "changes.getStartPageToken",
    "changes.list",
    "comments.list",
    "files.copy",
    "files.create",
    "files.delete",
    "files.export",
    "files.get",
    "files.list",
    "files.update",
    "permissions.create",
    "permissions.delete",
    "permissions.get",
    "permissions.list",
    "permissions.update",
)
# Parts of a spreadsheet that are not served: a request that carries one is refused by name.
NOT_SERVED = {
    "Slicer",
    "DataSource",
    "DataSourceRefreshSchedule",
    "DataSourceTable",
    "DataSourceSheetProperties",
    "DataSourceFormula",
    "DataSourceColumnReference",
    "PivotTable",
    "CommentThread",
    "CommentAnchor",
    "ChipRun",
}


def discovery(name: str) -> Json:
    """One discovery document, as google-api-python-client carries it (``sheets.v4`` or ``drive.v3``)."""
    found = resources.files("googleapiclient").joinpath(f"discovery_cache/documents/{name}.json")
    data: Json = json.loads(found.read_text(encoding="utf-8"))
    return data


def methods(document: Json) -> Iterator[tuple[str, Json]]:
    """Every method of a document with its dotted name."""

    def walk(part: Json, before: str) -> Iterator[tuple[str, Json]]:
        for name, method in part.get("methods", {}).items():
            yield before + name, method
        for name, inner in part.get("resources", {}).items():
            yield from walk(inner, f"{before}{name}.")

    return walk(document, "")


def kind_of(spec: Json) -> str:
    """A property of the discovery document as one short type string."""
    if "$ref" in spec:
        return "!" if spec["$ref"] in NOT_SERVED else f"m:{spec['$ref']}"
    kind, form = spec.get("type"), spec.get("format")
    if kind == "array":
        inner = kind_of(spec["items"])
        return "!" if inner == "!" else f"[{inner}"
    if kind == "object":
        extra = spec.get("additionalProperties")
        return f"{{{kind_of(extra)}" if extra else "any"
    if kind == "integer":
        return "i"
    if kind == "number":
        return "f" if form == "float" else "d"
    if kind == "boolean":
        return "b"
    if kind == "any":
        return "any"
    if "enum" in spec:
        return "e:" + "|".join(spec["enum"])
    if form == "int64":
        return "I"
    return "mask" if form == "google-fieldmask" else "s"


def build() -> Json:
    """The condensed schema of everything served."""
    out: Json = {"messages": {}, "methods": {}}
    for api, document in (("sheets", discovery("sheets.v4")), ("drive", discovery("drive.v3"))):
        schemas = document["schemas"]
        queue: list[str] = []
        for name, method in methods(document):
            if api == "drive" and name not in DRIVE_METHODS:
                continue
            parameters = {
                p: ("[" if s.get("repeated") else "") + kind_of(s)
                for p, s in method.get("parameters", {}).items()
                if s.get("location") == "query"
            }
            request = method.get("request", {}).get("$ref")
            response = method.get("response", {}).get("$ref")
            out["methods"][f"{api}.{name}"] = {"parameters": parameters, "request": request, "response": response}
            queue += [ref for ref in (request, response) if ref]
        while queue:
            message = queue.pop()
            if message in out["messages"]:
                continue
            fields = {}
            for field, spec in schemas[message].get("properties", {}).items():
                kind = kind_of(spec) if message != "Request" or field in KINDS else "!"
                if message == "Response" and field not in KINDS:
                    kind = "!"
                fields[field] = kind
                ref = kind.lstrip("[{")
                if ref.startswith("m:"):
                    queue.append(ref[2:])
            for field, spec in schemas[message].get("properties", {}).items():
                queue += _nested(message, field, spec, fields, out["messages"])
            out["messages"][message] = fields
    return out


def _nested(message: str, field: str, spec: Json, fields: Json, messages: Json) -> list[str]:
    """Drive writes some messages inline; they become messages named after their place."""
    inner = spec.get("items", spec)
    if not inner.get("properties"):
        return []
    name = f"{message}.{field}"
    messages[name] = {k: _inline(name, k, s, messages) for k, s in inner["properties"].items()}
    fields[field] = ("[" if "items" in spec else "") + f"m:{name}"
    return [k.lstrip("[{")[2:] for k in messages[name].values() if k.lstrip("[{").startswith("m:") and "." not in k]


def _inline(message: str, field: str, spec: Json, messages: Json) -> str:
    holder: Json = {field: kind_of(spec)}
    _nested(message, field, spec, holder, messages)
    return str(holder[field])


def text() -> str:
    """The file's contents: one message a line, so that a change shows as a small difference."""
    data = build()
    lines = ["{"]
    for part in ("messages", "methods"):
        lines.append(f'"{part}": {{')
        rows = [
            f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}"
            for name, value in sorted(data[part].items())
        ]
        lines += [",\n".join(rows), "}" + ("," if part == "messages" else "")]
    return "\n".join([*lines, "}"]) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("wire_schema.json").write_text(text(), encoding="utf-8")
