"""Errors in the shapes Google's front ends use, so that clients map them to the same exceptions.

Sheets errors carry ``code, message, status`` and sometimes ``details``; Drive errors carry ``errors[]`` as well.
Whatever goes wrong with a request is raised as :class:`ApiError` and becomes one JSON body at the edge.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
UNIMPLEMENTED = "EMULATOR_UNIMPLEMENTED"


class ApiError(Exception):
    """A request that fails; ``code`` is the HTTP status, ``reason`` Drive's short word for it."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        details: list[Json] | None = None,
        reason: str | None = None,
        location: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS.get(code, "UNKNOWN")
        self.details = details or []
        self.reason = reason
        self.location = location

    def body(self, *, drive: bool = False) -> Json:
        """The JSON body; ``drive`` adds the ``errors`` list that Drive has and Sheets has not."""
        error: Json = {"code": self.code, "message": self.message}
        if drive:
            item: Json = {"message": self.message, "domain": "global", "reason": self.reason or _reason(self.code)}
            if self.location:
                item["location"] = self.location
                item["locationType"] = "header" if self.location == "Authorization" else "parameter"
            error["errors"] = [item]
        else:
            error["status"] = self.status
        if self.details:
            error["details"] = self.details
        return {"error": error}

    def prefixed(self, where: str) -> ApiError:
        """The same error, said of one request of a batch: ``Invalid requests[3].updateCells: ...``."""
        return ApiError(
            self.code,
            f"Invalid {where}: {self.message}",
            status=self.status,
            details=self.details,
            reason=self.reason,
        )


def _reason(code: int) -> str:
    return {
        400: "badRequest",
        401: "authError",
        403: "forbidden",
        404: "notFound",
        429: "rateLimitExceeded",
        501: "notImplemented",
    }.get(code, "backendError")


def invalid(message: str) -> ApiError:
    """A plain 400: the request was understood and makes no sense here."""
    return ApiError(400, message)


def bad_field(field: str, description: str) -> ApiError:
    """A 400 that names the offending field, as the JSON transcoder answers."""
    return ApiError(
        400,
        description,
        details=[{"@type": BAD_REQUEST, "fieldViolations": [{"field": field, "description": description}]}],
    )


def not_found() -> ApiError:
    """The spreadsheet does not exist."""
    return ApiError(404, "Requested entity was not found.")


def forbidden() -> ApiError:
    """The spreadsheet exists and the caller may not do this."""
    return ApiError(403, "The caller does not have permission")


def protected_cell() -> ApiError:
    """A cell that another user protected."""
    return invalid(
        "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove "
        "protection if you need to edit."
    )


def unimplemented(what: str) -> ApiError:
    """Something Google has and this server has not: refused loudly, by name."""
    return ApiError(
        400,
        f"{UNIMPLEMENTED}: {what} exists at Google and is not served here.",
        details=[{"@type": ERROR_INFO, "reason": UNIMPLEMENTED, "domain": "local_sheets", "metadata": {"what": what}}],
        reason="notImplemented",
    )
