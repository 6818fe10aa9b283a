"""Tax is charged on everything but adjustments, by tax code and rate of the service date, and rounded once a document.

An account may ask for rounding per line (LINE). A code that is exempt, or that nobody set, has rate 0.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.money import rounded
from workbooks.rules.invoice.draft import Draft, money
from workbooks.schema import Row

NONE = Decimal(0)


def amount(facts: Mapping[str, Any]) -> Decimal:
    """Base times rate over all parts, rounded once, or once per line."""
    by_line: dict[str, Decimal] = {}
    for line, _, rate, base in facts["parts"]:
        by_line[line] = by_line.get(line, NONE) + Decimal(rate) * Decimal(base)
    if facts["mode"] == "LINE":
        return sum((rounded(exact, facts["rounding"]) for exact in by_line.values()), Decimal("0.00"))
    return rounded(sum(by_line.values(), NONE), facts["rounding"])


def rate_on(rows: Iterable[Row], code: str | None, on: date) -> Decimal | None:
    """Rate of a tax code on a day: 0 where it is exempt or blank, None when nobody entered that code."""
    if not code:
        return NONE
    begun = [row for row in rows if row["tax_code"] == code and row["eff_from"] <= on]
    if not begun:
        return None
    row = max(begun, key=lambda r: r["eff_from"])
    exempt = row.get("exempt") and (row.get("exempt_until") is None or on <= row["exempt_until"])
    rate: Decimal = row["rate"]
    return NONE if exempt else rate


def add(draft: Draft) -> None:
    """The tax line, when there is tax."""
    tax_of = {item.key: item.tax for item in draft.items}
    parts: list[list[str]] = []
    for line in draft.lines:
        if line.component == "ADJUSTMENT":
            continue
        bases: dict[tuple[str, Decimal], int] = {}
        for key, share in draft.parts[line.key].items():
            bases[tax_of[key]] = bases.get(tax_of[key], 0) + share
        for code, rate, share in draft.loose.get(line.key, ()):
            bases[code, rate] = bases.get((code, rate), 0) + share
        parts += [
            [line.key, code, f"{rate.normalize():f}", str(money(base))]
            for (code, rate), base in sorted(bases.items())
            if rate
        ]
    if not parts:
        return
    facts = {"parts": parts, "mode": draft.terms.tax_round, "rounding": draft.terms.rounding}
    rates = sorted({f"{code} {Decimal(rate) * 100:f}".rstrip("0").rstrip(".") + " %" for _, code, rate, _ in parts})
    base = sum((Decimal(part[3]) for part in parts), NONE)
    line = made("invoice.tax", "TAX", "TAX", ", ".join(rates), facts, f"Tax {', '.join(rates)} on {base}",
                more={"text": f"Tax {', '.join(rates)}"})  # fmt: skip
    draft.add(line)
