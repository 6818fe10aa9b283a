"""The fixed tables. What a tab looks like is in `workbooks.tables`; here its rows are JSON.

A change here needs a migration beside it and a new `VERSION`; a test compares the two.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

VERSION = "0001"
"""the newest migration; versions are compared as text"""
VERSION_TABLE = "ledger_version"


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC text in whole seconds, so that it sorts and reads alike in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Aware datetime -> "2026-03-10T14:05:00Z"; ValueError for one without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("the ledger keeps moments with a time zone only")
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """The reverse."""
        return None if value is None else datetime.fromisoformat(value)


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)
_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
_SERIAL = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _moment(name: str, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


identity = Table(
    "identity",
    METADATA,
    _text("ledger_id", primary_key=True),
    _moment("created_at", nullable=True),
)
rows = Table(
    "rows",
    METADATA,
    _text("table_name", primary_key=True),
    _text("rid", primary_key=True),
    Column("key", _JSON, nullable=False),
    _text("market"),
    _text("day"),
    _text("parent"),
    _text("state"),
    Column("data", _JSON, nullable=False),
    Column("rev", Integer, nullable=False),
    _text("by"),
    _moment("at"),
    Column("void", Boolean, nullable=False),
    _text("void_why"),
    Index("ix_rows_market_day", "table_name", "market", "day"),
    Index("ix_rows_day", "table_name", "day"),
    Index("ix_rows_parent", "table_name", "parent"),
    Index("ix_rows_state", "table_name", "state", "market"),
)
runs = Table(
    "runs",
    METADATA,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    _text("run_id", unique=True),
    _text("run_key", unique=True),
    _text("job"),
    _text("scope"),
    _text("inputs_hash"),
    _text("plan_hash"),
    _moment("started_at"),
    _moment("ended_at"),
    _text("by"),
    _text("via"),
    _text("sentence"),
    Column("result", _JSON, nullable=False),
    Index("ix_runs_job_scope", "job", "scope", "seq"),
)
changes = Table(
    "changes",
    METADATA,
    Column("seq", _SERIAL, primary_key=True, autoincrement=True),
    _text("table_name"),
    _text("rid"),
    Column("rev", Integer, nullable=False),
    _moment("at"),
    _text("by"),
    _text("via"),
    Column("run_id", Text, ForeignKey("runs.run_id"), nullable=False),
    _text("why"),
    Column("old", _JSON),
    Column("new", _JSON),
    Index("ix_changes_row", "table_name", "rid", "rev", unique=True),
    Index("ix_changes_run", "run_id"),
)
documents = Table(
    "documents",
    METADATA,
    _text("sha256", primary_key=True),
    _text("kind", primary_key=True),
    _text("name"),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    _moment("at"),
    _text("by"),
    Column("run_id", Text, ForeignKey("runs.run_id"), nullable=False),
    Index("ix_documents_kind", "kind", "at"),
)
bases = Table(
    "bases",
    METADATA,
    _text("replica", primary_key=True),
    _text("table_name", primary_key=True),
    _text("rid", primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("data", _JSON),
    Index("ix_bases_generation", "replica", "generation"),
)
journal = Table(
    "journal",
    METADATA,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    _text("replica"),
    Column("generation", Integer, nullable=False),
    Column("intent", _JSON, nullable=False),
    _text("state"),
    _moment("at"),
    _moment("settled_at", nullable=True),
    Index("ix_journal_state", "replica", "state"),
)
leases = Table(
    "leases",
    METADATA,
    _text("name", primary_key=True),
    _text("holder"),
    Column("epoch", Integer, nullable=False),
    _moment("until"),
)
