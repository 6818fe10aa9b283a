"""An invoice ages from the day after it is due: current until then, then 1-30, 31-60, 61-90 and over 90 days.

Counted is by calendar day from the due date, whatever the invoice date was (golden example G9).
"""

from datetime import date

from workbooks.tables.invoices import AGES


def bucket(due: date, on: date) -> str:
    """The bucket that what was due on `due` stands in on a day."""
    late = (on - due).days
    return AGES[min(len(AGES) - 1, (late + 29) // 30)] if late > 0 else AGES[0]
