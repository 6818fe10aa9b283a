"""What the ledger remembers about each copy: the bases last agreed on, and writes whose outcome is open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, insert, select, update

from workbooks import tables
from workbooks.ledger.apply import keep
from workbooks.ledger.database import Database
from workbooks.ledger.entries import Intent, IntentState, Lease
from workbooks.ledger.leases import check_fence
from workbooks.ledger.rows import decode
from workbooks.ledger.tables import bases, identity, journal, runs
from workbooks.plan import Base
from workbooks.problems import Refused
from workbooks.schema import Row


class Replicas(Database):
    """Bases and journal. A copy (replica) is counted through its generations; bases are written by `apply`."""

    def take_over(self, ledger_id: str) -> None:
        """Go on as the ledger that the copies belong to; Refused once anything was written under the present identity."""
        with self._write() as conn:
            if conn.execute(select(func.count()).select_from(runs)).scalar():
                raise Refused("This ledger is in use, so it cannot become another one; begin with an empty one.")
            conn.execute(update(identity).values(ledger_id=ledger_id))
        self.ledger_id = ledger_id

    def bases(self, replica: str, generation: int, table: str) -> dict[str, Row]:
        """By rid, what copy and ledger had agreed on at `generation`; rows the copy did not have are missing.

        Each is the entry with the highest generation up to `generation`, with just the columns it was kept with.
        """
        newest = (
            select(bases.c.rid, func.max(bases.c.generation).label("generation"))
            .where(bases.c.replica == replica, bases.c.table_name == table, bases.c.generation <= generation)
            .group_by(bases.c.rid)
            .subquery()
        )
        query = select(bases.c.rid, bases.c.data).join(
            newest,
            and_(
                bases.c.replica == replica,
                bases.c.table_name == table,
                bases.c.rid == newest.c.rid,
                bases.c.generation == newest.c.generation,
            ),
        )
        declared = tables.TABLES[table]
        with self._read() as conn:
            return {rid: decode(declared, data) for rid, data in conn.execute(query) if data is not None}

    def generation(self, replica: str) -> int:
        """The latest generation of a copy that bases or a finished write name; 0 when there was none."""
        based = select(func.max(bases.c.generation)).where(bases.c.replica == replica)
        written = select(func.max(journal.c.generation)).where(
            journal.c.replica == replica, journal.c.state == IntentState.DONE
        )
        with self._read() as conn:
            return max(conn.execute(query).scalar() or 0 for query in (based, written))

    def forget_bases(self, replica: str, before_generation: int) -> int:
        """Delete entries that no question from `before_generation` on can reach; returns how many."""
        later = bases.alias()
        superseded = exists().where(
            later.c.replica == bases.c.replica,
            later.c.table_name == bases.c.table_name,
            later.c.rid == bases.c.rid,
            later.c.generation > bases.c.generation,
            later.c.generation <= before_generation,
        )
        with self._write() as conn:
            return int(conn.execute(delete(bases).where(bases.c.replica == replica, superseded)).rowcount)

    def copies(self, beginning: str) -> list[str]:
        """The copies whose names begin so and about which something is kept."""
        named = bases.c.replica.startswith(beginning, autoescape=True)
        with self._read() as conn:
            return list(conn.execute(select(bases.c.replica).where(named).distinct()).scalars())

    def forget_copies(self, replicas: Sequence[str]) -> int:
        """Delete everything that was agreed on with these copies; returns how many entries that were."""
        with self._write() as conn:
            return sum(int(conn.execute(delete(bases).where(bases.c.replica == name)).rowcount) for name in replicas)

    def intend(
        self, replica: str, generation: int, intent: Mapping[str, Any], at: datetime, *, fence: Lease | None = None
    ) -> int:
        """Note what is about to be written to a copy, before it is; returns the id to settle it under.

        `intent` is anything JSON can hold. LeaseLost when `fence` was taken over.
        """
        values = {"replica": replica, "generation": generation, "intent": dict(intent), "at": at}
        with self._write() as conn:
            check_fence(conn, fence)
            noted = insert(journal).values(state=IntentState.INTENDED.value, **values).returning(journal.c.id)
            return int(conn.execute(noted).scalar_one())

    def settle(
        self, intent_ids: int | Sequence[int], state: IntentState, at: datetime, *, agreed: Sequence[Base] = (),
        fence: Lease | None = None,
    ) -> None:  # fmt: skip
        """Say what became of intents and, with it, what the copy and the ledger agree on: all of it or nothing.

        Saying the same again is fine, Refused for another outcome or unknown id. LeaseLost when `fence` was taken over.
        """
        with self._write() as conn:
            check_fence(conn, fence)
            keep(conn, agreed)
            for intent_id in [intent_ids] if isinstance(intent_ids, int) else intent_ids:
                open_one = and_(journal.c.id == intent_id, journal.c.state == IntentState.INTENDED)
                if conn.execute(update(journal).where(open_one).values(state=state.value, settled_at=at)).rowcount:
                    continue
                found = conn.execute(select(journal.c.state).where(journal.c.id == intent_id)).scalar()
                if found != state:
                    known = f"is already {found}" if found else "is not in the journal"
                    raise Refused(
                        f"The write {intent_id} {known}, so it cannot become {state}. Tell your administrator."
                    )

    def last_written(self, replica: str) -> dict[str, Any]:
        """What was noted about the last finished write of a copy, with its `generation`; {} when there was none."""
        query = select(journal.c.generation, journal.c.intent).where(
            journal.c.replica == replica, journal.c.state == IntentState.DONE
        )
        with self._read() as conn:
            found = conn.execute(query.order_by(journal.c.id.desc()).limit(1)).first()
        return {**found.intent, "generation": found.generation} if found else {}

    def intended(self, replica: str, name: str, number: int) -> bool:
        """True when some intent for a copy says `number` under `name`, whatever became of it."""
        said = select(journal.c.id).where(journal.c.replica == replica, journal.c.intent[name].as_integer() == number)
        with self._read() as conn:
            return conn.execute(said.limit(1)).first() is not None

    def open_intents(self, replica: str) -> list[Intent]:
        """Writes to a copy whose outcome is not known, oldest first."""
        query = select(journal).where(journal.c.replica == replica, journal.c.state == IntentState.INTENDED)
        with self._read() as conn:
            return [
                Intent(found.id, found.replica, found.generation, found.intent, IntentState(found.state), found.at)
                for found in conn.execute(query.order_by(journal.c.id))
            ]
