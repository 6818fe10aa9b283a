"""Leases: who may work as what, until when, with an epoch that tells a holder from its successor."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from workbooks.ledger.database import Database
from workbooks.ledger.entries import Lease
from workbooks.ledger.errors import Held, LeaseLost
from workbooks.ledger.tables import leases

FREE = ""
"""the holder of a lease that was given back"""


class Leases(Database):
    """Leases of a ledger. A lease is a promise about time; what is safe rests on the epoch alone."""

    def lease(self, name: str, holder: str, at: datetime, seconds: float) -> Lease:
        """Take the lease `name` for `holder` until `at` + `seconds`; whole seconds.

        Held while somebody else has it. The same holder gets it at once, with a new epoch, so that a process
        that was started again goes on and what is left of its former self is locked out.
        """
        with self._write() as conn:
            now = _current(conn, name)
            if now and now.holder not in (FREE, holder) and now.until > at:
                until = f"{now.until:%Y-%m-%d %H:%M:%S} UTC"
                raise Held(f"“{name}” is held by {now.holder} until {until}; try then.", now.holder)
            taken = Lease(name, holder, now.epoch + 1 if now else 1, _until(at, seconds))
            values = {"holder": taken.holder, "epoch": taken.epoch, "until": taken.until}
            if now:
                conn.execute(update(leases).where(leases.c.name == name).values(values))
            else:
                conn.execute(insert(leases).values(name=name, **values))
        return taken

    def renew(self, lease: Lease, at: datetime, seconds: float) -> Lease:
        """The same lease until `at` + `seconds`, also when it had run out unnoticed; LeaseLost when it was taken."""
        with self._write() as conn:
            check_fence(conn, lease)
            longer = Lease(lease.name, lease.holder, lease.epoch, _until(at, seconds))
            conn.execute(update(leases).where(leases.c.name == lease.name).values(until=longer.until))
        return longer

    def release(self, lease: Lease) -> None:
        """Give the lease back; nothing happens when somebody else has taken it."""
        mine = (leases.c.name == lease.name) & (leases.c.epoch == lease.epoch)
        with self._write() as conn:
            conn.execute(update(leases).where(mine).values(holder=FREE))


def check_fence(conn: Connection, lease: Lease | None) -> None:
    """Raise LeaseLost when `lease` is no longer the one in force; None always passes."""
    if lease is None:
        return
    now = _current(conn, lease.name)
    if now is None or (now.epoch, now.holder) != (lease.epoch, lease.holder):
        other = f"taken over by {now.holder}" if now and now.holder else "given back"
        raise LeaseLost(f"“{lease.name}” was {other}, so {lease.holder} may no longer write; nothing was changed.")


def _current(conn: Connection, name: str) -> Lease | None:
    found = conn.execute(select(leases).where(leases.c.name == name)).first()
    return Lease(found.name, found.holder, found.epoch, found.until) if found else None


def _until(at: datetime, seconds: float) -> datetime:
    return (at + timedelta(seconds=seconds)).astimezone(UTC).replace(microsecond=0)
