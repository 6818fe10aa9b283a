"""A new company sets itself up: by interview, by a file of answers, twice, with typing errors, interrupted."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stopbook import settings
from stopbook.app import now, opened
from stopbook.init import begin
from stopbook.init.answers import EXAMPLE
from stopbook.init.examples import FORMS, Place, rows
from stopbook.init.forms import HEAD, columns, form
from stopbook.init.interview import silent
from tests.office import Office
from tests.sheets_sync.programs import saved
from workbooks import cells
from workbooks.cells import Reading
from workbooks.intake.kinds import target_table
from workbooks.problems import Refused

AT = Place("CHI", "America/Chicago", "ACME", date(2026, 3, 10))
ANSWERS = ["Lakeside Delivery", "Lena Ortiz", "lena@lakeside.example", "no", "60601", "", "", "", "85003", "Phoenix", "PHX", "SUN", "",
           "Acme Stores", "ACME", "weekly", ""]  # fmt: skip


class Scripted:
    """Somebody who answers line by line; what is turned away is kept."""

    def __init__(self, lines):
        self.lines, self.asked, self.turned_away = list(lines), [], []

    def __call__(self, question, default="", right=None):
        self.asked.append(question)
        while True:
            if not self.lines:
                raise KeyboardInterrupt
            answer = self.lines.pop(0) or default
            wrong = right(answer) if right else ""
            if not wrong:
                return answer
            self.turned_away.append(wrong)


def quiet(sentence):
    pass


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_interview_of_a_few_questions_makes_a_home_that_works(tmp_path):
    said, who = [], Scripted(ANSWERS)
    laid = begin(tmp_path / "home", None, who, said.append)
    assert laid.fresh
    assert not who.lines
    assert said == ["Chicago, IL; time zone America/Chicago.", "Phoenix, AZ; time zone America/Phoenix."]
    with opened(settings.load(laid.home)) as app:
        books = app.ledger.books()
        assert [(r["market_id"], r["tz"], r["week_start"]) for r in books.rows("markets")] == [
            ("CHI", "America/Chicago", "MON"), ("PHX", "America/Phoenix", "SUN")]  # fmt: skip
        assert books.row("accounts", "ACME")["cycle"] == "WEEKLY"
        assert books.row("users", "lena@lakeside.example")["can_post"] is True
        assert books.row("settings", "company_name", "")["value"] == "Lakeside Delivery"
        assert books.row("settings", "maker_may_approve", "")["value"] == "YES"
        year = now().year
        days = {(r["market_id"], r["date"]): r for r in books.rows("calendar")}
        assert days["CHI", date(year, 12, 25)]["holiday"] is True
        assert days["PHX", date(year, 11, 11)]["holiday"] is False
        assert days["PHX", date(year, 11, 11)]["index_holiday"] is True
        zones = {(r["zone"], r["match_value"]) for r in books.rows("zones")}
        assert ("CHI", "606") in zones
        assert ("PHX", "850") in zones
        assert ("OTHER", None) in zones
        assert not [r for r in books.rows("health") if r["status"] == "OPEN"]
    assert {path.name for path in (laid.home / "workbooks").iterdir()} == {file for file, _ in laid.workbooks}
    assert settings.load(laid.home).signed == "Lena Ortiz"


def test_what_a_file_leaves_open_is_asked(tmp_path, answers):
    answers.write_text(EXAMPLE.partition("[[clients]]")[0].replace('name = "Lena Ortiz" ', "#"), encoding="utf-8")
    who = Scripted(["Lena", "Acme Stores", "", "", ""])
    begin(tmp_path / "home", answers, who, quiet)
    assert [question.partition(",")[0] for question in who.asked] == [
        "Your name", "Name of a client you deliver for", "Its short code", "How often it is invoiced (DAILY", "Name of the next client"]  # fmt: skip


def test_what_cannot_be_right_is_asked_again(tmp_path):
    wrong = ["Lakeside", "Lena", "lena at home", "lena@lakeside.example", "perhaps", "yes", "00000", "60601", "", "too long a code", "", "MO", "",
             "", "Acme", "", "SOMETIMES", "MONTHLY", ""]  # fmt: skip
    who = Scripted(wrong)
    begin(tmp_path / "home", None, who, quiet)
    assert [sentence.partition(".")[0] for sentence in who.turned_away] == [
        "“lena at home” is not an e-mail address", "Write yes or no", "“00000” is not a ZIP code; write five digits, such as 60601",
        "“too long a code” is no code", "“MO” is none of the choices", "“SOMETIMES” is none of the choices"]  # fmt: skip


def test_an_interview_that_ends_early_leaves_nothing(tmp_path):
    for count in range(len(ANSWERS)):
        with pytest.raises((KeyboardInterrupt, Refused)):
            begin(tmp_path / "home", None, Scripted(ANSWERS[:count]), quiet)
        assert not (tmp_path / "home").exists()


def test_a_file_of_answers_asks_nothing_and_again_changes_nothing(tmp_path, answers):
    home = tmp_path / "home"
    assert begin(home, answers, silent, quiet).fresh
    before = contents(home)
    again = begin(home, answers, silent, quiet)
    assert not again.fresh
    assert again.markets == ("Chicago (CHI)",)
    assert {name: data for name, data in contents(home).items() if "ledger" not in name} == {
        name: data for name, data in before.items() if "ledger" not in name
    }


def test_a_form_somebody_filled_in_stays_and_a_lost_one_comes_back(tmp_path, answers):
    home = tmp_path / "home"
    begin(home, answers, silent, quiet)
    (home / "start" / "payroll.xlsx").write_bytes(b"filled in")
    (home / "start" / "va.xlsx").unlink()
    (home / "workbooks" / "setup.xlsx").unlink()
    begin(home, answers, silent, quiet)
    assert (home / "start" / "payroll.xlsx").read_bytes() == b"filled in"
    assert (home / "start" / "va.xlsx").exists()
    assert (home / "workbooks" / "setup.xlsx").exists()


def test_power_that_fails_between_settings_and_ledger_costs_nothing(tmp_path, answers, monkeypatch):
    home = tmp_path / "home"
    with monkeypatch.context() as patch:
        patch.setattr(
            sys.modules["stopbook.init.lay_out"], "plan_of", lambda *_, **__: (_ for _ in ()).throw(OSError("power"))
        )
        with pytest.raises(OSError, match="power"):
            begin(home, answers, silent, quiet)
    assert (home / "stopbook.toml").exists()
    assert begin(home, answers, silent, quiet).fresh
    assert begin(home, answers, silent, quiet).accounts == ("Acme online (ACME)",)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("company =", "companny ="), "there is no key companny. Did you mean company?"),
        (("zip =", "zipp ="), "there is no key markets.zipp. Did you mean zip?"),
        (("[[clients.accounts]]", "[[clients.billing]]"), "there is no key clients.billing. There are: code, name, email, accounts."),
        (('company = "Lakeside Delivery"', "company = Lakeside"), "is not a valid file of answers"),
        (('email = "lena@lakeside.example"', ""), "email: it is missing. Add it, or leave --yes out to be asked."),
        (('zip = "60601"', 'zip = "606"'), "markets no. 1 zip: “606” is not a ZIP code; write five digits, such as 60601."),
        (('zip = "60601"', ""), "market CHI needs a zip, or a timezone such as America/Toronto."),
        (('week_start = "MON"', 'week_start = "MONDAY"'), "“MONDAY” is none of the choices. Write MON, TUE"),
        (('cycle = "WEEKLY"', 'cycle = "OFTEN"'), "clients no. 1 accounts no. 1 cycle: “OFTEN” is none of the choices."),
        (("[[clients]]", '[[markets]]\ncode = "CHI"\nname = "Again"\nzip = "60601"\n\n[[clients]]'), "the market CHI is named twice."),
        (("alone = false", 'alone = "perhaps"'), "alone: “perhaps” is not right"),
        (("[[markets]]", "[markets]"), "write each of markets as [[markets]] with its keys below."),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_one_sentence_and_nothing_is_written(tmp_path, answers, change, sentence):
    assert change[0] in EXAMPLE
    answers.write_text(EXAMPLE.replace(*change), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        begin(tmp_path / "home", answers, silent, quiet)
    assert sentence in str(refused.value)
    assert "answers.toml" in str(refused.value)
    assert not (tmp_path / "home").exists()


def test_a_folder_with_other_things_and_a_file_are_left_alone(tmp_path, answers):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"miaow")
    with pytest.raises(Refused, match=r"holds other things \(cat.jpg\). Name an empty folder or a new one."):
        begin(tmp_path / "photos", answers, silent, quiet)
    with pytest.raises(Refused, match=r"is a file\. Name a folder\."):
        begin(answers, answers, silent, quiet)
    with pytest.raises(Refused, match="There is no file"):
        begin(tmp_path / "home", tmp_path / "nothing.toml", silent, quiet)


def test_every_example_is_right_and_every_must_has_one():
    for tabs in FORMS.values():
        for name in tabs:
            table, example = target_table(name), rows(AT)[name]
            shown = {column.name for column in columns(table, AT)}
            assert set(example) <= shown, name
            assert {column.name for column in columns(table, AT) if column.required} <= set(example), name
            how = Reading(ZoneInfo(AT.tz), "YMD")
            read = {key: cells.read(text, table.by_name[key], how) for key, text in example.items()}
            assert not [check.wrong(read) for check in table.checks if check.wrong(read)]


def filled(name):
    """The form with its example copied below the headers, as a person begins."""

    def copy(sheets):
        for sheet in sheets.values():
            width = len(sheet[HEAD])
            while len(sheet) < HEAD + 2:
                sheet.append([""] * width)
            sheet[HEAD + 1] = list(sheet[HEAD - 1])

    return saved(form(name, AT), copy)


def test_forms_as_they_are_bring_nothing_and_filled_in_they_are_a_company_that_pays_and_bills(tmp_path, answers):
    home = tmp_path / "home"
    begin(home, answers, silent, quiet)
    with opened(settings.load(home)) as app:
        one = Office(app)
        for name in FORMS:
            (tmp_path / f"{name}.xlsx").write_bytes(form(name, AT))
            plan = one.take_in_file(tmp_path / f"{name}.xlsx").plan
            assert not plan.puts
            assert not plan.blocked
        for name in FORMS:
            (tmp_path / f"{name}.xlsx").write_bytes(filled(name))
            plan = one.take_in_file(tmp_path / f"{name}.xlsx").plan
            assert [str(problem) for problem in plan.blocked] == [], name
        one.run("activate-plans")
        assert [(r["plan_id"], r["status"]) for r in one.rows("pay_plans")] == [("STANDARD", "TESTED")]
        assert one.run("activate-cards").plan.notes == (
            "Card ACME-CARD v1 is tested and waits for a manager in Approved by.",
        )
        assert one.row("stops", "ACME-1001-1")["status"] == "CANCELLED" or one.rows("attempts")
        one.run("sign-cut-over")
        assert [r["amount"] for r in one.rows("driver_ledger")] == [150]


def test_from_the_command_line(tmp_path, answers):
    def run(*arguments, typed=""):
        done = subprocess.run([sys.executable, "-m", "stopbook", *arguments], capture_output=True, text=True, encoding="utf-8", timeout=120,
                              cwd=tmp_path, input=typed, env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"})  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr.strip()

    assert run("init")[2] == "Name the folder to set up, such as: stopbook init my-company"
    assert run("init", "--example")[1] == EXAMPLE
    code, said, wrong = run("init", "co", typed="Lakeside\n")
    assert (code, wrong) == (2, "The interview ended early; nothing was written. Run it again when you like.")
    assert "Your name: " in said
    code, said, _ = run("init", "co", typed="\n".join([*ANSWERS, ""]))
    assert code == 0
    assert "Lakeside Delivery is set up in co" in said
    assert "stopbook --home co import co/start/manager.xlsx" in said
    code, said, _ = run("init", "co", "--from", "answers.toml", "--yes")
    assert "is set up already; nothing was changed in co" in said
    (tmp_path / "co" / "stopbook.toml").write_text('compny = "X"\n', encoding="utf-8")
    assert run("init", "co")[2].endswith("stopbook.toml: compny is not a setting. Did you mean company?")
