"""A line of money that can explain itself: amount, rule, version, and everything it follows from.

A money rule is one file that makes lines. It builds `facts`, a flat mapping of texts, numbers and lists, and has
one function `amount(facts)` that turns exactly those facts into the rounded amount. The rule uses it to make the
line, and *Explain* uses it again on the facts it has printed: what does not come out to the cent is an error.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any

from workbooks.problems import Refused


@dataclass(frozen=True)
class Line:
    """One line. `rule` is the module below workbooks.rules ("settlement.stop_pay"), `version` the plan or card it read.

    `facts` hold decimals as text, dates as ISO text, lists of ids; `says` is the line in plain words. `sources` are
    the row keys it was made from.
    """

    key: str
    component: str
    amount: Decimal
    rule: str
    version: str
    facts: Mapping[str, Any]
    says: str
    quantity: Decimal | None = None
    rate: Decimal | None = None
    sources: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """columns of the line's own table, such as route or zone"""


def made(rule: str, key: str, component: str, version: str, facts: Mapping[str, Any], says: str, **more: Any) -> Line:
    """A line whose amount follows from `facts` by the rule's own `amount`."""
    return Line(key, component, recompute(rule, facts), rule, version, facts, says, **more)


def recompute(rule: str, facts: Mapping[str, Any]) -> Decimal:
    """The amount that `rule` makes of `facts`, after they went through text, as a reader sees them."""
    read_again = json.loads(printed(facts))
    amount: Decimal = import_module(f"workbooks.rules.{rule}").amount(read_again)
    return amount


def printed(facts: Mapping[str, Any]) -> str:
    """The facts as text, the same on every machine; TypeError for anything that is not text, number, list or None."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False)


def explained(rule: str, version: str, facts_text: str, amount: Decimal, says: str) -> str:
    """The explanation of a line; Refused when its amount does not follow from the facts that are printed."""
    again: Decimal = import_module(f"workbooks.rules.{rule}").amount(json.loads(facts_text))
    if again != amount:
        raise Refused(f"This line says {amount}, but its facts make {again}. Do not use it; tell your administrator.")
    module = import_module(f"workbooks.rules.{rule}")
    first = (module.__doc__ or "").strip().splitlines()[0]
    facts = json.loads(facts_text)
    listed = "\n".join(f"  {name}: {_shown(value)}" for name, value in facts.items())
    return f"{says}\n\nRule {rule} (version {version}): {first}\n\nFrom\n{listed}\n\nMakes {amount}"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
