"""The database under the ledger: address, connection, transactions and schema version."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from time import sleep
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from workbooks.ledger.errors import WAIT, sentence
from workbooks.ledger.migrations import upgrade
from workbooks.ledger.tables import VERSION, VERSION_TABLE, identity
from workbooks.problems import Refused

_DUMPS = json.JSONEncoder(separators=(",", ":")).encode

PAUSE = 0.05
"""seconds between two attempts where the database does not wait by itself"""


class Database:
    """An open ledger database. One writer at a time; readers see the last finished transaction."""

    ledger_id: str
    """identity of this ledger; every copy carries it"""

    def __init__(self, engine: Engine, place: str) -> None:
        self._place = place
        self._engine = engine
        self._writer = engine.execution_options(write=True)

    @classmethod
    def open(cls, url: str, at: datetime | None = None) -> Self:
        """Open the ledger at `url`, creating it or bringing its schema up to date where needed.

        `url` is `sqlite:///path`, a plain path, or `postgresql://user@host/database`. `at` is kept as the moment
        of creation when the ledger is new. Refused when it is no ledger, damaged, from a newer program, out of
        reach or not writable; no message shows what the URL keeps secret.
        """
        address, place = _address(url)
        ledger = cls(_engine(address), place)
        try:
            ledger._prepare(at)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Close every connection; the ledger is not used afterwards."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def try_write(self) -> None:
        """Refused when nothing can be written here now; writes nothing."""
        with self._write():
            pass

    def _read(self) -> AbstractContextManager[Connection]:
        """One reading transaction: `with self._read() as conn`."""
        return self._transaction(self._engine)

    def _write(self) -> AbstractContextManager[Connection]:
        """One writing transaction, all or nothing; waits until no other writer is at work."""
        return self._transaction(self._writer)

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as conn:
                yield conn
        except DBAPIError as error:
            if said := sentence(error, self._place):
                raise Refused(said) from None
            raise

    def _prepare(self, at: datetime | None) -> None:
        with self._read() as conn:
            version = self._version(conn)
        if version != VERSION:
            with self._write() as conn:
                version = self._version(conn)  # another process may have been quicker
                if version != VERSION:
                    upgrade(conn)
                if version == "":
                    conn.execute(insert(identity).values(ledger_id=uuid4().hex, created_at=at))
        with self._read() as conn:
            self.ledger_id = conn.execute(select(identity.c.ledger_id)).scalar_one()

    def _version(self, conn: Connection) -> str:
        """The schema version found, "" in an empty database; Refused for a foreign or newer one."""
        names = inspect(conn).get_table_names()
        if VERSION_TABLE not in names:
            if names:
                raise Refused(f"{self._place} is not a ledger: it holds other tables; name an empty place instead.")
            return ""
        version = conn.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or ""  # noqa: S608 - a constant
        if version > VERSION:
            raise Refused(
                f"{self._place} was written by a newer version of this program "
                f"(schema {version}, this one knows {VERSION}); update the program."
            )
        return str(version)


def _address(url: str) -> tuple[URL, str]:
    """The database's URL and how to name it in a sentence."""
    if "://" not in url:
        address = URL.create("sqlite", database=url)
    else:
        try:
            address = make_url(url)
        except (ArgumentError, ValueError):
            raise Refused(
                "The ledger's address is not a URL; write sqlite:///path or postgresql://host/name."
            ) from None
    backend = address.drivername.partition("+")[0]
    if backend == "sqlite":
        return address.set(drivername="sqlite"), _file(address)
    if backend in ("postgresql", "postgres"):
        # a stray @ in a password shifts its rest into host and name, so then neither is shown
        name = f"the database {address.database} on {address.host or 'this machine'}" if url.count("@") < 2 else ""
        return address.set(drivername="postgresql+psycopg"), name or "the ledger's database"
    raise Refused("The ledger lives in SQLite or PostgreSQL; write sqlite:///path or postgresql://host/name.")


def _file(address: URL) -> str:
    name = address.database or ":memory:"
    if name != ":memory:" and not name.startswith("file:"):
        folder = Path(name).absolute().parent
        if not folder.is_dir():
            raise Refused(f"The folder {folder} does not exist; create it or name another place for the ledger.")
    return f"the ledger {name}"


def _engine(address: URL) -> Engine:
    sqlite = address.drivername == "sqlite"
    # isolation_level None leaves BEGIN to us: the driver would start transactions late and not around DDL
    options: dict[str, Any] = {"isolation_level": None, "timeout": WAIT} if sqlite else {"connect_timeout": 10}
    try:
        engine = create_engine(address, connect_args=options, json_serializer=_DUMPS, pool_pre_ping=not sqlite)
    except ImportError:
        raise Refused("PostgreSQL needs one more package; install it with: pip install 'stopbook[postgres]'") from None
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite if sqlite else _begin_postgres)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    for attempt in count():
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            break
        except sqlite3.OperationalError as error:
            # of two processes that create a ledger together, one is told "busy" here at once, whatever the time-out
            if error.sqlite_errorname != "SQLITE_BUSY" or attempt >= WAIT / PAUSE:
                raise
            sleep(PAUSE)
    connection.execute("PRAGMA synchronous=FULL").close()
    connection.execute("PRAGMA foreign_keys=ON").close()


def _writes(conn: Connection) -> bool:
    return bool(conn.get_execution_options().get("write"))


def _begin_sqlite(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE" if _writes(conn) else "BEGIN")


def _begin_postgres(conn: Connection) -> None:
    if _writes(conn):
        # what BEGIN IMMEDIATE is in SQLite: one writer per ledger, so sequence numbers follow the order of commits
        conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT}s'")
        conn.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('ledger'), hashtext(current_schema()))")
