"""What a step of the day says should stand, by table."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Wanted:
    """What should stand, by table; `gone` are keys of rows that no longer should; `notes` are sentences."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    gone: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    known: int = 0
    """facts that came in again and stand already"""
    index: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=dict, repr=False)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """One more row for `table`."""
        self.rows.setdefault(table, []).append(row)
