"""The books examined: each finding names tab, row, column, what is wrong and the way out."""

from datetime import date

from tests import worlds
from workbooks.rules.health.check import examine


def found(**tables):
    rows = worlds.masters(**tables)
    return [(f.table.title, f.key, f.column, f.what) for f in examine(rows)]


def test_sound_books_have_no_findings():
    assert found(driver_identity=[], zones=[]) == []


def test_a_reference_that_leads_nowhere():
    [finding] = found(accounts=[{"account_id": "A1", "client_id": "NOBODY", "name": "x"}])
    assert finding == ("Accounts", ("A1",), "client_id", "Client “NOBODY” is not on tab Clients")


def test_an_empty_cell_that_must_not_be():
    [finding] = found(clients=[{"client_id": "ACME", "name": None}])
    assert finding == ("Clients", ("ACME",), "name", "Name is empty")


def test_one_account_two_drivers_at_the_same_time():
    rows = [
        {
            "platform": "CIRCUIT",
            "platform_driver_ref": "drv_1",
            "valid_from": None,
            "valid_to": date(2026, 3, 5),
            "driver_id": "D-017",
        },
        {
            "platform": "CIRCUIT",
            "platform_driver_ref": "DRV_1",
            "valid_from": date(2026, 3, 5),
            "valid_to": None,
            "driver_id": "D-022",
        },
    ]
    [finding] = found(driver_identity=rows)
    assert finding[3] == "account DRV_1 is D-017 and D-022 at the same time"
    rows[0]["valid_to"] = date(2026, 3, 4)
    assert found(driver_identity=rows) == []


def test_a_zip_in_two_zones():
    rows = [
        {
            "account_id": "A1",
            "zone": zone,
            "match_type": "ZIP5",
            "match_value": "60601",
            "eff_from": date(2026, 1, 1),
            "eff_to": None,
        }
        for zone in ("A", "B")
    ]
    [finding] = found(zones=rows)
    assert finding[3] == "ZIP5 60601 is in zone A and B at the same time"


def test_a_window_that_ends_before_it_starts():
    stop = worlds.stop("S1", route=None, window_start=worlds.local("12:00"), window_end=worlds.local("10:00"))
    findings = found(stops=[stop], manifest=[])
    assert [f[3] for f in findings] == ["the window ends before it starts"]


def test_two_contracts_of_one_account_overlap():
    rows = [
        {"contract_id": c, "account_id": "A1", "eff_from": date(2026, 1, d), "eff_to": None}
        for c, d in (("C1", 1), ("C2", 9))
    ]
    [finding] = found(sla_contracts=rows)
    assert finding[3] == "contracts C1 and C2 of A1 overlap"
