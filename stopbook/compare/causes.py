"""Why two amounts differ, found by arithmetic: count, rate, rounding, a line or a stop that only one side has.

The causes of a difference always add up to it; what nothing explains is a cause of its own, never left out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

from workbooks.money import half_up, rounded

ZERO = Decimal("0.00")
HALF_CENT = Decimal("0.005")
DEDUCTION = "DED"
"""what deductions begin with"""
FEW = 20
"""so many more or fewer of something are believed without a count, or a quarter of all"""


class Kind(StrEnum):
    """What a difference comes from, as a manager reads it."""

    COUNT = "Count"
    RATE = "Rate"
    ROUNDING = "Rounding"
    NO_DEDUCTION = "Missing deduction"
    EXTRA_DEDUCTION = "Deduction only there"
    ONLY_HERE = "Line only here"
    ONLY_THERE = "Line only there"
    NOT_IN_MANIFEST = "Stop not in the manifest"
    NOT_COUNTED = "Stop not counted here"
    TWICE = "Stop twice there"
    MISSING_THERE = "Stop missing there"
    THEIR_SUM = "Their own sum"
    NOT_THERE = "Nobody there"
    NOT_HERE = "Nobody here"
    UNKNOWN = "Not explained"


@dataclass(frozen=True)
class Piece:
    """One line of pay or of an invoice. `what` is its group; `stops` the orders or stops behind it, where it says."""

    what: str
    amount: Decimal
    qty: Decimal | None = None
    rate: Decimal | None = None
    stops: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Cause:
    """One reason: `amount` is its part of ours less theirs."""

    kind: Kind
    amount: Decimal
    says: str


Standing = Callable[[str], str]
"""what our books say of a stop that is not paid or billed here: "" when no manifest has it"""


def told(amount: Decimal) -> str:
    """An amount in a sentence: with cents, and with more decimals only where it has them."""
    return f"{half_up(amount):,}" if amount == half_up(amount) else f"{amount.normalize():,f}"


def total(pieces: Iterable[Piece]) -> Decimal:
    """What pieces come to."""
    return sum((piece.amount for piece in pieces), ZERO)


def explain(what: str, theirs: Sequence[Piece], ours: Sequence[Piece], standing: Standing) -> list[Cause]:
    """The causes of the difference within one group of lines; [] when both come to the same."""
    left = total(ours) - total(theirs)
    if left == 0:
        return []
    causes: list[Cause] = []
    if theirs and all(piece.stops for piece in theirs) and all(piece.stops for piece in ours):
        causes, theirs, ours = _stops(theirs, ours, standing)
        left -= sum((cause.amount for cause in causes), ZERO)
        if left == 0:
            return causes
    if not theirs:
        return [
            *causes,
            _only(what, ours, Kind.NO_DEDUCTION, Kind.ONLY_HERE, left, "there is no such line there; here"),
        ]
    if not ours:
        return [
            *causes,
            _only(what, theirs, Kind.EXTRA_DEDUCTION, Kind.ONLY_THERE, left, "there is no such line here; there"),
        ]
    found = (
        _by_count_and_rate(theirs, ours, left)
        if _counted(theirs) and _counted(ours)
        else _by_amount(theirs, ours, left)
    )
    rest = left - sum((cause.amount for cause in found), ZERO)
    return [*causes, *found, *([_unknown(rest)] if rest else [])]


def explain_total(difference: Decimal, ours: Sequence[Piece]) -> list[Cause]:
    """The likeliest cause where the other side names a total alone: a line or two of ours that it lacks, a count, a rate."""
    if difference == 0:
        return []
    named = [piece for piece in ours if piece.amount]
    for size in (1, 2):
        for some in combinations(named, size):
            if total(some) == difference:
                return [_lacks(piece) for piece in some]
    main = max((p for p in named if p.qty and p.rate), key=lambda p: p.amount, default=None)
    group = [p for p in named if main is not None and p.what == main.what]
    if group and (
        cause := _whole_units(group, difference) or _other_rate(group, total(group) - difference, difference)
    ):
        return [cause]
    if abs(difference) <= Decimal("0.05"):
        return [Cause(Kind.ROUNDING, difference, "a few cents, as rounding at another place makes them")]
    return [_unknown(difference)]


def _lacks(piece: Piece) -> Cause:
    kind = Kind.NO_DEDUCTION if piece.what.startswith(DEDUCTION) else Kind.ONLY_HERE
    return Cause(
        kind,
        piece.amount,
        f"exactly our line “{piece.says or piece.what}”, {told(piece.amount)}, which their total seems to lack",
    )


def _unknown(amount: Decimal) -> Cause:
    return Cause(
        Kind.UNKNOWN, amount, f"{told(amount)} that neither count, rate nor rounding explains; look at both lines"
    )


def _only(what: str, pieces: Sequence[Piece], deduction: Kind, other: Kind, left: Decimal, words: str) -> Cause:
    kind = deduction if what.startswith(DEDUCTION) else other
    return Cause(kind, left, f"{words} it is {told(total(pieces))} ({'; '.join(p.says or p.what for p in pieces[:2])})")


def _stops(
    theirs: Sequence[Piece], ours: Sequence[Piece], standing: Standing
) -> tuple[list[Cause], list[Piece], list[Piece]]:
    """Causes for stops that only one side has, and what is left of both sides."""
    price = {
        stop: piece.rate if piece.rate is not None else piece.amount / len(piece.stops)
        for piece in ours
        for stop in piece.stops
    }
    there = {stop for piece in theirs for stop in piece.stops}
    causes, kept = [], []
    seen: set[tuple[str, ...]] = set()
    for piece in theirs:
        if piece.stops in seen and piece.stops[0] in price:
            causes.append(
                Cause(Kind.TWICE, -piece.amount, f"{piece.stops[0]} is there a second time, {told(piece.amount)}")
            )
        elif len(piece.stops) == 1 and piece.stops[0] not in price:
            stop = piece.stops[0]
            said = standing(stop)
            kind = Kind.NOT_COUNTED if said else Kind.NOT_IN_MANIFEST
            causes.append(
                Cause(
                    kind,
                    -piece.amount,
                    f"{stop}, {told(piece.amount)} there: {said or 'no manifest of the period has it'}",
                )
            )
        else:
            kept.append(piece)
        seen.add(piece.stops)
    alone = [stop for stop in price if stop not in there]
    causes += [
        Cause(
            Kind.MISSING_THERE, half_up(price[s]), f"{s} is in our books, {told(half_up(price[s]))}, and not in theirs"
        )
        for s in alone
    ]
    mine = []
    for piece in ours:
        stops = tuple(stop for stop in piece.stops if stop in there)
        if stops:
            amount = piece.amount - sum((half_up(price[s]) for s in piece.stops if s not in there), ZERO)
            mine.append(Piece(piece.what, amount, Decimal(len(stops)), piece.rate, stops, piece.says))
    return causes, kept, mine


def _counted(pieces: Sequence[Piece]) -> bool:
    return all(piece.qty is not None for piece in pieces)


def _quantity(pieces: Sequence[Piece]) -> Decimal:
    return sum((piece.qty or Decimal(0) for piece in pieces), Decimal(0))


def _rates(pieces: Sequence[Piece]) -> list[Decimal]:
    """The rates of pieces, each once; worked out where a line has none."""
    found = []
    for piece in pieces:
        rate = piece.rate if piece.rate is not None else piece.amount / piece.qty if piece.qty else None
        if rate is not None and rate not in found:
            found.append(rate)
    return found


def _shown(rates: Sequence[Decimal]) -> str:
    plain = [f"{half_up(rate, 4):f}".rstrip("0") for rate in rates[:3]]
    return " and ".join(text + "00"[len(text.partition(".")[2]) :] if "." in text else text for text in plain)


def _number(qty: Decimal) -> str:
    return f"{qty.normalize():f}"


def _repriced(ours: Sequence[Piece], qty: Decimal) -> Decimal:
    """What our lines would come to for another count: the tiers are filled from the first, the last takes the rest."""
    made, left = ZERO, qty
    for n, piece in enumerate(ours):
        take = left if n == len(ours) - 1 else min(left, piece.qty or Decimal(0))
        rate = piece.rate if piece.rate is not None else (piece.amount / piece.qty if piece.qty else ZERO)
        made += piece.amount if take == piece.qty else half_up(take * rate)
        left -= take
    return made


def _by_count_and_rate(theirs: Sequence[Piece], ours: Sequence[Piece], left: Decimal) -> list[Cause]:
    """Both sides count: first what another count makes at our rates, then what is left is rate or rounding."""
    causes = []
    there, here = _quantity(theirs), _quantity(ours)
    if there != here:
        part = total(ours) - _repriced(ours, there)
        causes.append(
            Cause(
                Kind.COUNT,
                part,
                f"{_number(there)} there, {_number(here)} here: {_number(abs(here - there))} {'more' if here > there else 'fewer'} here",
            )
        )
        left -= part
    if left == 0:
        return causes
    for piece in theirs:
        made = piece.qty * piece.rate if piece.qty is not None and piece.rate is not None else None
        if made is not None and abs(made - piece.amount) > max(
            HALF_CENT * max(abs(piece.qty or ZERO), Decimal(1)), Decimal("0.02")
        ):
            wrong = half_up(made) - piece.amount
            causes.append(
                Cause(
                    Kind.THEIR_SUM,
                    wrong,
                    f"their {_number(piece.qty or ZERO)} × {_shown([piece.rate or ZERO])} makes {told(half_up(made))}, their line says {told(piece.amount)}",
                )
            )
            left -= wrong
    if left == 0:
        return causes
    before, now = _rates(theirs), _rates(ours)
    if rounding := _rounding(theirs, ours, left):
        return [*causes, rounding]
    return [*causes, Cause(Kind.RATE, left, f"{_shown(before)} there, {_shown(now)} here, on {_number(there)}")]


def _rounding(theirs: Sequence[Piece], ours: Sequence[Piece], left: Decimal) -> Cause | None:
    """Rounding at another place, where it can make so much: named when the place can be found."""
    count, amount = _quantity(theirs), total(theirs)
    if abs(left) > max(HALF_CENT * count, HALF_CENT * 2 * len(ours), Decimal("0.01")):
        return None
    stated = [piece.rate for piece in theirs if piece.rate is not None]
    mine = [piece.rate for piece in ours if piece.rate is not None]
    if stated and mine and any(half_up(a) not in [half_up(b) for b in mine] for a in stated):
        return None
    exact = sum(((piece.qty or ZERO) * piece.rate for piece in ours if piece.rate is not None), Decimal(0))
    single = sum(((piece.qty or ZERO) * half_up(piece.rate) for piece in ours if piece.rate is not None), ZERO)
    if amount != half_up(amount):
        says = f"{told(amount)} there was never rounded"
    elif single == amount and mine and any(rate != half_up(rate) for rate in mine):
        says = "there each one was rounded to the cent, here the line once"
    elif len(ours) > 1 and half_up(exact) == amount:
        says = f"there rounded once over everything, here on each of {len(ours)} lines"
    elif amount == rounded_down(exact):
        says = "there cut off after the cents, here rounded half up"
    else:
        says = f"the same count and rate, {told(abs(left))} of rounding at another place"
    return Cause(Kind.ROUNDING, left, says)


def rounded_down(amount: Decimal) -> Decimal:
    """`amount` cut off after the cents, as some sheets do."""
    near = rounded(amount, "HALF_EVEN")
    return near - Decimal("0.01") if abs(near) > abs(amount) and amount > 0 else near


def _by_amount(theirs: Sequence[Piece], ours: Sequence[Piece], left: Decimal) -> list[Cause]:
    """Their side names an amount alone: whole units of ours, another rate on our count, or rounding."""
    if not _counted(ours) or not _quantity(ours):
        kind = Kind.ROUNDING if abs(left) <= Decimal("0.02") else Kind.RATE
        return [
            Cause(kind, left, f"{told(total(theirs))} there, {told(total(ours))} here; neither side counts anything")
        ]
    if abs(left) <= Decimal("0.02"):
        return [
            Cause(Kind.ROUNDING, left, f"{told(abs(left))} on {_number(_quantity(ours))}: rounding at another place")
        ]
    cause = _whole_units(ours, left) or _other_rate(ours, total(theirs), left)
    return [cause] if cause else []


def _whole_units(ours: Sequence[Piece], left: Decimal) -> Cause | None:
    count = _quantity(ours)
    for rate in reversed(_rates(ours)):
        if rate and left % rate == 0 and 1 <= abs(left / rate) <= max(Decimal(FEW), count / 4):
            many = abs(left / rate)
            more = "more here" if left > 0 else "fewer here"
            return Cause(
                Kind.COUNT,
                left,
                f"exactly {_number(many)} × {_shown([rate])}: {_number(many)} {more} ({_number(count)} here)",
            )
    return None


def _other_rate(ours: Sequence[Piece], theirs: Decimal, left: Decimal) -> Cause | None:
    count = _quantity(ours)
    rate = theirs / count
    if rate > 0 and rate == half_up(rate, 3):
        return Cause(
            Kind.RATE,
            left,
            f"{_shown([rate])} there if the count is ours ({_number(count)}), {_shown(_rates(ours))} here",
        )
    return None
