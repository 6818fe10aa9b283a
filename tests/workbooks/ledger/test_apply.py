from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.workbooks.ledger.support import AT, apply, claim, no_parcel, parcel, plan, rid
from workbooks import tables
from workbooks.ledger import LeaseLost, Ledger, Stale
from workbooks.ledger.tables import rows
from workbooks.plan import Keep, Put, upserts
from workbooks.problems import Problem, Refused

FULL = {
    "market_id": "CHI",
    "service_date": date(2026, 3, 10),
    "batch": None,
    "note": "gate “7”, ñ, \U0001f69a",
    "price": Decimal("1234567890123456789.10"),
    "weight": Decimal("0.000001"),
    "share": Decimal("0.970000"),
    "due": datetime(2026, 3, 10, 19, 5, 1, tzinfo=UTC),
    "opens": time(8, 30),
    "tags": ("A", "C"),
    "count": 123456789012345678901234567890,
    "signed": False,
}


def test_values_come_back_exactly(ledger):
    apply(ledger, parcel("A", **FULL))
    (record,) = ledger.load("parcels", {})
    assert record.values == {"parcel_id": "A", "leg": 1, **FULL}
    assert str(record.values["share"]) == "0.970000"
    assert (record.rid, record.rev, record.by, record.at, record.void) == (rid("A"), 1, "ana", AT, False)


def test_missing_columns_come_as_none_and_unknown_ones_stay_unseen(ledger):
    apply(ledger, parcel("A", note=None, count=1))
    with ledger._write() as conn:
        conn.execute(rows.update().values(data={"parcel_id": "A", "leg": 1, "old_column": 5}))
    (record,) = ledger.load("parcels", {})
    assert record.values == dict.fromkeys(record.values) | {"parcel_id": "A", "leg": 1}
    apply(ledger, parcel("A", 1, note="x"))
    with ledger._read() as conn:
        assert "old_column" in str(conn.execute(text("SELECT data FROM rows")).scalar())


def test_filters_and_order(ledger):
    day = date(2026, 3, 10)
    apply(
        ledger,
        parcel("C", market_id="CHI", service_date=day, price=Decimal("1.50"), batch="T1"),
        parcel("A", market_id="CHI", service_date=day + timedelta(days=1)),
        parcel("B", market_id="DET", service_date=day, tags=("A",), batch="T1"),
        parcel("a", price=Decimal("1.5")),
        parcel("A", leg=2, market_id="CHI", service_date=day),
    )

    def names(**where):
        return [record.values["parcel_id"] for record in ledger.load("parcels", where)]

    assert names() == ["A", "A", "B", "C", "a"]
    assert names(market_id="CHI") == ["A", "A", "C"]
    assert names(market_id="CHI", service_date=day) == ["A", "C"]
    assert names(service_date=day) == ["A", "B", "C"]
    assert names(market_id=None) == ["a"]
    assert names(price=Decimal("1.5")) == ["C", "a"]
    assert names(tags=("A",)) == ["B"]
    assert names(batch="T1") == ["B", "C"]
    assert names(batch="T1", market_id="CHI") == ["C"]
    assert names(parcel_id="A", leg=2) == names(parcel_id="A", leg="2") == ["A"]
    assert names(parcel_id="A", leg=2, market_id="DET") == []
    with pytest.raises(ValueError, match="no column colour"):
        names(colour="red")
    with pytest.raises(KeyError):
        ledger.load("nothing", {})


def test_a_table_may_be_declared_to_be_looked_up_later(ledger, monkeypatch):
    late = tables.TABLES["parcels"]
    monkeypatch.setitem(tables.TABLES, "parcels", replace(late, market="", day="", parent=""))
    apply(ledger, parcel("A", market_id="CHI", batch="T1"), parcel("B", market_id="DET", batch="T2"))
    monkeypatch.setitem(tables.TABLES, "parcels", late)
    assert [record.values["parcel_id"] for record in ledger.load("parcels", {"market_id": "CHI"})] == ["A"]
    assert [record.values["parcel_id"] for record in ledger.load("parcels", {"batch": "T2"})] == ["B"]


def test_books_read_through_the_ledger(ledger):
    apply(ledger, parcel("A", market_id="CHI", count=1))
    books = ledger.books()
    assert books.row("parcels", "A", "1")["count"] == 1
    before = books.inputs_hash()
    apply(ledger, parcel("A", 1, count=2))
    again = ledger.books()
    assert again.row("parcels", "A", "1")["count"] == 2
    assert again.inputs_hash() != before


def test_a_second_run_returns_the_first_and_writes_nothing(ledger):
    first = ledger.apply(
        plan(parcel("A", count=1), scope={"market_id": "CHI"}),
        run_key="k", inputs_hash="h", by="ana", via="cli", at=AT, started=AT - timedelta(seconds=3),
    )  # fmt: skip
    again = ledger.apply(
        plan(parcel("A", count=2)), run_key="k", inputs_hash="h", by="ben", via="cli", at=AT + timedelta(hours=1)
    )
    assert again.replayed
    assert not first.replayed
    assert ledger.run_by_key("k") == first
    assert (again.run_id, again.by, again.ended_at, again.result) == (first.run_id, "ana", AT, first.result)
    assert (first.created, first.changed, first.blocked) == (1, 0, 0)
    assert first.started_at == AT - timedelta(seconds=3)
    assert ledger.run_by_key("other") is None
    assert [record.values["count"] for record in ledger.load("parcels", {})] == [1]


def test_the_last_run_of_a_scope(ledger):
    for number, scope in enumerate([{"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "1"}]):
        apply(ledger, parcel(f"P{number}"), key=str(number), scope=scope)
    assert ledger.last_run("test", {"a": "1", "b": "2"}).run_key == "1"
    assert ledger.last_run("test", {}) is None
    assert ledger.last_run("other", {"a": "1"}) is None


def test_a_run_keeps_its_counts_notes_and_first_problems(ledger):
    planned = replace(plan(parcel("A"), parcel("B")), notes=("n",), unchanged=4, blocked=(Problem("bad zip"),) * 300)
    run = ledger.apply(planned, run_key="k", inputs_hash="", by="ana", via="cli", at=AT)
    assert run.sentence.startswith("2 were created, 4 unchanged, 300 blocked because bad zip")
    assert run.result["tables"] == {"parcels": {"created": 2}}
    assert (run.blocked, len(run.result["problems"]), run.result["notes"]) == (300, 200, ["n"])


def test_a_row_that_moved_on_stops_the_whole_plan(ledger):
    apply(ledger, parcel("A", count=1), parcel("B", count=1), parcel("C"))
    apply(ledger, parcel("A", 1, count=2), no_parcel("C", 1))

    def refused(*steps):
        with pytest.raises(Stale) as stale:
            apply(ledger, parcel("NEW"), *steps)
        return str(stale.value)

    by = "by ana at 2026-03-10 14:05 UTC, after the plan was made"
    assert refused(parcel("A", 1, count=9)) == f"Parcels A / 1 was changed {by}; nothing was changed. Preview again."
    assert refused(parcel("A", 0)).startswith(f"Parcels A / 1 exists already {by}")
    assert refused(parcel("Z", 3)).startswith("Parcels Z / 1 does not exist, although the plan saw it;")
    assert refused(parcel("C", 1)).startswith(f"Parcels C / 1 was taken out of use {by}")
    assert refused(no_parcel("A", 1), no_parcel("C", 2), no_parcel("Z", 0)).count("2 more rows moved on too") == 1
    assert [record.values["parcel_id"] for record in ledger.load("parcels", {})] == ["A", "B"]


def test_a_row_out_of_use_comes_back_afresh(ledger):
    apply(ledger, parcel("A", count=1, note="old"))
    apply(ledger, no_parcel("A", 1, "doubled"))
    assert ledger.load("parcels", {}) == []
    (gone,) = ledger.load("parcels", {}, include_void=True)
    assert (gone.void, gone.rev, gone.values["note"]) == (True, 2, "old")
    apply(ledger, parcel("A", 0, count=5))
    (back,) = ledger.load("parcels", {})
    assert (back.rev, back.values["count"], back.values["note"], back.void) == (3, 5, None, False)
    born, ended, again = ledger.history("parcels", rid("A"))
    assert born.old is None
    assert ended.new is None
    assert (ended.why, ended.old["note"]) == ("doubled", "old")
    assert (again.old, again.new) == (None, {"parcel_id": "A", "leg": 1, "count": 5})


def test_upserts_bring_a_void_row_back(ledger):
    apply(ledger, parcel("A", count=1))
    apply(ledger, no_parcel("A", 1))
    existing = {("A", "1"): ledger.load("parcels", {}, include_void=True)[0]}
    puts, _ = upserts(tables.TABLES["parcels"], existing, [{"parcel_id": "A", "leg": 1, "count": 2}])
    apply(ledger, *puts)
    assert ledger.load("parcels", {})[0].rev == 3


def test_only_what_changed_is_kept_as_a_change(ledger):
    apply(ledger, parcel("A", count=1, note="x", price=Decimal("1.00")))
    apply(ledger, parcel("A", 1, count=1, note=None, price=Decimal("2.00"), why="fixed"))
    apply(ledger, parcel("A", 2, count=1), key="nothing changes")
    _, second = ledger.history("parcels", rid("A"))
    assert (second.old, second.new) == (
        {"note": "x", "price": Decimal("1.00")},
        {"note": None, "price": Decimal("2.00")},
    )
    assert (second.rev, second.by, second.via, second.why, second.at) == (2, "ana", "test", "fixed", AT)
    assert second.run_id == ledger.load("runs", {})[1].values["run_id"]
    assert ledger.load("parcels", {})[0].rev == 2


def test_life_cycles_are_kept(ledger):
    with pytest.raises(Refused, match=r"^Claims C1 cannot start as PAID \(but as OPEN\); nothing was changed\.$"):
        apply(ledger, claim("C1", status="PAID"))
    with pytest.raises(Refused, match="cannot start as None"):
        apply(ledger, claim("C1"))
    apply(ledger, claim("C1", status="OPEN", amount=Decimal(5)))
    apply(ledger, claim("C1", 1, amount=Decimal(6)))
    apply(ledger, claim("C1", 2, status="CLOSED"))
    with pytest.raises(Refused, match="Claims C1 cannot go from CLOSED to OPEN"):
        apply(ledger, claim("C1", 3, status="OPEN"))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (Put("parcels", ("A", "1"), {"parcel_id": "B"}, 1), "“B” as its Parcel: what names a row"),
        (Put("parcels", ("N", "1"), {"parcel_id": "N"}, 0), "“None” as its Leg: what names a row never changes"),
        (parcel("A", 1, colour="red"), "Parcels has no column colour"),
        (Put("changes", ("1", "a"), {}, 0), "“changes” is kept by the ledger itself"),
        (Put("nothing", ("1",), {}, 0), "“nothing” is not declared"),
        (no_parcel("B", 1), "The plan changes Parcels B / 1 twice"),
    ],
)
def test_what_no_plan_may_do_is_refused_whole(ledger, step, sentence):
    apply(ledger, parcel("A"), parcel("B"))
    with pytest.raises(Refused, match=sentence):
        apply(ledger, parcel("B", 1, note="x"), step)
    assert {record.rev for record in ledger.load("parcels", {})} == {1}


def test_documents_are_kept_once_and_checked(ledger):
    original = Keep("original", "day.csv", b"a;b\n" * 1000)
    apply(ledger, parcel("A"), keeps=[original, Keep("invoice", "I-1.pdf", b"%PDF")])
    apply(ledger, parcel("B"), keeps=[Keep("original", "copy of day.csv", original.content)])
    assert [(d.kind, d.name, d.size) for d in ledger.documents()] == [
        ("invoice", "I-1.pdf", 4), ("original", "day.csv", 4000)]  # fmt: skip
    (kept,) = ledger.documents("original")
    assert ledger.document(kept.sha256) == original.content
    with pytest.raises(Refused, match="No document with the hash 00ff is kept"):
        ledger.document("00ff")
    with ledger._write() as conn:
        conn.execute(text("UPDATE documents SET content = :bad"), {"bad": b"x"})
    with pytest.raises(Refused, match="is damaged"):
        ledger.document(kept.sha256)


def test_a_character_the_database_cannot_keep(ledger):
    odd = parcel("A", note="nul \x00 inside")
    if "postgresql" in str(ledger._engine.url):
        with pytest.raises(Refused, match="cannot keep one of the values"):
            apply(ledger, odd)
        assert ledger.load("runs", {}) == []
    else:
        apply(ledger, odd)
        assert ledger.load("parcels", {})[0].values["note"] == "nul \x00 inside"


def test_who_lost_the_lease_cannot_write(ledger):
    mine = ledger.lease("sync", "hub-1", AT, 30)
    planned = plan(parcel("A"))
    how = {"inputs_hash": "", "by": "hub", "via": "sync", "at": AT}
    ledger.apply(planned, run_key="1", fence=mine, **how)
    other = ledger.lease("sync", "hub-2", AT + timedelta(seconds=31), 30)
    with pytest.raises(LeaseLost, match="“sync” was taken over by hub-2, so hub-1 may no longer write"):
        ledger.apply(plan(parcel("B")), run_key="2", fence=mine, **how)
    assert ledger.apply(planned, run_key="1", fence=mine, **how).replayed
    ledger.apply(plan(parcel("B")), run_key="2", fence=other, **how)
    assert len(ledger.load("parcels", {})) == 2


def test_a_moment_without_zone_is_a_fault_of_the_program(ledger: Ledger):
    with pytest.raises(Exception, match="time zone"):
        apply(ledger, parcel("A"), at=datetime(2026, 3, 10))  # noqa: DTZ001 - that is the fault
    assert ledger.load("parcels", {}) == []
