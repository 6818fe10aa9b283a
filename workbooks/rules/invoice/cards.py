"""A card prices only what cannot be read two ways: breaks follow each other, and no amount or quantity is below zero.

Breaks of one code and zone begin at zero, leave no gap and do not overlap (those of a clock may leave gaps).
"""

import itertools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256

from workbooks.schema import Row


def fingerprint(lines: Iterable[Row]) -> str:
    """What the lines of a card say, in a few letters: equal means that no price changed."""
    said = sorted(
        [f"{name}={_text(value)}" for name, value in sorted(row.items()) if value is not None] for row in lines
    )
    return sha256(repr(said).encode()).hexdigest()[:16]


def _text(value: object) -> str:
    # 1.8500 and 1.85 are one rate
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def contradictions(card: str, lines: Iterable[Row], codes: Mapping[str, Row]) -> list[str]:
    """What is wrong with the lines of a card, each a sentence with the row and the way out."""
    found = []
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in lines:
        place = f"{card}, {row['charge_code']}, zone {row.get('zone') or 'any'}"
        groups.setdefault((str(row["charge_code"]), str(row.get("zone") or "")), []).append(row)
        if row["charge_code"] not in codes:
            found.append(f"{place}: there is no charge code {row['charge_code']}; add it on tab Charge codes")
        for name, title in (
            ("from_qty", "From"),
            ("free_qty", "Free"),
            ("step_qty", "Block"),
            ("min_amount", "At least"),
        ):
            if (row.get(name) or 0) < 0:
                found.append(f"{place}: {title} is {row[name]}; a quantity or least amount is not below zero")
        if row["unit"] == "BLOCK" and not (row.get("step_qty") or 0) > 0:
            found.append(f"{place}: a BLOCK needs its minutes; fill Block")
    for (code, zone), rows in sorted(groups.items()):
        rows.sort(key=lambda r: r.get("from_qty") or Decimal(0))
        place = f"{card}, {code}, zone {zone or 'any'}"
        clock = codes.get(code, {}).get("breaks_by") == "CLOCK"
        if not clock and (rows[0].get("from_qty") or 0) > 0:
            found.append(f"{place}: the first break begins at {rows[0]['from_qty']}; begin it at 0")
        for before, row in itertools.pairwise(rows):
            end, start = before.get("to_qty"), row.get("from_qty") or Decimal(0)
            if end is None or start < end:
                found.append(
                    f"{place}: the breaks from {before.get('from_qty') or 0} and from {start} overlap; end the first at {start}"
                )
            elif start > end and not clock:
                found.append(f"{place}: nothing holds from {end} to {start}; let the break begin at {end}")
    return found
