"""Today: what needs a decision, by due time; the same question is asked once."""

from datetime import timedelta

from tests.worlds import DAY, local
from workbooks import today
from workbooks.schema import Record, rid_of
from workbooks.shelf import shelf
from workbooks.tables import TABLES

VA = next(wb for wb in shelf([{"market_id": "CHI", "name": "Chicago", "tz": "America/Chicago"}]) if wb.name == "va-CHI")


def record(table, **values):
    declared = TABLES[table]
    full = {column.name: values.get(column.name) for column in declared.columns}
    return Record(table, rid_of(table, declared.key_of(full)), 1, full)


def case(number, **more):
    return record(
        "exceptions",
        exc_id=f"X-{number}",
        stop_id=f"S{number}",
        status="NEW",
        code="RECIP_ABSENT",
        owner="VA",
        due_2h=local("12:00"),
        **more,
    )


def waiting(stop, flags, suggested="Ask."):
    return record(
        "recon",
        route_id=f"CHI-{DAY}-R1",
        stop_id=stop,
        market_id="CHI",
        status="OPEN",
        flags=flags,
        waits_for=("VA",),
        suggested=suggested,
    )


def test_due_first_then_urgency_then_text():
    late = case(1, recipient="Jo")
    soon = case(2)
    soon = record("exceptions", **{**soon.values, "due_2h": local("12:00") - timedelta(hours=1)})
    lines = today.lines(VA, {"exceptions": [late, soon], "recon": [waiting("S9", ("MISSING_SCAN",))]})
    assert [line.what for line in lines] == [
        "Contact the recipient about S2 (RECIP_ABSENT)",
        "Contact Jo about S1 (RECIP_ABSENT)",
        f"S9 on CHI-{DAY}-R1: MISSING_SCAN. Ask.",
    ]


def test_an_unknown_account_is_one_question_however_many_stops_it_scanned():
    rows = [waiting(f"S{n}", ("NO_DRIVER_MAP",), "Account “x” is no driver of ours.") for n in range(50)]
    lines = today.lines(VA, {"recon": [*rows, waiting("S99", ("MISSING_SCAN",)), waiting("S98", ("MISSING_SCAN",))]})
    assert len(lines) == 3
    assert lines[0].what.endswith("Account “x” is no driver of ours. The same for 49 more.")


def test_what_is_done_asks_nothing():
    assert today.lines(VA, {"exceptions": [record("exceptions", **{**case(1).values, "status": "CLOSED"})]}) == []
