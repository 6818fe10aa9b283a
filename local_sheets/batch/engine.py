"""Runs the requests of one batchUpdate on a fork of the book: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local_sheets.batch import cells, dimensions, moves, names, objects, rules, tabs
from local_sheets.batch.context import Context
from local_sheets.batch.registry import HANDLERS, KINDS
from local_sheets.errors import ApiError, bad_field

Json = dict[str, Any]
MODULES = (cells, dimensions, moves, names, objects, rules, tabs)

if set(HANDLERS) != set(KINDS):  # pragma: no cover - a mistake in this package
    raise RuntimeError(f"kinds without a function: {set(KINDS) ^ set(HANDLERS)}")


def run(context: Context, requests: list[Json], between: Callable[[], None] | None = None) -> list[Json]:
    """The replies, one for each request; raises a 400 that names the request. ``between`` runs after each request."""
    if not requests:
        raise bad_field("requests", "Must specify at least one request.")
    replies: list[Json] = []
    for n, request in enumerate(requests):
        if len(request) != 1:
            raise bad_field(
                f"requests[{n}]",
                f"Invalid requests[{n}]: No request set."
                if not request
                else f"Invalid requests[{n}]: oneof field 'kind' is already set.",
            )
        ((name, body),) = request.items()
        try:
            reply = HANDLERS[name](context, body)
            context.book.check_limits()
        except ApiError as error:
            raise error.prefixed(f"requests[{n}].{name}") from None
        replies.append({name: reply} if reply or name in _ALWAYS else {})
        if between is not None:
            between()
    return replies


# Kinds that answer with their name even when nothing is inside (recorded for groups).
_ALWAYS = {"addDimensionGroup", "deleteDimensionGroup", "findReplace", "deleteDuplicates", "trimWhitespace"}
_ALWAYS |= {"updateDeveloperMetadata", "deleteDeveloperMetadata"}
