"""Parallel run: last month's real pay or invoices beside ours, party by party and line by line, each difference with its cause."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from stopbook.compare import ours as own
from stopbook.compare.causes import ZERO, Cause, Kind, Piece, Standing, explain, explain_total, told, total
from stopbook.compare.names import Directory, Match
from stopbook.compare.old import OLD_BILL, OLD_PAY, PARTS, Old, Party
from workbooks.books import Books
from workbooks.problems import Refused
from workbooks.schema import Table

WHAT: Mapping[str, Table] = {"settlements": OLD_PAY, "invoices": OLD_BILL}
"""what can be compared, and the kind of file each is"""


@dataclass(frozen=True)
class Line:
    """One group of lines of one party: what it comes to there and here, and why it differs."""

    what: str
    theirs: Decimal | None
    ours: Decimal | None
    causes: tuple[Cause, ...]

    @property
    def difference(self) -> Decimal:
        """Ours less theirs."""
        return (self.ours or ZERO) - (self.theirs or ZERO)


@dataclass(frozen=True)
class Row:
    """One driver or account: totals there and here, the lines behind them, and every cause of the difference."""

    party: str
    shown: str
    theirs: Decimal | None
    ours: Decimal | None
    lines: tuple[Line, ...]
    causes: tuple[Cause, ...]
    held: tuple[str, ...] = ()
    name_there: str = ""

    @property
    def difference(self) -> Decimal:
        """Ours less theirs."""
        return (self.ours or ZERO) - (self.theirs or ZERO)


@dataclass(frozen=True)
class Comparison:
    """The whole of it. `names` are those that nobody has confirmed; their amounts are in the rows as “Nobody here”."""

    kind: str
    first: date
    last: date
    old: Old
    rows: tuple[Row, ...]
    names: tuple[Match, ...]

    @property
    def equal(self) -> int:
        """Parties that come to the same."""
        return sum(row.difference == 0 and row.theirs is not None and row.ours is not None for row in self.rows)

    def sums(self) -> tuple[Decimal, Decimal]:
        """What it comes to there and here."""
        return sum((r.theirs or ZERO for r in self.rows), ZERO), sum((r.ours or ZERO for r in self.rows), ZERO)

    def by_kind(self) -> list[tuple[Kind, int, Decimal]]:
        """Each cause with how often it was found and what it makes, the largest first."""
        count: Counter[Kind] = Counter()
        amount: dict[Kind, Decimal] = {}
        for row in self.rows:
            for cause in row.causes:
                count[cause.kind] += 1
                amount[cause.kind] = amount.get(cause.kind, ZERO) + cause.amount
        return sorted(((kind, n, amount[kind]) for kind, n in count.items()), key=lambda one: -abs(one[2]))


def directory(books: Books, kind: str) -> Directory:
    """Everybody a name in the old file may mean, with what was confirmed before."""
    if kind == "settlements":
        names = {
            str(r["driver_id"]): [str(r.get(n) or "") for n in ("display", "legal_name")] for r in books.rows("drivers")
        }
        aliases = {
            str(r["platform_driver_ref"]): str(r["driver_id"])
            for r in books.rows("driver_identity")
            if r["platform"] == "GENERIC"
        }
        return Directory(names, aliases)
    clients = {str(r["client_id"]): r for r in books.rows("clients")}
    accounts = books.rows("accounts")
    alone = Counter(str(r["client_id"]) for r in accounts)
    found = {}
    for row in accounts:
        client = clients.get(str(row["client_id"])) or {}
        # a client with one account is that account
        more = [str(client.get("name") or ""), str(row["client_id"])] if alone[str(row["client_id"])] == 1 else []
        found[str(row["account_id"])] = [str(row["name"]), *more]
    return Directory(found, {str(r["name"]): str(r["account_id"]) for r in books.rows("account_names")})


def compare(books: Books, kind: str, old: Old, first: date, last: date, confirmed: Mapping[str, str]) -> Comparison:
    """Both sides of the period. `confirmed`: name in the old file -> driver or account, said now."""
    who = directory(books, kind)
    here = own.pay(books, first, last) if kind == "settlements" else own.bill(books, first, last)
    if not here:
        what = "settlement" if kind == "settlements" else "billing cycle"
        raise Refused(f"No {what} of ours ends between {first} and {last}. Name the days of a whole one with --period.")
    known = own.standing(books, first, last)
    matches = {
        p.name: Match(p.name, confirmed[p.name], True, 100) if p.name in confirmed else who.match(p.name)
        for p in old.parties
    }
    there: dict[str, list[Party]] = {}
    rows: list[Row] = []
    for party in old.parties:
        if matches[party.name].sure:
            there.setdefault(matches[party.name].party, []).append(party)
        else:
            rows.append(_nobody_here(party, matches[party.name]))
    for party_id in sorted(here.keys() | there.keys()):
        side = here.get(party_id)
        old_side = _joined(there[party_id]) if party_id in there else None
        if old_side is None and side is not None:
            ours = total(side.pieces)
            cause = Cause(Kind.NOT_THERE, ours, "the old file does not name them")
            lines = tuple(Line(title, None, total(p), ()) for title, _, p in _grouped(kind, (), side.pieces))
            rows.append(
                Row(party_id, who.shown(party_id), None, ours, lines, (cause,) if ours else (), tuple(side.held))
            )
        elif old_side is not None:
            rows.append(_row(kind, party_id, who.shown(party_id), old_side, side, lambda stop: known.get(stop, "")))
    rows.sort(key=lambda row: (-abs(row.difference), row.party))
    return Comparison(kind, first, last, old, tuple(rows), tuple(m for m in matches.values() if not m.sure))


def _joined(parties: Sequence[Party]) -> Party:
    """Two names of one party are one."""
    if len(parties) == 1:
        return parties[0]
    net = sum((party.total for party in parties), ZERO) if any(p.net is not None for p in parties) else None
    return Party(" + ".join(p.name for p in parties), tuple(x for p in parties for x in p.pieces), net)


def _nobody_here(party: Party, match: Match) -> Row:
    cause = Cause(Kind.NOT_HERE, -party.total, match.question)
    return Row("", party.name, party.total, None, (), (cause,), (), party.name)


def _row(kind: str, party_id: str, shown: str, old: Party, side: own.Side | None, standing: Standing) -> Row:
    if side is None:
        cause = Cause(Kind.NOT_HERE, -old.total, "nothing of theirs is in our books of the period")
        return Row(party_id, shown, old.total, None, (), (cause,), (), old.name)
    ours = total(side.pieces)
    if not old.pieces:
        of_total = tuple(explain_total(ours - old.total, side.pieces))
        lines = tuple(Line(title, None, total(pieces), ()) for title, _, pieces in _grouped(kind, (), side.pieces))
        return Row(party_id, shown, old.total, ours, lines, of_total, tuple(side.held), old.name)
    lines = tuple(
        Line(
            title,
            total(theirs) if theirs else None,
            total(mine) if mine else None,
            tuple(explain(what, theirs, mine, standing)),
        )
        for title, what, theirs, mine in _paired(kind, old.pieces, side.pieces)
    )
    causes = [cause for line in lines for cause in line.causes]
    if rest := ours - old.total - sum((cause.amount for cause in causes), ZERO):
        says = f"their lines make {told(total(old.pieces))}, their total says {told(old.total)}"
        causes.append(Cause(Kind.THEIR_SUM, rest, says))
    return Row(party_id, shown, old.total, ours, lines, tuple(causes), tuple(side.held), old.name)


def _paired(
    kind: str, theirs: Sequence[Piece], ours: Sequence[Piece]
) -> Iterable[tuple[str, str, list[Piece], list[Piece]]]:
    """(title, group, theirs, ours) of every group that either side has; one column of all deductions is one group."""
    lumped = any(piece.what == "DED_OTHER" for piece in theirs) and not any(
        piece.what.startswith("DED_") and piece.what != "DED_OTHER" for piece in theirs
    )
    titles = {part.what: part.title for part in PARTS[WHAT[kind].name]}

    def group(piece: Piece) -> str:
        return "DED_OTHER" if lumped and piece.what.startswith("DED_") else piece.what

    for what in dict.fromkeys([*(group(p) for p in ours), *(group(p) for p in theirs)]):
        title = (
            "Deductions"
            if lumped and what == "DED_OTHER"
            else titles.get(what, what.removeprefix("OTHER ").capitalize())
        )
        yield title, what, [p for p in theirs if group(p) == what], [p for p in ours if group(p) == what]


def _grouped(kind: str, theirs: Sequence[Piece], ours: Sequence[Piece]) -> Iterable[tuple[str, str, list[Piece]]]:
    for title, what, _, mine in _paired(kind, theirs, ours):
        yield title, what, mine
