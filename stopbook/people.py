"""People: who may sign in, as what and where, and the personal tokens they sign in with.

A token is “sb_” + its number + “_” + its secret. The ledger keeps a hash of the secret; the token itself is said once,
when it is made. Whoever is taken off the tab Users can no longer sign in, whatever tokens are left.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import Any

from workbooks import cells
from workbooks.ledger import Ledger
from workbooks.plan import Plan, Put, Void, upserts
from workbooks.problems import Refused
from workbooks.schema import Record, Role, Row
from workbooks.tables import TABLES
from workbooks.tables.users import ROLE_NAMES

DAYS = 90
"""a token is good for so long unless said otherwise"""
MOST_DAYS = 400
_NOBODY = sha256(b"nobody").hexdigest()


class NotSignedIn(Refused):
    """The token is missing, not known, taken back or past its end."""


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in. `markets` and `accounts` None: all of them."""

    email: str
    roles: tuple[Role, ...]
    markets: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    can_post: bool = False
    name: str = ""
    token_id: str = ""

    @property
    def unlimited(self) -> bool:
        """True for somebody who sees every market and every account."""
        return self.markets is None and self.accounts is None

    def has(self, *roles: Role) -> bool:
        """True when the person works as one of `roles`."""
        return any(role in self.roles for role in roles)


def local(name: str) -> Person:
    """Whoever can read the home: this person could open the ledger file as well, so nothing is kept back."""
    return Person(name, tuple(Role(role) for role in ROLE_NAMES), can_post=True, name=name)


def person_of(row: Row, token_id: str = "") -> Person:
    """The person a row of Users describes."""
    return Person(
        email=str(row["email"]),
        roles=tuple(Role(role) for role in row.get("role") or ()),
        markets=_codes(row.get("markets")),
        accounts=_codes(row.get("accounts")),
        can_post=bool(row.get("can_post")),
        name=str(row.get("name") or row["email"]),
        token_id=token_id,
    )


def _codes(text: str | None) -> frozenset[str] | None:
    found = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    return found or None


def sign_in(ledger: Ledger, token: str, at: datetime) -> Person:
    """The person behind a token; NotSignedIn with one sentence. A wrong token is told nothing about what exists."""
    number, _, secret = token.removeprefix("sb_").partition("_")
    usable = token.startswith("sb_") and len(token) <= 200 and number.isascii() and number.isalnum()
    found = ledger.load("tokens", {"token_id": number}) if usable else []
    row: Row = found[0].values if found else {}
    # compared also where there is no such token, so that both take the same time
    same = hmac.compare_digest(_hash(secret), str(row.get("hash") or _NOBODY))
    if not found or not same:
        raise NotSignedIn("This token is not known. Ask your manager for a new one.")
    if row.get("revoked_at") is not None:
        raise NotSignedIn("This token was taken back. Ask your manager for a new one.")
    if row["expires_at"] <= at:
        raise NotSignedIn(f"This token ended on {row['expires_at']:%Y-%m-%d}. Ask your manager for a new one.")
    users = ledger.load("users", {"email": row["email"]})
    if not users:
        raise NotSignedIn("The person of this token is no longer on tab Users. Ask your manager.")
    return person_of(users[0].values, number)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def add_user(ledger: Ledger, given: Row, by: str, at: datetime) -> str:
    """Put a person on Users, or change what stands there; returns a sentence. `given` holds text by column name."""
    table = TABLES["users"]
    row: dict[str, Any] = {}
    for name, raw in given.items():
        try:
            row[name] = cells.read(raw, table.by_name[name])
        except cells.Bad as bad:
            raise Refused(f"{table.by_name[name].title}: {bad.what}. {bad.remedy}.") from bad
    if (held := _user(ledger, str(row["email"]))) is not None:
        row["email"] = held.values["email"]
    else:
        row["email"] = row["email"].lower()
    for name, other in (("markets", "markets"), ("accounts", "accounts")):
        for code in sorted(_codes(row.get(name)) or ()):
            if not ledger.load(other, {TABLES[other].key[0]: code}):
                raise Refused(f"There is no {other[:-1]} {code}. Add it on tab {TABLES[other].title} first.")
    known = {table.key_of(r.values): r for r in ledger.load("users", {"email": row["email"]}, include_void=True)}
    if not row.get("role") and not any(not record.void for record in known.values()):
        raise Refused(f"Say what {row['email']} works as with --role: {', '.join(ROLE_NAMES)}.")
    puts, _ = upserts(table, known, [{name: value for name, value in row.items() if value is not None}], "user")
    if not puts:
        return f"{row['email']} is on tab Users already, with the same rights."
    _apply(ledger, "user", tuple(puts), (), by, at)
    return f"{row['email']} is on tab Users. Make a token with: stopbook token new {row['email']}"


def _user(ledger: Ledger, email: str) -> Record | None:
    """The row of Users with that address, however it is capitalised there."""
    wanted = email.strip().casefold()
    return next((r for r in ledger.load("users", {}) if str(r.values["email"]).casefold() == wanted), None)


def revoke_user(ledger: Ledger, email: str, by: str, at: datetime) -> str:
    """Take a person off Users and every token of theirs back."""
    record = _user(ledger, email)
    if record is None:
        raise Refused(f"{email} is not on tab Users. List them with: stopbook user list")
    address = str(record.values["email"])
    good = [r for r in ledger.load("tokens", {"email": address}) if r.values.get("revoked_at") is None]
    puts = tuple(
        Put("tokens", (str(r.values["token_id"]),), {"revoked_at": at}, r.rev, "the person left") for r in good
    )
    _apply(ledger, "user", puts, (Void("users", (address,), record.rev, "may no longer sign in"),), by, at)
    return (
        f"{address} may no longer sign in; {len(good)} {'token was' if len(good) == 1 else 'tokens were'} taken back."
    )


def new_token(ledger: Ledger, email: str, label: str, days: int, by: str, at: datetime) -> tuple[str, datetime]:
    """Make a token for somebody on Users; returns it, said this once, and when it ends."""
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"A token is good for 1 to {MOST_DAYS} days.")
    user = _user(ledger, email)
    if user is None:
        raise Refused(f"{email} is not on tab Users. Add them with: stopbook user add {email} --role va")
    number, secret, ends = token_hex(5), token_urlsafe(32), at + timedelta(days=days)
    values = {
        "token_id": number, "email": user.values["email"], "label": label or None, "hash": _hash(secret),
        "made_at": at, "expires_at": ends,
    }  # fmt: skip
    _apply(ledger, "token", (Put("tokens", (number,), values, 0, "new token"),), (), by, at)
    return f"sb_{number}_{secret}", ends


def revoke_token(ledger: Ledger, number: str, by: str, at: datetime) -> str:
    """Take one token back; `number` is its first part, with or without “sb_”."""
    wanted = number.removeprefix("sb_").partition("_")[0]
    found = ledger.load("tokens", {"token_id": wanted})
    if not found:
        raise Refused(f"There is no token {wanted}. List them with: stopbook token list")
    row = found[0].values
    if row.get("revoked_at") is None:
        put = Put("tokens", (wanted,), {"revoked_at": at}, found[0].rev, "taken back")
        _apply(ledger, "token", (put,), (), by, at)
    return f"Token {wanted} of {row['email']} is no longer good."


def _apply(ledger: Ledger, job: str, puts: Sequence[Put], voids: Sequence[Void], by: str, at: datetime) -> None:
    plan = Plan(job, {}, tuple(puts), tuple(voids))
    ledger.apply(plan, run_key=f"{job}-{plan.digest}", inputs_hash="", by=by, via="command line", at=at)
