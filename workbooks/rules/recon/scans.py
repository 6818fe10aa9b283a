"""Two scans of one stop by one driver with one outcome within ten minutes are one attempt.

The earliest scan stands, the others are marked as its duplicates and count nowhere. Scans of single packages add
up when their sum is what the stop holds; else the largest count stands (edge case 11; policy defaults).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from workbooks.schema import Row


@dataclass
class Attempt:
    """One real attempt: the scan that stands, its driver (None: unknown account), and the scans folded into it."""

    row: Row
    driver_id: str | None
    pkgs: int | None
    duplicates: list[Row] = field(default_factory=list)
    n: int = 0


def attempts(scans: Iterable[Row], drivers: Mapping[str, str | None], pkgs: int | None, minutes: int) -> list[Attempt]:
    """The real attempts of one stop in order of completion, numbered from 1.

    `scans` are its rows of attempts, `drivers` maps attempt id to our driver, `pkgs` is what the stop holds.
    """
    real: list[Attempt] = []
    for scan in sorted(scans, key=lambda s: (s["completed_at"], s["attempt_id"])):
        driver = drivers.get(scan["attempt_id"])
        same = next((a for a in reversed(real) if _same(a, scan, driver, minutes)), None)
        if same is None:
            real.append(Attempt(scan, driver, scan.get("pkgs_delivered")))
        else:
            same.duplicates.append(scan)
    for n, attempt in enumerate(real, start=1):
        attempt.n = n
        counts = [
            s["pkgs_delivered"] for s in (attempt.row, *attempt.duplicates) if s.get("pkgs_delivered") is not None
        ]
        if counts:
            attempt.pkgs = sum(counts) if pkgs is not None and sum(counts) == pkgs else max(counts)
    return real


def _same(attempt: Attempt, scan: Row, driver: str | None, minutes: int) -> bool:
    who = (attempt.driver_id, None if attempt.driver_id else attempt.row.get("raw_driver"))
    return (
        who == (driver, None if driver else scan.get("raw_driver"))
        and attempt.row["outcome"] == scan["outcome"]
        and scan["completed_at"] - attempt.row["completed_at"] <= timedelta(minutes=minutes)
    )
