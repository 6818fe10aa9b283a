"""The command line as a person uses it: every answer one sentence, never a traceback."""

import json
import os
import subprocess
import sys

import pytest

from tests.office import manifest
from tests.tutorial import typed


@pytest.fixture
def stopbook(tmp_path):
    """Runs the command in a home of its own; returns (exit code, what was printed, what was said as a problem)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code, said, wrong = typed(["stopbook", "--home", str(tmp_path / "home"), *arguments], cwd=tmp_path)
        assert "Traceback" not in said + wrong
        return code, said, wrong.strip()

    return run


@pytest.fixture
def company(stopbook, tmp_path):
    """A home with a market, an account and two drivers, taken in from files."""
    for name, text in {
        "markets.csv": "Market,Name,Time zone\nCHI,Chicago,America/Chicago\n",
        "clients.csv": "Client,Name,Status\nACME,Acme,ACTIVE\n",
        "accounts.csv": "Account,Client,Name\nA1,ACME,Acme online\n",
        "drivers.csv": "Driver,Name,Status\nD-7,Ana,ACTIVE\nD-9,Ben,ACTIVE\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        code, said, wrong = stopbook("import", name, "--table", name.removesuffix(".csv"))
        assert (code, wrong) == (0, ""), said
    text = manifest("2026-03-10", "1041 Al Bo", "1042 Jo Park").replace(" | ", ",")
    (tmp_path / "manifest.csv").write_text(text, encoding="utf-8")
    return stopbook


def test_in_a_process_of_its_own_it_says_the_same(tmp_path):
    """The other tests run the command within themselves, which is quicker."""
    for words, code, said, wrong in (
        (("profiles",), 0, "route4me-orders", ""),
        (("run", "reconcile-day"), 2, "", "Say which day with --date, such as --date 2026-03-10.\n"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "stopbook", "--home", str(tmp_path / "home"), *words],
            capture_output=True, text=True, encoding="utf-8", timeout=120, cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (code, wrong)
        assert said in done.stdout


def test_a_day_from_the_command_line(company, tmp_path):
    code, said, _ = company(
        "import",
        "manifest.csv",
        "--timezone",
        "America/Chicago",
        "--market",
        "CHI",
        "--date",
        "2026-03-10",
        "--preview",
    )
    assert code == 0
    assert said.startswith("Import file (preview, nothing written): 8 will be created, 0 unchanged.")
    company("import", "manifest.csv", "--timezone", "America/Chicago", "--market", "CHI", "--date", "2026-03-10")
    code, said, _ = company(
        "import", "manifest.csv", "--timezone", "America/Chicago", "--market", "CHI", "--date", "2026-03-10"
    )
    assert said.startswith("Import file: Nothing new since ")
    (tmp_path / "scans.csv").write_text(
        "Order,Account,Driver,Status,Reason,Completed\n1041,A1,D-7,Delivered,,2026-03-10T13:40:00-05:00\n"
        "1042,A1,D-7,Failed,nobody home,2026-03-10T14:05:00-05:00\n", encoding="utf-8")  # fmt: skip
    code, said, _ = company("import", "scans.csv", "--table", "completions")
    assert code == 0
    assert "“nobody home” is none of our reason codes" in said
    assert company("run", "reconcile-day", "--date", "2026-03-10")[0] == 0
    assert company("run", "open-exceptions", "--date", "2026-03-10")[0] == 0
    code, said, _ = company("run", "write-workbooks")
    assert "files were written" in said
    written = {path.name for path in (tmp_path / "home" / "workbooks").iterdir()}
    assert written >= {"va-CHI.xlsx", "dispatch-CHI.xlsx", "manager.xlsx", "setup.xlsx"}
    _, said, _ = company("show", "exceptions", "--json")
    [case] = json.loads(said)
    assert (case["exc_id"], case["code"], case["status"]) == ("X-A1-1042-1-data", "UNKNOWN", "NEW")
    _, said, _ = company("show", "exceptions", "--where", "status=NEW", "--where", "due_2h>2026-03-10 10:00")
    assert "X-A1-1042-1-data" in said
    _, said, _ = company("history", "stops", "A1-1042-1")
    assert "PLANNED" in said
    assert "ATTEMPTED" in said
    assert "reconciled" in said


def test_exports_never_run_formulas(company, tmp_path):
    (tmp_path / "evil.csv").write_text(
        'Driver,Name,Status\nD-1,"=HYPERLINK(""http://x"",""y"")",ACTIVE\n', encoding="utf-8"
    )
    company("import", "evil.csv", "--table", "drivers")
    _, said, _ = company("show", "drivers", "--csv")
    assert '"\'=HYPERLINK(""http://x"",""y"")"' in said
    code, said, _ = company("show", "drivers", "--xlsx", "out/drivers.xlsx")
    assert code == 0
    assert (tmp_path / "out" / "drivers.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "reconcile-day"), "Say which day with --date, such as --date 2026-03-10."),
        (("run", "reconcile-day", "--date", "10/03/2026"), "--date 10/03/2026 is not a date. Write it as 2026-03-10."),
        (("run", "reconcile-day", "--date", "2026-03-10", "--market", "nyc"), "There is no market NYC. Markets on tab Markets: none yet; import the markets first."),
        (("run", "reconcile"), "There is no job reconcile. Jobs: import-file, reconcile-day"),
        (("run", "import-file"), "Files are taken in with: stopbook import FILE."),
        (("show", "excuses"), "There is no tab excuses. Tabs: exceptions, recon"),
        (("show", "stops", "--where", "colour=red"), "Stops has no column colour. Columns: stop_id"),
        (("show", "stops", "--where", "nonsense"), "--where nonsense cannot be read."),
        (("show", "stops", "--where", "seq=many"), "--where seq=many: “many” is not a number."),
        (("show", "stops", "--timezone", "Mars/Base"), "--timezone: “Mars/Base” is not a time zone"),
        (("history", "stops", "S-1"), "Stops has no row S-1."),
        (("import", "missing.csv"), "There is no file"),
        (("import", "missing.csv", "--dates", "YDM"), "--dates YDM is not an order of dates. Write MDY or DMY."),
        (("import", "missing.csv", "--epoch", "h"), "--epoch h is not a unit. Write s or ms."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_sentence(stopbook, arguments, sentence):
    code, said, wrong = stopbook(*arguments)
    assert code == 2
    assert said == ""
    assert wrong.startswith(sentence) or sentence in wrong
    assert "\n" not in wrong


def test_a_settings_file_with_a_typo(stopbook, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "stopbook.toml").write_text('compny = "x"\n', encoding="utf-8")
    code, _, wrong = stopbook("show", "stops")
    assert code == 2
    assert wrong.endswith("stopbook.toml: compny is not a setting. Did you mean company?")
    (tmp_path / "home" / "stopbook.toml").write_text("company = \n", encoding="utf-8")
    code, _, wrong = stopbook("show", "stops")
    assert code == 2
    assert "is not a valid settings file" in wrong


def test_a_fault_inside_is_a_number_and_the_log_has_the_rest(stopbook, tmp_path, monkeypatch):
    """A ledger whose table is gone is nobody's mistake at the keyboard: the person gets a number, the log the details."""
    home = tmp_path / "home"
    (tmp_path / "break.py").write_text(
        "import sys, stopbook.cli, stopbook.runner\n"
        "def broken(*_): raise RuntimeError('wires crossed')\n"
        "stopbook.runner._planned = broken\n"
        f"sys.argv = ['stopbook', '--home', {str(home)!r}, 'run', 'health-check']\n"
        "stopbook.cli.main()\n", encoding="utf-8")  # fmt: skip
    done = subprocess.run(
        [sys.executable, str(tmp_path / "break.py")], capture_output=True, text=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    number = done.stderr.split("the number ")[1].split(";")[0]
    log = (home / "logs" / "stopbook.log").read_text(encoding="utf-8")
    assert number in log
    assert "wires crossed" in log


def test_profiles_are_listed_and_answers_remembered(company, tmp_path):
    _, said, _ = company("profiles")
    assert "route4me-orders" in said
    (tmp_path / "odd.csv").write_text("Fahrer,Nom\nD-20,Zoe\n", encoding="utf-8")
    code, said, wrong = company(
        "import",
        "odd.csv",
        "--table",
        "drivers",
        "--map",
        "Fahrer=driver_id",
        "--map",
        "Nom=display",
        "--set",
        "status=ACTIVE",
        "--save-as",
        "berlin",
    )
    assert code == 0, wrong
    assert "--profile berlin" in said
    (tmp_path / "odd2.csv").write_text("Fahrer,Nom\nD-21,Yan\n", encoding="utf-8")
    code, said, wrong = company("import", "odd2.csv", "--profile", "berlin")
    assert code == 0, wrong
    _, said, _ = company("show", "drivers", "--json", "--where", "driver_id=D-21")
    assert json.loads(said)[0]["status"] == "ACTIVE"
