"""An invoice of before go-live comes over as it was: its total from the old books, once and without being worked out again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

RULE = "invoice.opening"


def amount(facts: Mapping[str, Any]) -> Decimal:
    """The total it came to there."""
    return Decimal(facts["total"])
