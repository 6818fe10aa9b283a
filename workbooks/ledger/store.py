"""The ledger as one object."""

from workbooks.ledger.apply import Applying
from workbooks.ledger.leases import Leases
from workbooks.ledger.replicas import Replicas


class Ledger(Applying, Replicas, Leases):
    """Everything the company's books hold. Open it with `Ledger.open(url)`; it may be shared between threads.

    `database.py` opens it and runs transactions, `rows.py` reads, `apply.py` writes plans, `replicas.py` keeps
    bases and journal, `leases.py` who may work as what.
    """
