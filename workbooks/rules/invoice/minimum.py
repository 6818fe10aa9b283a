"""Where an invoice, day or route comes to less than the minimum, the difference is billed as a line of its own.

Compared is what was charged less the discount (POST_FUEL: with fuel). The line is taxed and carries no fuel.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbooks.lines import made
from workbooks.rules.invoice.draft import Draft, cents, money


def amount(facts: Mapping[str, Any]) -> Decimal:
    """What is missing to the minimum, over everything it is compared with."""
    least = Decimal(facts["minimum"])
    return sum((max(least - Decimal(made_of), Decimal(0)) for _, made_of in facts["compared"]), Decimal("0.00"))


def add(draft: Draft) -> None:
    """The true-up line, when anything is missing."""
    terms = draft.terms
    if not terms.minimum or not terms.serves:
        return
    components = ("CHARGE", "DISCOUNT", "FUEL") if terms.basis == "POST_FUEL" else ("CHARGE", "DISCOUNT")
    shares = draft.by_item(*components)
    made_of: dict[str, int] = {} if terms.scope in ("DAY", "ROUTE") else {"cycle": 0}
    day_of = {"cycle": terms.end}
    for item in draft.items:
        if terms.scope == "ROUTE" and not item.route:
            continue
        group = {"DAY": item.on.isoformat(), "ROUTE": item.route}.get(terms.scope, "cycle")
        made_of[group] = made_of.get(group, 0) + shares.get(item.key, 0)
        if group != "cycle":
            day_of[group] = max(item.on, day_of.get(group, item.on))
    compared = [[group, str(money(made_of[group]))] for group in sorted(made_of)]
    facts = {"minimum": str(terms.minimum), "scope": terms.scope, "basis": terms.basis, "compared": compared}
    each = {"DAY": "a day", "ROUTE": "a route"}.get(terms.scope, "the cycle")
    line = made("invoice.minimum", "MINIMUM", "MINIMUM", terms.account_id, facts, f"Minimum of {terms.minimum} for {each}",
                more={"text": f"Minimum charge, {terms.minimum} for {each}"})  # fmt: skip
    if line.amount:
        draft.add(line)
        missing = [(group, cents(terms.minimum) - made_of[group]) for group in sorted(made_of)]
        taxes = [(terms.taxes.get(day_of[group], ("", Decimal(0))), less) for group, less in missing if less > 0]
        draft.loose[line.key] = [(code, rate, less) for (code, rate), less in taxes]
