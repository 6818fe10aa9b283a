from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benches import postgres
from tests.workbooks.ledger.support import CLAIMS, PARCELS
from workbooks import tables
from workbooks.ledger import Ledger


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running() as server:
        yield server


@pytest.fixture(autouse=True)
def _declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tables.TABLES, "parcels", PARCELS)
    monkeypatch.setitem(tables.TABLES, "claims", CLAIMS)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a ledger that does not exist yet, on each database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("cluster").fresh())


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened
