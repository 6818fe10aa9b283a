"""Last month's real pay and invoices beside ours: a copy of our own, perturbed on purpose; each planted cause is found."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopbook.compare import Comparison, compare
from stopbook.compare.causes import Kind
from stopbook.compare.old import OLD_BILL, OLD_PAY, read
from stopbook.compare.run import Asked, run
from stopbook.compare.sheets import render
from tests.billing import START, visit
from tests.billing import books as billed
from tests.billing import world as billing_world
from tests.office import manifest, office
from tests.payroll import FUEL, World, agreement, day, plan, tiers
from tests.workbooks.layout.reading import cells, tabs
from workbooks.problems import Refused

D = Decimal
MON, SUN = day(0), day(6)
NAMES = {
    "D-1": "Ana Alvarez",
    "D-2": "Ben Baker",
    "D-3": "Carla Chen",
    "D-4": "Dmitri Diaz",
    "D-5": "Elena Evans",
    "D-6": "Farid Fischer",
}


@pytest.fixture(scope="module")
def paid():
    """Six drivers in one week: stops in two tiers, failed attempts, miles, an advance, a toll."""
    pay = plan(
        bonus_per_stop=None,
        ontime_min=None,
        first_attempt_min=None,
        pod_min=None,
        recon_closed=None,
        fuel_mode=None,
        fuel_table_id=None,
    )
    world = World(drivers=[{"driver_id": d, "display": name, "legal_name": name, "engagement": "IC", "status": "ACTIVE", "home_market": "CHI"}
                           for d, name in NAMES.items()],
                  pay_plans=[pay], pay_tiers=tiers((30, "1.85"), (None, "2.05")), **FUEL)  # fmt: skip
    for n, driver in enumerate(NAMES):
        world.on_plan(driver)
        for k in range(2):
            route = world.route(driver, day(k), f"R{n}", miles="41.3")
            world.deliver(route, 16 + n)
            world.fail(route, 2)
        world.enter(driver, "ADVANCE", "100.00")
        world.add(
            "deduction_agreements", agreement(f"AGR-{n}", driver, "ADVANCE", "balance", cap_per_settlement=D("25.00"))
        )
    world.close()
    world.draft(MON)
    return world


def rows_of(world) -> dict[str, dict[str, list[D]]]:
    """What we pay, by driver and component: [count, rate, amount]."""
    found: dict[str, dict[str, list[D]]] = {}
    for line in world.table("settlement_lines"):
        made = found.setdefault(line["driver_id"], {}).setdefault(line["component"], [D(0), line["rate"], D(0)])
        made[0] += line["quantity"] or 0
        made[2] += line["amount"]
    return found


def wide(path: Path, world, **change) -> Path:
    """A row a driver, as a spreadsheet of ours would have it; `change[driver]` alters the row."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Payroll of week 10", "", "", "", "", "", ""])
        writer.writerow(
            ["Driver Name", "Stops", "Stop Pay", "Failed", "Attempt Pay", "Mileage Pay", "Advance", "Net Pay"]
        )
        total = D(0)
        for driver, of in rows_of(world).items():
            stops = sum((D(x[0]) for c, x in of.items() if c == "STOP_TIER"), D(0))
            row = {"name": ", ".join(reversed(NAMES[driver].split())), "stops": stops, "pay": of["STOP_TIER"][2], "failed": of["ATTEMPT"][0],
                   "attempts": of["ATTEMPT"][2], "miles": of["MILES"][2], "advance": -of["DED_ADVANCE"][2]}  # fmt: skip
            row |= change.get(driver.replace("-", ""), {})
            net = row["pay"] + row["attempts"] + row["miles"] - row["advance"] + row.pop("off", D(0))
            total += net
            writer.writerow([*row.values(), f"${net:,.2f}"])
        writer.writerow(["TOTAL", "", "", "", "", "", "", f"${total:,.2f}"])
    return path


def compared(world, path, kind="settlements", first=MON, last=SUN, **confirmed) -> Comparison:
    old = read(path, OLD_PAY if kind == "settlements" else OLD_BILL, first, last, (), "")
    return compare(world.books(), kind, old, first, last, confirmed)


def causes(found: Comparison) -> dict[str, list[tuple[Kind, D]]]:
    for row in found.rows:
        assert sum((c.amount for c in row.causes), D(0)) == row.difference, row
    return {row.party or row.shown: [(c.kind, c.amount) for c in row.causes] for row in found.rows if row.causes}


def test_our_own_pay_compared_with_itself_agrees_to_the_cent(paid, tmp_path):
    found = compared(paid, wide(tmp_path / "old.csv", paid))
    assert (found.equal, len(found.rows), causes(found), found.names) == (6, 6, {}, ())
    there, here = found.sums()
    assert there == here == sum(row["net"] for row in paid.table("settlements"))


def test_each_planted_cause_is_found_and_named(paid, tmp_path):
    of = rows_of(paid)
    stops = {d: x["STOP_TIER"][0] for d, x in of.items()}
    path = wide(
        tmp_path / "old.csv", paid,
        D1={"stops": stops["D-1"] - 1, "pay": of["D-1"]["STOP_TIER"][2] - D("2.05")},
        D2={"pay": stops["D-2"] * D("1.85")},  # one rate for all, the second tier forgotten
        D3={"advance": D(0)},
        D4={"miles": of["D-4"]["MILES"][2] + D("0.01")},
        D5={"off": D("10.00")},
        D6={"name": "Farrid Fisher"},
    )  # fmt: skip
    found = compared(paid, path)
    told = causes(found)
    assert told["D-1"] == [(Kind.COUNT, D("2.05"))]
    assert told["D-2"] == [(Kind.RATE, of["D-2"]["STOP_TIER"][2] - stops["D-2"] * D("1.85"))]
    assert told["D-3"] == [(Kind.NO_DEDUCTION, D("-25.00"))]
    assert told["D-4"] == [(Kind.ROUNDING, D("-0.01"))]
    assert told["D-5"] == [(Kind.THEIR_SUM, D("-10.00"))]
    assert [kind for kind, _ in told["D-6"]] == [Kind.NOT_THERE]
    assert [kind for kind, _ in told["Farrid Fisher"]] == [Kind.NOT_HERE]
    [match] = found.names
    assert (match.name, match.party, match.sure) == ("Farrid Fisher", "D-6", False)
    again = compared(paid, path, **{"Farrid Fisher": "D-6"})
    assert "D-6" not in causes(again)
    assert not again.names


def test_a_row_a_line_and_a_row_a_stop(paid, tmp_path):
    path = tmp_path / "lines.csv"
    scans = [r for r in paid.table("attempts") if r["driver_id"] == "D-1"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Driver ID", "Date", "Order", "Description", "Qty", "Rate", "Amount"])
        delivered = [r for r in scans if r["outcome"] == "DELIVERED"]
        for n, scan in enumerate(delivered):
            if n == 5:
                continue  # a stop they forgot
            rate = "2.05" if n >= 30 else "1.85"
            writer.writerow(["D-1", scan["service_date"], scan["stop_id"], "Delivered stop", 1, rate, f"${rate}"])
        writer.writerow(["D-1", MON, "S-99999", "Delivered stop", 1, "1.85", "$1.85"])  # one that nobody planned
        failed = next(r for r in scans if r["outcome"] == "FAILED")
        writer.writerow(["D-1", MON, failed["stop_id"], "Delivered stop", 1, "1.85", "$1.85"])  # one that failed
        writer.writerow(["D-1", SUN, "", "Failed attempts", 4, "0.75", "3.00"])
        for _ in range(2):
            writer.writerow(["D-1", SUN, "", "Mileage", "16.3", "0.38", "6.19"])
        writer.writerow(["D-1", SUN, "", "Advance repayment", "", "", "(25.00)"])
        writer.writerow(["D-1", "2026-02-28", "", "Bonus of February", "", "", "500.00"])  # another week
    told = causes(compared(paid, path))["D-1"]
    assert sorted(told) == sorted(
        [(Kind.NOT_IN_MANIFEST, D("-1.85")), (Kind.NOT_COUNTED, D("-1.85")), (Kind.MISSING_THERE, D("1.85"))]
    )
    [row] = [row for row in compared(paid, path).rows if row.party == "D-1"]
    assert any("here it is failed by D-1" in cause.says for cause in row.causes)


def test_totals_alone(paid, tmp_path):
    nets = {r["driver_id"]: r["net"] for r in paid.table("settlements")}
    path = tmp_path / "bank.csv"
    lines = [
        f'{NAMES[d]},"{net + {"D-2": D("25.00"), "D-3": D("-4.10"), "D-4": D("0.02"), "D-5": D("-13.37")}.get(d, D(0)):,.2f}"'
        for d, net in nets.items()
    ]
    path.write_text("\n".join(["Payee,Check Amount", *lines, "Grand Total,9999"]), encoding="utf-8")
    assert causes(compared(paid, path)) == {
        "D-2": [(Kind.NO_DEDUCTION, D("-25.00"))], "D-3": [(Kind.COUNT, D("4.10"))], "D-4": [(Kind.ROUNDING, D("-0.02"))],
        "D-5": [(Kind.UNKNOWN, D("13.37"))]}  # fmt: skip


@pytest.fixture(scope="module")
def invoiced():
    """Account A-100, one fortnight: 12 deliveries, two of them to homes, two failed attempts, fuel and tax."""
    rows = billing_world()
    for n in range(12):
        visit(rows, n + 1, START, "A", stop={"residential": "Y" if n < 2 else "N"})
    for n in range(2):
        visit(rows, 90 + n, START, "A", "FAILED", reason_code="RECIP_ABSENT")

    class Made:
        def books(self):
            return billed(rows)

    return Made()


def invoice_csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["Customer,Description,Quantity,Unit Price,Line Total", *lines]), encoding="utf-8")
    return path


def test_an_invoice_line_by_line(invoiced, tmp_path):
    last = START.replace(day=START.day + 13)
    ours = compared(
        invoiced, invoice_csv(tmp_path / "none.csv", "Acme online,Deliveries,1,1,1"), "invoices", START, last
    )
    [row] = ours.rows
    made = {line.what: line.ours for line in row.lines}
    assert made["Deliveries"] == D("75.00")
    path = invoice_csv(
        tmp_path / "old.csv",
        "Acme online,Deliveries zone A,11,6.25,68.75",
        "Acme online,Residential,2,1.10,2.20",
        f"Acme online,Fuel surcharge,,,{made['Fuel surcharge'] + D('0.01')}",
        f"Acme online,Sales tax,,,{made['Tax']}",
        "Acme online,Failed attempts,2,4.50,9.00",
    )
    found = compared(invoiced, path, "invoices", START, last)
    assert sorted(causes(found)["A-100"]) == [
        (Kind.COUNT, D("6.25")),
        (Kind.RATE, D("0.10")),
        (Kind.ROUNDING, D("-0.01")),
    ]


def test_the_workbook_says_the_same_and_runs_no_formula(paid, tmp_path):
    path = wide(tmp_path / "old.csv", paid, D1={"name": '=HYPERLINK("http://x","y")'}, D3={"advance": D(0)})
    found = compared(paid, path)
    content = render(found)
    sheets = {tab: cells(content, tab) for tab in tabs(content)}
    assert list(sheets) == ["Summary", "Drivers", "Lines", "Names"]
    assert any("=HYPERLINK" in str(cell) for row in sheets["Drivers"] for cell in row)
    sums = {row[0]: row[2] for row in sheets["Summary"] if row[0] in ("There", "Here", "Difference")}
    there, here = found.sums()
    assert (D(str(sums["There"])), D(str(sums["Here"]))) == (there, here)
    by_driver = sum(D(str(row[5])) for row in sheets["Drivers"][1:])
    assert by_driver == here - there
    assert any(row[0] == "Missing deduction" for row in sheets["Summary"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Colour,Net Pay\nred,5", "names no driver or account. Say which column does with --map"),
        ("Driver,Colour\nAna,red", "has no column of amounts."),
        ("Driver,Net Pay", "holds no rows"),
        ("Driver,Date,Amount\nAna,03/04/2026,5\nAna,04/05/2026,5", "can be read month first or day first"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_sentence(paid, tmp_path, text, sentence):
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        compared(paid, path)
    assert sentence in str(refused.value)


def test_in_an_office_names_are_confirmed_once_and_the_workbook_is_kept(tmp_path, capsys):
    with office(tmp_path / "home") as one:
        one.take_in(
            "p.csv",
            "Plan | Version | From | Tiers per | Tier mode\nPP | 1 | 2026-01-01 | WEEK | GRADUATED",
            "pay_plans",
        )
        one.take_in("t.csv", "Plan | Version | Tier | Rate\nPP | 1 | 1 | 1.85", "pay_tiers")
        one.take_in("e.csv", "Plan | Version | No. | Delivered | Expected\nPP | 1 | 1 | 2 | 3.70", "pay_examples")
        one.take_in("w.csv", "Driver | From | Plan\nD-7 | 2026-01-01 | PP", "driver_plans")
        one.run("activate-plans")
        one.run("activate-plans")
        one.take_in("plan.csv", manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park"), "orders", "2026-03-10")
        one.at("2026-03-10 20:30")
        one.take_in("done.csv", """
            Order | Account | Route | Driver | Status | Completed
            1041 | A1 | R12 | D-7 | Delivered | 2026-03-10 13:40
            1042 | A1 | R12 | D-7 | Delivered | 2026-03-10 14:05
        """, "completions")  # fmt: skip
        one.run("reconcile-day", "2026-03-10")
        old = tmp_path / "old.csv"
        old.write_text("Courier,Stops,Stop Pay\nAnna,3,5.55\n", encoding="utf-8")
        first = run(one.app, Asked("settlements", old, "2026-03-10"), one.params())
        assert [m.party for m in first.names] == ["D-7"]
        said = capsys.readouterr().out
        assert "“Anna” is probably D-7. Confirm with --name" in said
        run(one.app, Asked("settlements", old, "2026-03-10", names=("Anna=D-7",)), one.params())
        assert "Count -1.85: 3 there, 2 here: 1 fewer here" in capsys.readouterr().out
        again = run(one.app, Asked("settlements", old, "2026-03-09..2026-03-15"), one.params())
        assert not again.names
        assert (one.app.settings.home / "compared" / "settlements-2026-03-09-2026-03-15.xlsx").exists()
        assert one.rows("settlements") == []
        for asked, sentence in (
            (Asked("pay", old, "2026-03"), "pay cannot be compared."),
            (Asked("settlements", old, "March"), "--period March is not a period."),
            (Asked("settlements", old, "2026-03-09..2026-03-01"), "is not a period."),
            (Asked("settlements", old, "2026-01"), "No settlement of ours ends between 2026-01-01 and 2026-01-31."),
            (Asked("settlements", old, "2026-03", names=("Anna",)), "--name Anna cannot be read."),
            (Asked("settlements", old, "2026-03", names=("Anna=D-99",)), "there is no driver D-99."),
        ):
            with pytest.raises(Refused) as refused:
                run(one.app, asked, one.params())
            assert sentence in str(refused.value)


CELLS = st.one_of(st.sampled_from(["", "Driver", "Net Pay", "Stops", "Amount", "Date", "Ana Alvarez", "D-1", "$1,240.50", "(25.00)", "1.240,50", "TOTAL", "—", "=1+1",
                                   "2026-03-03", "03/04/2026", "1e400", "nan", "-", "Order", "Description", "Rate", "Qty", "9" * 40]),
                  st.text(max_size=12), st.floats(allow_nan=True), st.integers(-(10**20), 10**20), st.none(), st.booleans(),
                  st.dates(), st.times())  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=8))
def test_a_file_in_any_shape_is_read_or_refused_in_one_sentence(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("any")
    with (folder / "old.csv").open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows(lines)
    book = xlsxwriter.Workbook(
        folder / "old.xlsx",
        {"nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False},
    )
    sheet = book.add_worksheet()
    for row, line in enumerate(lines):
        for col, cell in enumerate(line):
            if cell is not None:
                sheet.write(row, col, cell if not isinstance(cell, int) or isinstance(cell, bool) else float(cell))
    book.close()
    for name in ("old.csv", "old.xlsx"):
        for table in (OLD_PAY, OLD_BILL):
            try:
                old = read(folder / name, table, MON, SUN, (), "")
            except Refused as refused:
                assert str(refused).endswith((".", ")"))
                assert "\n" not in str(refused)
            else:
                assert all(party.total == party.total.quantize(D("0.01")) for party in old.parties)


def test_a_workbook_with_a_title_unrounded_sums_and_two_tabs(paid, tmp_path):
    nets = {r["driver_id"]: r["net"] for r in paid.table("settlements")}
    book = xlsxwriter.Workbook(tmp_path / "old.xlsx")
    book.add_worksheet("Notes").write(0, 0, "Prepared by the bookkeeper")
    sheet = book.add_worksheet("Week 10")
    sheet.write_row(1, 0, ["Drivers, week 10"])
    sheet.write_row(3, 0, ["Courier", "", "Take Home"])
    for row, (driver, net) in enumerate(nets.items(), start=4):
        sheet.write_row(row, 0, [NAMES[driver].upper(), "paid", float(net) + 1e-13])
    sheet.write_row(11, 0, ["Grand total", "", 1.0])
    book.close()
    assert compared(paid, tmp_path / "old.xlsx").equal == len(nets)


def test_a_month_of_causes_fits_into_the_workbook(paid, tmp_path):
    """A party's row tells the first of them; each has its row on Lines."""
    path = tmp_path / "long.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Driver ID", "Date", "Order", "Description", "Qty", "Rate", "Amount"])
        writer.writerows(["D-1", MON, f"S-9{n:05}", "Delivered stop", 1, "1.85", "1.85"] for n in range(1200))
    content = render(compared(paid, path))
    [row] = [row for row in cells(content, "Drivers") if row[0] == "D-1"]
    assert str(row[7]).count("\n") == 8
    assert "more, on tab Lines" in str(row[7])
    assert sum(row[0] == "D-1" and row[6] == "Stop not in the manifest" for row in cells(content, "Lines")) == 1200
