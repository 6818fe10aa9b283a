"""Brings the database to the newest schema, inside the caller's transaction.

Alembic is heavy and rarely needed, so it is imported only when a migration is due.
"""

from pathlib import Path

from sqlalchemy import Connection


def upgrade(conn: Connection) -> None:
    """Run every migration that is missing; a failure rolls all of them back with the transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
