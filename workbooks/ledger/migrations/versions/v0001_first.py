"""The first schema: rows, changes, documents, runs, bases, journal, leases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "identity",
        *_texts("ledger_id"),
        sa.Column("created_at", sa.Text()),
        sa.PrimaryKeyConstraint("ledger_id", name="pk_identity"),
    )
    op.create_table(
        "rows",
        *_texts("table_name", "rid"),
        sa.Column("key", _JSON, nullable=False),
        *_texts("market", "day", "parent", "state"),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        *_texts("by", "at"),
        sa.Column("void", sa.Boolean(), nullable=False),
        *_texts("void_why"),
        sa.PrimaryKeyConstraint("table_name", "rid", name="pk_rows"),
    )
    op.create_index("ix_rows_market_day", "rows", ["table_name", "market", "day"])
    op.create_index("ix_rows_day", "rows", ["table_name", "day"])
    op.create_index("ix_rows_parent", "rows", ["table_name", "parent"])
    op.create_index("ix_rows_state", "rows", ["table_name", "state", "market"])
    op.create_table(
        "runs",
        sa.Column("seq", _SERIAL, autoincrement=True),
        *_texts("run_id", "run_key", "job", "scope", "inputs_hash", "plan_hash", "started_at", "ended_at", "by", "via"),
        *_texts("sentence"),
        sa.Column("result", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_runs"),
        sa.UniqueConstraint("run_id", name="uq_runs_run_id"),
        sa.UniqueConstraint("run_key", name="uq_runs_run_key"),
    )
    op.create_index("ix_runs_job_scope", "runs", ["job", "scope", "seq"])
    op.create_table(
        "changes",
        sa.Column("seq", _SERIAL, autoincrement=True),
        *_texts("table_name", "rid"),
        sa.Column("rev", sa.Integer(), nullable=False),
        *_texts("at", "by", "via", "run_id", "why"),
        sa.Column("old", _JSON),
        sa.Column("new", _JSON),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_changes_run_id"),
    )
    op.create_index("ix_changes_row", "changes", ["table_name", "rid", "rev"], unique=True)
    op.create_index("ix_changes_run", "changes", ["run_id"])
    op.create_table(
        "documents",
        *_texts("sha256", "kind", "name"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *_texts("at", "by", "run_id"),
        sa.PrimaryKeyConstraint("sha256", "kind", name="pk_documents"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_documents_run_id"),
    )
    op.create_index("ix_documents_kind", "documents", ["kind", "at"])
    op.create_table(
        "bases",
        *_texts("replica", "table_name", "rid"),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("data", _JSON),
        sa.PrimaryKeyConstraint("replica", "table_name", "rid", "generation", name="pk_bases"),
    )
    op.create_index("ix_bases_generation", "bases", ["replica", "generation"])
    op.create_table(
        "journal",
        sa.Column("id", _SERIAL, autoincrement=True),
        *_texts("replica"),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("intent", _JSON, nullable=False),
        *_texts("state", "at"),
        sa.Column("settled_at", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_state", "journal", ["replica", "state"])
    op.create_table(
        "leases",
        *_texts("name", "holder"),
        sa.Column("epoch", sa.Integer(), nullable=False),
        *_texts("until"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
