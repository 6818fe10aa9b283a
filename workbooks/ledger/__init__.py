"""The ledger: every row, change, run and document in one database, SQLite by default, PostgreSQL by URL.

`Ledger.open` gives the one object everything goes through: `load` and `books` read, `apply` writes a whole plan
in one transaction, and the rest keeps what the copies last agreed on. Rows stand as JSON in fixed tables, so a
new tab needs no migration.
"""

from workbooks.ledger.entries import Change, Document, Intent, IntentState, Lease, Run
from workbooks.ledger.errors import Held, LeaseLost, Stale
from workbooks.ledger.store import Ledger

__all__ = ["Change", "Document", "Held", "Intent", "IntentState", "Lease", "LeaseLost", "Ledger", "Run", "Stale"]
