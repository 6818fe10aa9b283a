"""Google's own schemas as judges: every response is validated against the discovery documents, closed world."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from local_sheets import wire
from local_sheets.schema_build import discovery, methods

Json = dict[str, Any]
API = {"sheets": "sheets.v4", "drive": "drive.v3"}
SEEN: dict[str, int] = {}


def _schema(spec: Json) -> Json:
    if "$ref" in spec:
        return {"$ref": f"#/$defs/{spec['$ref']}"}
    kind, form = spec.get("type"), spec.get("format")
    if kind == "any":
        return {}
    if kind == "array":
        return {"type": "array", "items": _schema(spec["items"])}
    if kind == "object":
        extra = spec.get("additionalProperties")
        out: Json = {"type": "object", "properties": {k: _schema(v) for k, v in spec.get("properties", {}).items()}}
        out["additionalProperties"] = _schema(extra) if extra else False
        return out
    out = {"type": kind}
    if "enum" in spec:
        out["enum"] = spec["enum"]
    if form == "int32":
        out |= {"minimum": -(2**31), "maximum": 2**31 - 1}
    if form == "int64" and kind == "string":
        out["pattern"] = r"^-?\d+$"
    return out


@cache
def _document(api: str) -> tuple[Json, dict[str, Json]]:
    found = discovery(API[api])
    return {name: _schema(spec) for name, spec in found["schemas"].items()}, dict(methods(found))


@cache
def validator(api: str, message: str) -> Draft202012Validator:
    """A validator for one message."""
    defs, _ = _document(api)
    registry: Registry[Any] = Registry().with_resource(
        "urn:discovery", Resource.from_contents({"$defs": defs}, default_specification=DRAFT202012)
    )
    return Draft202012Validator({"$ref": f"#/$defs/{message}", "$defs": defs}, registry=registry)


def problems(name: str, body: Any) -> list[str]:
    """What is wrong with a response of this method; empty when it fits."""
    api, _, method = name.partition(".")
    spec = _document(api)[1].get(method)
    if spec is None or "response" not in spec:
        return []
    SEEN[name] = SEEN.get(name, 0) + 1
    found = validator(api, spec["response"]["$ref"]).iter_errors(body)
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]


def responses_fit(name: str, response: wire.Response) -> None:
    """Fails when a response does not fit its schema."""
    if not response.content_type.startswith("application/json") or name in ("token", "drive.upload.v2"):
        return
    assert problems(name, response.json()) == []
