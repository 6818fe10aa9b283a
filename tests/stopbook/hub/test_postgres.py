"""The hub on PostgreSQL: jobs, people's spreadsheets and the refusal of a second hub, as on SQLite."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from local_sheets.server import Running
from local_sheets.service import Service
from sheets_sync.google import adopt
from stopbook import settings, spreadsheets
from stopbook.app import opened
from stopbook.hub import client
from stopbook.hub.serve import Place, starting
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.spreadsheets import Connection
from tests.benches import postgres
from tests.office import manifest, office
from tests.stopbook.hub.test_spreadsheets import until
from workbooks.problems import Refused

DAY = "2026-03-10"


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.running() as server:
        yield server


def test_a_day_a_spreadsheet_and_a_second_hub(tmp_path: Path, cluster: postgres.Cluster) -> None:
    home, url = tmp_path / "home", cluster.fresh()
    for folder in (home, tmp_path / "other"):
        folder.mkdir()
        text = f'ledger_url = "{url}"\nspreadsheet_seconds = 1\n'
        (folder / settings.FILE).write_text(text, encoding="utf-8")
    service = Service(quota=False)
    with office(home) as one, Running(service) as running:
        one.take_in("m.csv", manifest(DAY, "1041 Al Bo", "1042 Jo Park"), "orders", DAY)
        assert not (home / "ledger.sqlite").exists()
        key = service.workspace.accounts.create_service_account(f"{running.address}/token")
        (home / "key.json").write_text(json.dumps(key), "utf-8")
        known = Connection(str(home / "key.json"), running.address)
        book = spreadsheets.books_of(one.app.ledger)["dispatch-CHI"]
        number = adopt.create(known.client(), book.title)
        look = spreadsheets.look(one.app.ledger.books(), book)
        adopt.adopt(known.client(), number, book, one.app.ledger.ledger_id, look)
        Connection(known.key, known.server, {"dispatch-CHI": number}).save(home)
        chosen = settings.load(home)
        with starting(chosen, Place(port=0)) as (server, _, sockets):
            thread = Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True)
            thread.start()
            try:
                hub = until(lambda: client.running(chosen))
                params = Params(one.now, "ana", "test", "CHI", one.params(None).day)
                assert hub.do(job("health-check"), params, False)["state"] == "DONE"
                shown = until(lambda: _in_step(hub.status("ana")))
                assert shown["title"] == "Dispatch Chicago"
                with (
                    pytest.raises(Refused, match="is held by"),
                    starting(settings.load(tmp_path / "other"), Place(port=0)),
                ):
                    pass
            finally:
                server.should_exit = True
                thread.join(timeout=30)
        with opened(chosen) as app:
            assert app.ledger.bases(book.name, app.ledger.generation(book.name), "stops"), "the spreadsheet was filled"
    service.close()


def _in_step(status: "dict[str, object]") -> "dict[str, object] | None":
    [one] = status["spreadsheets"]  # type: ignore[misc]
    return one if one["last"] and not one["waits"] else None
