"""An invoice in the making: what was priced, on which terms, the lines so far and each item's share of every line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from workbooks.lines import Line


@dataclass(frozen=True)
class Item:
    """One priced charge. `rate` is what one unit costs, `qty` what is charged, `card` “RC-1 v2”.

    `week` is the first day of its fuel week (“” when no fuel is taken of it), `discount` the fraction of its tier,
    `tax` its code and rate.
    """

    key: str
    code: str
    card: str
    unit: str
    qty: Decimal
    rate: Decimal
    on: date
    zone: str = ""
    route: str = ""
    week: str = ""
    discount: Decimal | None = None
    tax: tuple[str, Decimal] = ("", Decimal(0))


@dataclass(frozen=True)
class Fuel:
    """The surcharge of one fuel week: a fraction or an amount per mile, and where it comes from."""

    week: str
    table: str
    index: str
    index_week: str
    revision: int
    price: Decimal
    pct: Decimal | None
    per_mile: Decimal | None
    remark: str = ""


@dataclass(frozen=True)
class Adjusted:
    """An approved adjustment that this invoice carries."""

    adj_id: str
    invoice_no: str
    text: str
    billed: Decimal
    correct: Decimal


@dataclass(frozen=True)
class Terms:
    """What the account agreed on for this cycle. `taxes` is the account's own code and rate on each day."""

    account_id: str
    start: date
    end: date
    rounding: str = "HALF_UP"
    minimum: Decimal | None = None
    scope: str = "INVOICE"
    basis: str = "PRE_FUEL"
    tax_round: str = "DOCUMENT"
    texts: Mapping[str, str] = field(default_factory=dict)
    fuel: Mapping[str, Fuel] = field(default_factory=dict)
    taxes: Mapping[date, tuple[str, Decimal]] = field(default_factory=dict)
    adjustments: tuple[Adjusted, ...] = ()
    counted: int = 0
    serves: bool = True
    """a card holds in this cycle, so that its minimum is due even without a stop"""


@dataclass
class Draft:
    """Lines so far, and `parts`: cents of each line by item. `loose`: (tax code, rate, cents) of lines without items."""

    items: tuple[Item, ...]
    terms: Terms
    lines: list[Line] = field(default_factory=list)
    parts: dict[str, dict[str, int]] = field(default_factory=dict)
    loose: dict[str, list[tuple[str, Decimal, int]]] = field(default_factory=dict)

    def add(self, line: Line, parts: Mapping[str, int] | None = None) -> None:
        """One more line with its shares."""
        self.lines.append(line)
        self.parts[line.key] = dict(parts or {})

    def of(self, component: str) -> list[Line]:
        """The lines of one component."""
        return [line for line in self.lines if line.component == component]

    def sum(self, *components: str) -> Decimal:
        """What those lines make."""
        return sum((line.amount for line in self.lines if line.component in components), Decimal("0.00"))

    def by_item(self, *components: str) -> dict[str, int]:
        """Cents of each item over all lines of those components."""
        found: dict[str, int] = {}
        for line in self.lines:
            if line.component in components:
                for key, cents in self.parts[line.key].items():
                    found[key] = found.get(key, 0) + cents
        return found


def cents(amount: Decimal) -> int:
    """An amount to the cent as a whole number."""
    return int(amount.scaleb(2))


def money(whole: int) -> Decimal:
    """Cents as an amount."""
    return Decimal(whole).scaleb(-2)
