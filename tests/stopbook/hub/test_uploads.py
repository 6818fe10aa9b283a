"""Files through the hub: taken in by the same guarded reader, by those who may, and never kept lying about."""

import http.client
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from stopbook.hub.uploads import sweep
from tests.stopbook.hub.conftest import House
from workbooks.intake import limits

CSV = "Driver,Name,Status\nD-50,Kim,ACTIVE\nD-51,Lee,SOMETIMES\n"


def send(
    house: House, who: str, data: bytes, name: str = "drivers.csv", preview: bool = False, **more: Any
) -> requests.Response:
    body = {"name": name, "content": b64encode(data).decode(), "said": {"table": "drivers"}, **more}
    return house.caller(who).ask("POST", f"/files{'?preview=yes' if preview else ''}", body)


def left(house: House) -> list[Path]:
    """Files that lie about once everybody has had a moment to put them away."""
    for _ in range(100):
        if not _left(house):
            break
        time.sleep(0.02)
    return _left(house)


def _left(house: House) -> list[Path]:
    return [path for path in (house.office.app.settings.home / "uploads").rglob("*") if path.is_file()]


def test_looked_at_then_taken_in_and_bad_rows_come_back(house: House) -> None:
    shown = send(house, "boss", CSV.encode(), preview=True).json()
    assert shown["preview"] and shown["counts"] == {"drivers": {"created": 1}}
    assert house.office.app.ledger.books().row("drivers", "D-50") is None
    done = send(house, "boss", CSV.encode()).json()
    assert done["counts"] == {"drivers": {"created": 1}} and "1 blocked" in done["sentence"]
    assert "drivers.csv" in " ".join(done["left_out"]) and "returned" in " ".join(done["said"])
    row = house.office.app.ledger.load("drivers", {"driver_id": "D-50"})[0]
    assert (row.values["display"], row.by) == ("Kim", "boss@example.com")
    again = send(house, "boss", CSV.encode()).json()
    assert again["again"], "the same file twice is taken in once"
    assert left(house) == []


@pytest.mark.parametrize("who", ["va", "chi_boss", "dispatch", "bill", "pay"])
def test_only_a_manager_of_everything(house: House, who: str) -> None:
    answer = send(house, who, CSV.encode())
    assert answer.status_code == 403
    assert answer.json()["error"]["sentence"] == "Taking files in needs a manager who sees every market and account."


@pytest.mark.parametrize(("more", "status", "sentence"), [
    ({"content": "%%%"}, 400, "is the file in base64"),
    ({"content": ""}, 400, "The file is empty."),
    ({"name": ""}, 400, "Say what the file is called"),
    ({"name": "../.profile"}, 400, "Say what the file is called"),
    ({"said": []}, 422, ""),
    ({"said": ["x"]}, 400, "“said” is an object"),
    ({"said": {"table": "nowhere"}}, 422, "nowhere"),
    ({"said": {"colour": "red"}}, 422, "There is nothing called colour to say about a file."),
    ({"said": {"timezone": "Mars"}}, 422, "--timezone: “Mars” is not a time zone"),
    ({"date": "soon"}, 400, "soon is not a date"),
])  # fmt: skip
def test_what_cannot_be_taken_in_is_one_sentence(
    house: House, more: dict[str, Any], status: int, sentence: str
) -> None:
    answer = send(house, "boss", CSV.encode(), preview=True, **more)
    assert sentence in answer.text
    assert answer.status_code == status or sentence == ""
    assert left(house) == []


def test_a_name_leads_nowhere(house: House) -> None:
    for name in ("../../../evil.csv", "..\\..\\evil.csv", "/etc/evil.csv"):
        assert send(house, "boss", CSV.encode(), name=name, preview=True).status_code == 200
    assert left(house) == []
    assert not list(house.office.app.settings.home.parent.rglob("evil.csv"))


def test_too_large_and_not_what_it_says(house: House) -> None:
    connection = http.client.HTTPConnection(urlsplit(house.address).netloc, timeout=20)
    connection.putrequest("POST", "/api/v1/files")
    connection.putheader("Authorization", f"Bearer {house.tokens['boss']}")
    connection.putheader("Content-Length", str(limits.FILE * 4 // 3 + 2 * limits.MB))
    connection.endheaders()
    assert connection.getresponse().status == 413, "before it was sent"
    connection.close()
    unknown = requests.post(
        f"{house.address}/api/v1/files", data=b"{}", headers={"Authorization": "Bearer sb_no_no"}, timeout=20
    )
    assert unknown.status_code == 401
    answer = send(house, "boss", b"PK\x03\x04 not a workbook", name="stops.xlsx")
    assert answer.status_code == 422 and "stops.xlsx" in answer.json()["error"]["sentence"]
    assert left(house) == []


def test_what_a_killed_hub_left_is_thrown_away(house: House) -> None:
    home = house.office.app.settings.home
    (home / "uploads" / "x").mkdir(parents=True)
    (home / "uploads" / "x" / "drivers.csv").write_text("secret", encoding="utf-8")
    sweep(house.office.app.settings)
    assert not (home / "uploads").exists()
