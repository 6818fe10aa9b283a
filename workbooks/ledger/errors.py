"""Refusals of the ledger, and what a database complains about as one sentence."""

from sqlalchemy.exc import DBAPIError, OperationalError

from workbooks.problems import Refused


class Stale(Refused):
    """A row moved on after the plan was made; planning again helps."""


class Held(Refused):
    """Somebody else holds the lease for now: `holder`."""

    def __init__(self, sentence: str, holder: str) -> None:
        super().__init__(sentence)
        self.holder = holder


class LeaseLost(Refused):
    """Somebody else holds the lease by now; whoever held it must stop."""


_SENTENCES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("SQLITE_FULL", "53100"), "The disk of {place} is full, so nothing was changed; free some space and run again."),
    (("SQLITE_READONLY", "25006"), "{place} is read-only; allow writing to it or name another ledger."),
    (("42501",), "The account for {place} may not do this; let its owner grant the rights on the schema."),
    (("SQLITE_BUSY", "SQLITE_LOCKED", "55P03"),
     "Another program has been writing to {place} for {wait} seconds, so nothing was changed; try again."),
    (("SQLITE_NOTADB", "SQLITE_CORRUPT"), "{place} is damaged or is not a ledger; restore it from a backup."),
    (("SQLITE_CANTOPEN",), "{place} cannot be opened; check the path and the rights on its folder."),
    (("SQLITE_IOERR",), "The disk refused to read or write {place}; nothing was changed. Check the disk."),
    (("SQLITE_TOOBIG", "54"), "A value is larger than {place} can keep, so nothing was changed; shorten it."),
    (("22",), "{place} cannot keep one of the values (such as a NUL character), so nothing was changed; clean it."),
    (("08", "57P", "53300"), "The connection to {place} was lost; run again, a run is applied once or not at all."),
)  # fmt: skip
WAIT = 30
"""seconds a writer waits for another one"""


def sentence(error: DBAPIError, place: str) -> str | None:
    """What `error` means for the person, or None where it is a fault of the program. Never shows a secret."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or ""
    for codes, text in _SENTENCES:
        if code and code.startswith(codes):
            return _capital(text.format(place=place, wait=WAIT))
    if code == "" and isinstance(error, OperationalError):
        # the server's own words after FATAL name user and database, never a password; anything else stays unsaid
        _, fatal, reason = str(error.orig).partition("FATAL:")
        why = reason.strip().splitlines()[0] if fatal else "no answer"
        return _capital(f"{place} cannot be reached ({why}); check the address and that it runs.")
    return None


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
