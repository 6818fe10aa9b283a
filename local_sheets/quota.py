"""Requests a minute: the published limits of the Sheets API, refilled every minute; the answer is the recorded 429."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from local_sheets.environment import Clock
from local_sheets.errors import ERROR_INFO, ApiError

Json = dict[str, Any]


@dataclass
class Quota:
    """Limits for reads and writes, per user and per project; ``None`` is no limit."""

    clock: Clock
    per_user: int | None = 60
    per_project: int | None = 300
    _used: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _minute: int = 0

    def spend(self, email: str, *, write: bool) -> None:
        """Counts a request; raises 429 when the minute is used up."""
        minute = int(self.clock.now().timestamp() // 60)
        if minute != self._minute:
            self._used.clear()
            self._minute = minute
        what = "write" if write else "read"
        for whose, limit, name in ((email, self.per_user, "PerUser"), ("", self.per_project, "")):
            if limit is None:
                continue
            if self._used[what, whose] >= limit:
                raise exceeded(what, name, limit)
        self._used[what, email] += 1
        self._used[what, ""] += 1


def exceeded(what: str, whose: str = "PerUser", limit: int = 60) -> ApiError:
    """The recorded answer; there is no Retry-After header."""
    title = what.capitalize()
    per_user = f"{title} requests per minute per user" if whose else f"{title} requests per minute"
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{title} requests' and limit '{per_user}' of service "
        "'sheets.googleapis.com' for consumer 'project_number:1'.",
        details=[
            {
                "@type": ERROR_INFO,
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "quota_location": "global",
                    "quota_metric": f"sheets.googleapis.com/{what}_requests",
                    "quota_limit": f"{title}RequestsPerMinute{whose}",
                    "quota_limit_value": str(limit),
                    "consumer": "projects/1",
                    "service": "sheets.googleapis.com",
                },
            }
        ],
    )
