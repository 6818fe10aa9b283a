"""What a running server has besides its data: a clock that can be skewed, identifiers, counters and the switches.

A switch stands for a behaviour of Google that is not documented. Its default is the more likely one; a client that is
right under every setting does not depend on the answer.
"""

from __future__ import annotations

import random
import string
import threading
from collections import Counter, defaultdict, deque
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Json = dict[str, Any]


class Clock:
    """The server's time: the machine's, shifted by a skew that faults may set; never goes backwards within a skew."""

    def __init__(self, start: datetime | None = None) -> None:
        self.skew = timedelta(0)
        self._fixed = start
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Now, in UTC."""
        return (self._fixed or datetime.now(UTC)) + self.skew

    def advance(self, seconds: float) -> None:
        """Moves the time; how tests let tokens expire and quotas refill."""
        self.skew += timedelta(seconds=seconds)

    def stamp(self) -> str:
        """Now as Drive prints it, strictly later than the stamp before."""
        moment = self.now()
        if moment <= self._last and self._last - moment < timedelta(seconds=1):
            moment = self._last + timedelta(milliseconds=1)
        self._last = moment
        return stamp(moment)


def stamp(moment: datetime) -> str:
    """A moment as ``2026-01-31T14:05:00.000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Ids:
    """Fresh identifiers; a replay may say which ones come next."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else random.SystemRandom()  # noqa: S311
        self.planned: dict[str, deque[Any]] = defaultdict(deque)

    def plan(self, kind: str, value: Any) -> None:
        """The next identifier of this kind will be ``value``."""
        self.planned[kind].append(value)

    def text(self, kind: str = "file", length: int = 44) -> str:
        """A file id as Drive makes them: 44 letters, digits, ``-`` and ``_``."""
        if self.planned[kind]:
            return str(self.planned[kind].popleft())
        letters = string.ascii_letters + string.digits + "-_"
        return "1" + "".join(self._random.choice(letters) for _ in range(length - 1))

    def number(self, kind: str, taken: set[int] | None = None) -> int:
        """A positive 31-bit number that is not taken."""
        if self.planned[kind]:
            return int(self.planned[kind].popleft())
        while True:
            value = self._random.randrange(1, 2**31 - 1)
            if value not in (taken or ()):
                return value


@dataclass(frozen=True, slots=True)
class Switches:
    """One field for each behaviour that nothing public settles; each comment says what is open."""

    metadata_follows_sort: bool = False  # does row metadata travel with contents when a range is sorted
    metadata_follows_cut: bool = False  # ... when whole rows are cut and pasted
    duplicate_metadata_id: Literal["reject", "accept"] = "reject"  # creating metadata under an id that exists
    unmatched_filter: Literal["empty", "error"] = "empty"  # a DataFilter that matches nothing
    protected_column_blocks_sort: bool = True  # a protected column inside a range that another user sorts
    protected_column_blocks_row_delete: bool = True  # ... or whose rows another user deletes
    response_reflects: Literal["batch", "collaborators"] = "batch"  # is updatedSpreadsheet taken before others act
    batch_isolation: Literal["isolated", "interleaved"] = "isolated"  # may others act between requests of one batch
    missing_named_range: Literal["error", "ignore"] = "error"  # deleting or changing a named range that is not there
    ambiguous_input: Literal["text", "refuse"] = "text"  # USER_ENTERED text that could be read in two ways
    validation_binds_api: bool = False  # strict data validation against writes by the API
    read_past_grid: Literal["clamp", "error"] = "clamp"  # reading or writing a range that ends behind the grid
    drive_version_lag: float = 0.0  # seconds until Drive's version and modifiedTime show a change

    def changed(self, values: Json) -> Switches:
        """A copy with other settings; raises ``ValueError`` on an unknown name or a setting that does not fit."""
        known = {f.name: f for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no switch {name}")
            options = _options(str(known[name].type))
            good = value in options if options else _fits(getattr(self, name), value)
            if not good:
                raise ValueError(f"{name} cannot be {value!r}")
        return replace(self, **values)

    def json(self) -> Json:
        """All settings."""
        return asdict(self)

    @classmethod
    def choices(cls) -> dict[str, list[Any]]:
        """Every switch with its settings, for trying all combinations."""
        out: dict[str, list[Any]] = {}
        for f in fields(cls):
            options = _options(str(f.type))
            out[f.name] = options or ([False, True] if isinstance(f.default, bool) else [0.0, 600.0])
        return out


def _options(kind: str) -> list[Any]:
    if not kind.startswith("Literal["):
        return []
    return [part.strip().strip("\"'") for part in kind[8:-1].split(",")]


def _fits(now: Any, value: Any) -> bool:
    if isinstance(now, bool):
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


@dataclass
class Environment:
    """Clock, identifiers, switches, counters and the one lock that makes requests happen one after the other."""

    clock: Clock = field(default_factory=Clock)
    ids: Ids = field(default_factory=Ids)
    switches: Switches = field(default_factory=Switches)
    counters: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def count(self, name: str, by: int = 1) -> None:
        """Adds to a counter that the admin interface shows and tests assert."""
        self.counters[name] += by
