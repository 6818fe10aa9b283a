"""Our side: what every driver was or would be paid, and every account billed, in a period, line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from stopbook.compare.causes import Piece
from workbooks.books import Books
from workbooks.pipeline.bill.drafting import Cycle, cycle_of
from workbooks.pipeline.context import Context
from workbooks.pipeline.pay.draft import CLOSED, Pay, drafts
from workbooks.pipeline.pay.periods import Period
from workbooks.problems import Refused
from workbooks.schema import Row
from workbooks.tables.invoices import FIXED


@dataclass
class Side:
    """What one driver or account comes to here: pieces, and lines that are held and not in the sum."""

    pieces: list[Piece] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


def pay(books: Books, first: date, last: date) -> dict[str, Side]:
    """Every settlement that ends in the period: as posted, else as it would be drafted now."""
    known = Pay.of(books)
    found: dict[str, Side] = {}
    settled: set[str] = set()
    for rows in known.settlements.values():
        for row in rows:
            if row["status"] in CLOSED and first <= row["period_end"] <= last:
                settled.add(str(row["settlement_id"]))
                lines = books.rows("settlement_lines", settlement_id=row["settlement_id"])
                _add_pay(books, found, str(row["driver_id"]), [_Line.of(line) for line in lines])
    seen: set[tuple[str, Period]] = set()
    for day in _days(first, last):
        around = {(driver_id, known.period(driver_id, day)) for driver_id in known.drivers}
        new = {one for one in around - seen if first <= one[1].end <= last}
        seen |= new
        for draft in drafts(books, day, only=[driver_id for driver_id, _ in new], pay=known) if new else ():
            if draft.settlement_id not in settled:
                settled.add(draft.settlement_id)
                drafted = [_Line(line.component, line.amount, line.quantity, line.rate, line.says, line.sources,
                               str(line.more.get("state") or "OK")) for line in draft.lines]  # fmt: skip
                _add_pay(books, found, str(draft.row["driver_id"]), drafted)
    return found


@dataclass(frozen=True)
class _Line:
    component: str
    amount: Decimal
    qty: Decimal | None
    rate: Decimal | None
    says: str
    sources: Sequence[str]
    state: str

    @classmethod
    def of(cls, row: Row) -> "_Line":
        sources = str(row.get("sources") or "").split()
        return cls(
            str(row["component"]),
            row["amount"],
            row.get("quantity"),
            row.get("rate"),
            str(row["says"]),
            sources,
            str(row["state"]),
        )


def _add_pay(books: Books, found: dict[str, Side], driver_id: str, lines: Iterable[_Line]) -> None:
    side = found.setdefault(driver_id, Side())
    for line in lines:
        if line.state != "OK":
            side.held.append(line.says)
        elif line.amount or line.component not in ("HELD", "CARRY_OUT"):
            stops = _orders(books, line.sources) if line.component in ("STOP_TIER", "ATTEMPT", "CANCEL") else ()
            side.pieces.append(Piece(line.component, line.amount, line.qty, line.rate, stops, line.says))


def _orders(books: Books, sources: Sequence[str]) -> tuple[str, ...]:
    """The orders behind attempts, as an old file names them."""
    scans = books.prefetch("attempts", [s for s in sources if not s.startswith("recon:")])
    stops = [s.partition("/")[2] for s in sources if s.startswith("recon:")]
    stops += [str(record.values["stop_id"]) for record in scans.values()]
    rows = books.prefetch("stops", stops)
    return tuple(str((rows[(stop,)].values if (stop,) in rows else {}).get("order_ref") or stop) for stop in stops)


def bill(books: Books, first: date, last: date) -> dict[str, Side]:
    """Every cycle that ends in the period: as posted, else as it would be drafted now."""
    found: dict[str, Side] = {}
    for account_id in sorted(Context(books).accounts):
        day = first
        while day <= last:
            try:
                cycle = cycle_of(books, account_id, day)
            except Refused:
                break
            if first <= cycle.end <= last:
                _add_bill(books, found.setdefault(account_id, Side()), account_id, cycle)
            day = cycle.end + timedelta(days=1)
    return {account_id: side for account_id, side in found.items() if side.pieces or side.held}


def _add_bill(books: Books, side: Side, account_id: str, cycle: Cycle) -> None:
    posted = next((r for r in books.rows("invoices", account_id=account_id)
                   if r["status"] in FIXED and r["status"] != "VOID" and r["period_start"] == cycle.start), None)  # fmt: skip
    stops: dict[tuple[str, str, Decimal | None], list[str]] = {}
    for charge in cycle.charges:
        if charge.status in ("HELD", "UNPRICED"):
            side.held.append(f"{charge.event.stop.get('stop_id')}: {charge.hold or charge.reason}")
        else:
            order = charge.event.stop.get("order_ref") or charge.event.stop.get("stop_id")
            stops.setdefault((charge.code, charge.card, charge.rate), []).append(str(order))

    def add(
        component: str,
        code: object,
        card: object,
        amount: Decimal,
        qty: Decimal | None,
        rate: Decimal | None,
        says: str,
    ) -> None:
        behind = stops.get((str(code), str(card), rate), ()) if component == "CHARGE" else ()
        side.pieces.append(Piece(str(code or component), amount, qty, rate, tuple(behind), says))

    if posted is not None:
        for row in books.rows("invoice_lines", invoice_id=posted["invoice_id"]):
            add(
                row["component"],
                row.get("charge_code"),
                row.get("card"),
                row["amount"],
                row.get("qty"),
                row.get("rate"),
                row["says"],
            )
    else:
        for line in cycle.draft.lines:
            more = line.more
            add(
                line.component,
                more.get("charge_code"),
                more.get("card"),
                line.amount,
                line.quantity,
                line.rate,
                line.says,
            )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 7)] + [last]


def standing(books: Books, first: date, last: date) -> Mapping[str, str]:
    """What our books say of every stop of the period, by its order and by its id."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found: dict[str, str] = {}
    recon = {str(r["stop_id"]): r for r in books.rows("recon", service_date=days)}
    for row in books.rows("stops", service_date=days):
        seen = recon.get(str(row["stop_id"]))
        if seen is None:
            said = f"{str(row['status']).lower()} on {row['service_date']}, not reconciled"
        elif seen["status"] == "OPEN":
            said = f"waits on Recon: {', '.join(seen.get('flags') or ()) or 'open'}"
        else:
            said = (
                f"here it is {str(seen.get('final') or seen['outcome']).lower()} by {seen.get('driver_id') or 'nobody'}"
            )
        for name in (row["stop_id"], row.get("order_ref")):
            found[str(name)] = said
    return found
