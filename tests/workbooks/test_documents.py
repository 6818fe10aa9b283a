"""Documents: they add up or are not made, the workbook adds up again by its own formulas, the page is the same every time."""

import io
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import ironcalc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.billing import START, D, books, card, line, visit, world, zone
from tests.strategies import texts
from tests.workbooks.layout.sample import content
from workbooks.documents import Document, Field, Party, Section, Total, render_pdf, render_workbook
from workbooks.documents.invoice import SERVICE, STOPS, document
from workbooks.layout import build
from workbooks.layout.styles import FONT
from workbooks.pipeline.bill.drafting import charge_rows, cycle_of, invoice_row, line_rows
from workbooks.problems import Refused

ROWS = ((date(2026, 3, 2), "Zone A", D("412"), D("6.25"), D("2575.00")), (None, "=1+1", None, None, D("-0.35")))


def sample(rows=ROWS, **more) -> Document:
    columns = (
        Field("Day", "date"),
        Field("What", "text", 30),
        Field("Quantity", "qty"),
        Field("Rate", "rate"),
        Field("Amount", "money"),
    )
    total = sum((row[-1] for row in rows), Decimal(0))
    given_ = {
        "kind": "Invoice", "number": "INV-000001", "title": "Delivery services", "party": Party("Acme", ("ap@acme.test",)),
        "period": (date(2026, 3, 2), date(2026, 3, 15)),
        "sections": (Section("Deliveries", columns, tuple(rows), total), Section("Every stop", columns, tuple(rows), total, tab=True, agrees_with="Deliveries")),
        "totals": (Total("Subtotal", total, ("Deliveries",)), Total("Told", D("1.00")), Total("Total due", total + 1, ("Subtotal", "Told"), strong=True)),
        "control_total": total + 1,
    }  # fmt: skip
    return Document(**(given_ | more))


class Sheet:
    """A workbook recalculated by another program."""

    def __init__(self, content: bytes, folder: Path) -> None:
        path = folder / "doc.xlsx"
        path.write_bytes(content)
        self.model = ironcalc.load_from_xlsx(str(path))
        self.tabs = [each["name"] for each in self.model.get_worksheets_properties()]

    def rows(self, tab=0, width=14, height=60):
        return [[self.model.get_formatted_cell_value(tab, r, c) for c in range(1, width)] for r in range(1, height)]

    def beside(self, label, tab=0):
        [row] = [row for row in self.rows(tab) if label in row]
        return next(value for value in row[row.index(label) + 1 :] if value)

    def recalculated(self, label, change=None):
        if change is not None:
            self.model.set_user_input(*change)
        self.model.evaluate()
        return self.beside(label)


def formulas(content: bytes) -> list[str]:
    """Every formula in the file, as it stands in its XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    return [found for sheet in sheets for found in re.findall("<f[^>]*>([^<]*)</f>", sheet)]


def test_the_workbook_adds_up_again_and_says_when_somebody_changed_it(tmp_path):
    sheet = Sheet(render_workbook(sample()), tmp_path)
    assert sheet.tabs == ["Summary", "Every stop"]
    assert sheet.recalculated("Total due") == "2,575.65"
    assert sheet.recalculated("Check") == "OK"
    first = next(n for n, row in enumerate(sheet.rows(), 1) if "Zone A" in row)
    assert sheet.recalculated("Total due", (0, first, 5, "2575.01")) == "2,575.66"
    assert sheet.beside("Check") == "DOES NOT ADD UP"


def test_a_changed_stop_on_the_backup_tab_is_noticed_too(tmp_path):
    sheet = Sheet(render_workbook(sample()), tmp_path)
    assert sheet.recalculated("Check", (1, 2, 5, "9.99")) == "DOES NOT ADD UP"


def test_values_stand_beside_the_formulas_for_those_who_only_read(tmp_path):
    import python_calamine

    path = tmp_path / "d.xlsx"
    path.write_bytes(render_workbook(sample()))
    values = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Summary").to_python()
    assert any("Total due" in row and 2575.65 in row for row in values)


def test_text_from_outside_is_never_a_formula(tmp_path):
    content = render_workbook(sample(party=Party("=HYPERLINK(1)", ("+1", "@x")), title="-1+1"))
    found = formulas(content)
    assert len(found) == 5
    assert all(text.startswith(("ROUND(", "IF(AND(")) for text in found)
    shown = [cell for row in Sheet(content, tmp_path).rows() for cell in row]
    assert {"=1+1", "=HYPERLINK(1)", "+1", "@x", "-1+1"} <= set(shown)


def test_the_same_document_gives_the_same_bytes():
    assert render_workbook(sample()) == render_workbook(sample())


def test_a_workbook_that_was_built_meanwhile_changes_no_documents_bytes():
    """The fingerprint of an invoice stands in the books; what the library notes in the fonts it is given is not ours."""
    before = dict(FONT)
    one = render_workbook(sample())
    build(content("payroll", 3))
    assert render_workbook(sample()) == one
    assert before == FONT == {"font_name": "Arial", "font_size": 10}
    assert render_pdf(sample()) == render_pdf(sample())
    assert render_pdf(sample()) != render_pdf(sample(title="Other"))


def words(content: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed here, so nobody can read the page back")
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True)
    return found.stdout.decode()


def test_the_page_says_it_all_and_takes_no_text_for_markup():
    doc = sample(party=Party("#strong[Acme] *& Co* $x$ <b>"), notes=("Line 1 \\ #pagebreak()",), paper="a4")
    text = words(render_pdf(doc))
    for piece in ("#strong[Acme] *& Co* $x$ <b>", "Line 1 \\ #pagebreak()", "INV-000001", "2,575.65", "−0.35", "Page 1 of 1",
                  "Every stop: 2 rows on a tab of the workbook"):  # fmt: skip
        assert piece in text, piece


def test_many_rows_go_over_pages_with_their_header():
    rows = tuple((date(2026, 3, 2), f"Stop {n}", D(1), D("1.10"), D("1.10")) for n in range(120))
    pages = [page for page in words(render_pdf(sample(rows))).split("\f") if "Stop " in page]
    assert len(pages) >= 3
    assert all("Quantity" in page and "Control total 133.00 USD" in page for page in pages)
    assert "Stop 119" in pages[-1]


@pytest.mark.parametrize(("change", "what"), [
    ({"control_total": D("1.00")}, "the control total is 1.00, Total due is 2575.65"),
    ({"totals": (Total("Total due", D("5.00"), ("Deliveries",)),), "control_total": D("5.00")}, "Total due says 5.00, but Deliveries makes 2574.65"),
    ({"totals": (Total("Total due", D("0.00"), ("Elsewhere",)),), "control_total": D("0.00")}, "Elsewhere makes 0"),
    ({"sections": (replace(sample().sections[0], total=D("1.00")),)}, "Deliveries says 1.00, its rows make 2574.65"),
    ({"sections": (sample().sections[0], replace(sample().sections[1], rows=sample().sections[1].rows[:1], total=D("2575.00")))},
     "Every stop makes 2575.00, Deliveries is 2574.65"),
    ({"sections": (sample().sections[0], sample().sections[0])}, "two parts are called Deliveries"),
])  # fmt: skip
def test_what_does_not_add_up_cannot_be_made(change, what):
    with pytest.raises(Refused, match="does not add up") as refused:
        sample(**change)
    assert what in str(refused.value)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(texts(), st.decimals(-9999, 9999, places=2)), min_size=1, max_size=5), texts())
def test_any_name_and_amount_comes_out_as_it_is(tmp_path_factory, rows, name):
    doc = sample(tuple((None, text, None, None, amount) for text, amount in rows), party=Party(name))
    assert render_pdf(doc).startswith(b"%PDF")
    sheet = Sheet(render_workbook(doc), tmp_path_factory.mktemp("doc"))
    assert sheet.recalculated("Check") == "OK"
    assert sheet.recalculated("Total due") == f"{doc.control_total:,.2f}"


# ---------------------------------------------------------------- invoices


def two_clients(seed: int):
    """Acme and Zed, served on the same days and routes, each with words that only it may see."""
    rows = world()
    rows["volume_tiers"] = []
    rows["accounts"].append({**rows["accounts"][0], "account_id": "Z-200", "client_id": "ZED", "name": "Zed pharmacy"})
    rows["clients"].append({"client_id": "ZED", "name": "Zed & Sons", "status": "ACTIVE"})
    rows["rate_cards"].append(card(1, card_id="RC-Z", account_id="Z-200"))
    rows["rate_lines"].append(line("BASE", "3.3333", card="RC-Z"))
    rows["zones"].append(zone("zz", "DEFAULT", None, account="Z-200"))
    for number in range(7):
        for account in ("A-100", "Z-200"):
            order = f"{account[0].lower()}{seed}x{number}"
            visit(
                rows,
                order,
                START,
                account=account,
                stop={"recipient": f"Person {order}"},
                pod_photo=f"https://pod.test/{order}",
            )
    return rows


def invoice_of(rows, account_id) -> Document:
    base = books(rows)
    cycle = cycle_of(base, account_id, START)
    row = {**invoice_row(cycle, "X"), "invoice_no": "INV-000009", "posted_on": START, "due_date": START}
    stops, attempts = (
        {str(r[key]): r for r in rows[name]} for name, key in (("stops", "stop_id"), ("attempts", "attempt_id"))
    )
    charges = [c for c in charge_rows(cycle, "X", "INVOICED") if c["status"] == "INVOICED"]
    account = next(a for a in rows["accounts"] if a["account_id"] == account_id)
    client = next(c for c in rows["clients"] if c["client_id"] == account["client_id"])
    return document(row, line_rows(cycle, "X"), charges, stops, attempts, account, client, Party("Northway"))


def test_an_invoice_adds_up_from_its_stops_to_its_control_total(tmp_path):
    doc = invoice_of(two_clients(1), "A-100")
    sheet = Sheet(render_workbook(doc), tmp_path)
    assert sheet.recalculated("Total due") == f"{doc.control_total:,.2f}" == sheet.beside("Control total")
    assert sheet.beside("Check") == "OK"
    stops = next(s for s in doc.sections if s.title == STOPS)
    assert stops.sum == next(t.amount for t in doc.totals if t.label == SERVICE)
    assert sheet.tabs == ["Summary", "Every stop"]
    assert len(stops.rows) == 7
    summary = words(render_pdf(doc))
    assert f"{doc.control_total:,.2f}" in summary
    assert "Fuel, week of 2026-03-02: 11.5 % of" in summary


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**9))
def test_no_client_sees_what_belongs_to_another(tmp_path_factory, seed):
    rows = two_clients(seed)
    folder = tmp_path_factory.mktemp("leak")
    secrets = {
        account: {str(v) for name in ("stops", "attempts") for r in rows[name] if r["stop_id"].startswith(account)
                  for k, v in r.items() if k in ("stop_id", "order_ref", "recipient", "attempt_id", "pod_photo")}
        for account in ("A-100", "Z-200")
    }  # fmt: skip
    secrets["A-100"] |= {"Acme", "Acme online"}
    secrets["Z-200"] |= {"Zed & Sons", "Zed pharmacy", "zz", "3.3333"}
    for account, other in (("A-100", "Z-200"), ("Z-200", "A-100")):
        doc = invoice_of(rows, account)
        sheet = Sheet(render_workbook(doc), folder)
        seen = {cell for tab in range(len(sheet.tabs)) for row in sheet.rows(tab) for cell in row}
        seen |= set(words(render_pdf(doc)).split())
        assert not seen & secrets[other]
        assert not any(secret in cell for secret in secrets[other] if len(secret) > 6 for cell in seen)
        assert seen & secrets[account]
