"""What the doctor says of a computer: each probe over what it is handed, Windows' findings included, and the whole here."""

import json
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest
from typer.testing import CliRunner

from addin import doctor, probes, resident
from addin.doctor import Asked, findings, self_test
from addin.handshake import own
from addin.install import Layout
from addin.probes import ASR_RULES, NO_CHILDREN, SECURITY, Finding, State
from stopbook import doctor as whole
from stopbook.cli import app
from stopbook.settings import load
from tests.stopbook.hub.conftest import house  # noqa: F401 - a hub that runs

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
XLAM = Path("C:/Users/Ana/XLSTART/stopbook.xlam")
GOOD, LOOK, WRONG = State.GOOD, State.LOOK, State.WRONG


def registry(*entries: tuple[str, str, object]):
    """A registry with these (key, name, value)."""
    known = {(key, name): value for key, name, value in entries}
    return lambda key, name: known.get((key, name))


POLICY, OWN = rf"HKCU\Software\Policies\{SECURITY}", rf"HKCU\Software\{SECURITY}"


def state(finding: Finding | None) -> State | None:
    """Its state; what needs doing says so in one sentence and one remedy, what is good asks for nothing."""
    if finding is None:
        return None
    assert finding.says.endswith(".")
    assert bool(finding.remedy) == (finding.state is not GOOD)
    assert not finding.remedy or finding.remedy.endswith((".", "}"))
    return finding.state


# -- each thing by itself ------------------------------------------------------------------------------------------------


def test_addin_and_its_python():
    assert state(probes.addin(XLAM, True)) is GOOD
    assert "stopbook addin install" in probes.addin(XLAM, False).remedy
    assert state(probes.python(XLAM, True, "Python 3.11.7")) is GOOD
    assert state(probes.python(XLAM, True, "")) is WRONG
    assert state(probes.python(XLAM, False, "")) is WRONG


def test_an_addin_for_all_users_is_found_too(tmp_path):
    mine, for_all = (Layout("win32", tmp_path / name, tmp_path / name / "XLSTART") for name in ("mine", "all"))
    assert doctor.chosen([]) is None
    assert doctor.chosen([mine, for_all]) is mine
    for_all.start.mkdir(parents=True)
    for_all.addin.write_bytes(b"")
    assert doctor.chosen([mine, for_all]) is for_all
    mine.start.mkdir(parents=True)
    mine.addin.write_bytes(b"")
    assert doctor.chosen([mine, for_all]) is mine


def test_library_of_another_version_is_named():
    assert state(probes.library(Path("env"), ["python.exe", "xlwings64-0.37.8.dll"], "0.37.8")) is GOOD
    assert probes.library(Path("env"), [], "0.37.8").says == "xlwings64-0.37.8.dll is missing in env."
    other = probes.library(Path("env"), ["xlwings64-0.36.0.dll"], "0.37.8")
    assert (state(other), other.says) == (
        WRONG,
        "xlwings64-0.37.8.dll is missing in env, there is xlwings64-0.36.0.dll.",
    )


def test_versions():
    assert state(probes.versions("1.0", "1.0", "1.0")) is GOOD
    assert state(probes.versions("", "1.0", "")) is GOOD
    older, hub = probes.versions("0.9", "1.0", ""), probes.versions("1.0", "1.0", "1.1")
    assert (state(older), state(hub)) == (WRONG, WRONG)
    assert "0.9" in older.says
    assert "1.1" in hub.says


@pytest.mark.parametrize(
    ("entries", "expected", "word"),
    [
        ([], GOOD, "may run"),
        ([(OWN, "VBAWarnings", 4)], GOOD, "may run"),  # the start folder is trusted all the same
        ([(OWN + r"\Trusted Locations", "AllLocationsDisabled", 1)], LOOK, "trusts no folder"),
        (
            [(OWN + r"\Trusted Locations", "AllLocationsDisabled", 1), (POLICY, "VBAWarnings", 4)],
            WRONG,
            "runs no macros",
        ),
        ([(POLICY, "RequireAddinSig", 1)], WRONG, "signed"),
        ([(rf"HKLM\Software\Policies\{SECURITY}", "DisableAllAddins", 1)], WRONG, "no add-ins"),
        ([(POLICY, "DisableAllAddins", 0)], GOOD, "may run"),
    ],
)
def test_trust(entries, expected, word):
    finding = probes.macros(registry(*entries))
    assert state(finding) is expected
    assert word in finding.says


def test_mark_of_the_web():
    mark = "[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://mail.example/\r\n"
    assert state(probes.downloaded(XLAM, mark)) is WRONG
    assert probes.downloaded(XLAM, mark, workbook=True).about == "Protected View"
    assert state(probes.downloaded(Path("va-CHI.xlsx"), mark, workbook=True)) is LOOK
    assert probes.downloaded(XLAM, "[ZoneTransfer]\nZoneId=1\n") is None
    assert probes.downloaded(XLAM, "") is None


@pytest.mark.parametrize(
    ("path", "cloudy"),
    [
        (r"C:\Users\Ana\OneDrive - Acme\Stopbook", True), (r"C:\Sync\Stopbook", True), (r"C:\Sync", True), (r"C:\Synced\Stopbook", False),
        ("https://acme.sharepoint.com/sites/ops/va.xlsx", True), ("/Users/ana/Library/CloudStorage/OneDrive-Acme/x", True),
        (r"C:\Users\Ana\AppData\Local\Stopbook", False), ("/home/ana/stopbook", False),
    ],
)  # fmt: skip
def test_folders_that_a_cloud_copies(path, cloudy):
    home, books = (probes.cloud("Home", path, ["", "C:\\Sync\\"], keeps_state=state_) for state_ in (True, False))
    assert (state(home), state(books)) == ((WRONG, LOOK) if cloudy else (None, None))


def test_child_processes_and_the_agent_that_avoids_them():
    assert state(probes.children(None, False)) is GOOD
    assert state(probes.children(0, False)) is GOOD
    for value, expected in ((1, WRONG), ("1", WRONG), (6, WRONG), (2, LOOK)):
        assert state(probes.children(value, False)) is expected
        assert "addin install" in probes.children(value, False).remedy
        assert state(probes.children(value, True)) is GOOD
    assert registry((ASR_RULES, NO_CHILDREN, "1"))(ASR_RULES, NO_CHILDREN) == "1"


def test_agent():
    assert [state(probes.agent(*each)) for each in ((True, True), (True, False), (False, True), (False, False))] == [
        GOOD,
        GOOD,
        WRONG,
        LOOK,
    ]


def test_hub():
    assert state(probes.hub("https://hub", "ana@acme.com", "", 0.25)) is GOOD
    assert state(probes.hub("https://hub", "ana@acme.com", "", 1.5)) is LOOK
    gone = probes.hub(
        "", "", "No token is kept for https://hub. Ask your manager for one and run: stopbook addin token.", 0
    )
    assert (gone.state, gone.says) == (WRONG, "No token is kept for https://hub.")
    assert gone.remedy == "Ask your manager for one and run: stopbook addin token."
    bare = probes.hub("", "", "The hub at https://hub does not answer (ConnectTimeout).", 0)
    assert bare.remedy == "Check the network, or ask whoever looks after the hub."
    assert state(probes.hub("", "", "No hub is known on this computer. Start one.", 0, needed=False)) is LOOK


@pytest.mark.parametrize(
    ("seconds", "expected", "says"),
    [(0, GOOD, "agrees"), (59, GOOD, "agrees"), (-90, LOOK, "2 minutes behind"), (301, WRONG, "5 minutes ahead of"), (-7200, WRONG, "120 minutes behind")],
)  # fmt: skip
def test_clock_against_the_hubs(seconds, expected, says):
    finding = probes.clock(NOW + timedelta(seconds=seconds), format_datetime(NOW, usegmt=True))
    assert state(finding) is expected
    assert says in finding.says


@pytest.mark.parametrize("told", ["", "yesterday", "2026-03-10T15:00:00Z"])
def test_a_hub_that_does_not_say_the_time(told):
    assert probes.clock(NOW, told) is None


def test_disk_time_zones_and_fonts():
    assert [state(probes.room(Path("/x"), mb * 1_000_000)) for mb in (299, 300, 1_999, 2_000)] == [
        WRONG,
        LOOK,
        LOOK,
        GOOD,
    ]
    assert state(probes.zones()) is GOOD

    def missing(name: str) -> object:
        raise ZoneInfoNotFoundError(name)

    assert state(probes.zones(missing)) is WRONG
    assert [state(probes.fonts("Arial", found)) for found in ("", "Arial", "Liberation Sans", "DejaVu Sans")] == [
        GOOD,
        GOOD,
        GOOD,
        LOOK,
    ]


# -- the whole, on this machine -------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of nobody; no system's store of passwords is asked."""
    for name, value in (("STOPBOOK_ADDIN", tmp_path / "settings"), ("STOPBOOK_HOME", tmp_path / "home")):
        monkeypatch.setenv(name, str(value))
    for name in ("STOPBOOK_HUB", "STOPBOOK_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_a_hub_that_runs_is_asked_for_person_version_and_time(house, monkeypatch):  # noqa: F811
    monkeypatch.setenv("STOPBOOK_HUB", house.address)
    monkeypatch.setenv("STOPBOOK_TOKEN", house.tokens["va"])
    asked = doctor.ask()
    assert (asked.trouble, asked.address, asked.version) == ("", house.address, own())
    assert asked.person
    told = {finding.about: finding for finding in findings()}
    assert told["Hub"].state is GOOD
    assert told["Clock"].state is GOOD
    monkeypatch.setenv("STOPBOOK_TOKEN", "sb_wrong")
    refused = {finding.about: finding for finding in findings()}["Hub"]
    assert refused.state is WRONG
    assert refused == findings()[0], "what is wrong comes first"


def test_a_hub_that_is_named_and_not_there(monkeypatch):
    monkeypatch.setenv("STOPBOOK_HUB", "http://127.0.0.1:9")
    monkeypatch.setenv("STOPBOOK_TOKEN", "sb_x")
    finding = {finding.about: finding for finding in findings()}["Hub"]
    assert (finding.state, finding.says) == (WRONG, "The hub at http://127.0.0.1:9 does not answer (ConnectionError).")


def test_without_a_hub_nothing_is_wrong_yet():
    found = findings(NOW)
    assert [finding for finding in found if finding.state is WRONG] == []
    assert {finding.about for finding in found} >= {"Add-in", "Hub", "Disk", "Time zones", "Fonts"}


def test_a_home_in_onedrive_is_wrong(monkeypatch, tmp_path):
    monkeypatch.setenv("OneDrive", str(tmp_path))
    found = {finding.about: finding for finding in findings(NOW, Asked(trouble="No hub is known here. Start one."))}
    assert (found["Home"].state, found["Workbooks"].state) == (WRONG, LOOK)


def test_an_addin_as_windows_has_it_is_looked_at_whole(tmp_path):
    """Laid out by hand, with this very Python; the registry is Windows' own and says nothing here."""
    place = Layout("win32", tmp_path / "Stopbook", tmp_path / "XLSTART", tmp_path / "agent.cmd")

    def told() -> dict[str, Finding]:
        found = [finding for finding in doctor.excel(place, Asked(version=own())) if finding]
        assert all(state(finding) for finding in found)
        return {finding.about: finding for finding in found}

    before = told()
    assert {name for name, finding in before.items() if finding.state is WRONG} == {
        "Add-in",
        "Python",
        "Excel's library",
    }
    assert before["Agent"].state is LOOK
    (place.env / "bin").mkdir(parents=True)
    (place.env / "bin" / "python").symlink_to(sys.executable)
    (place.env / f"xlwings64-{version('xlwings')}.dll").touch()
    place.start.mkdir()
    place.addin.touch()
    place.list.write_text(json.dumps({"version": own(), "env": "env"}), "utf-8")
    place.agent.touch()
    after = told()
    assert {name for name, finding in after.items() if finding.state is not GOOD} == {"Agent"}
    assert after["Agent"].state is WRONG, "it should run, and does not"
    with resident.alone():
        assert told()["Agent"].state is GOOD
    place.list.write_text(json.dumps({"version": "0.0.1", "env": "env"}), "utf-8")
    assert told()["Versions"].state is WRONG


def test_self_test_is_one_line(monkeypatch):
    line = self_test()
    assert line.startswith(f"Stopbook {own()}, Python ")
    assert " functions answer; No hub is known on this computer." in line
    assert "\n" not in line
    assert "NOT" not in line
    monkeypatch.setattr("addin.functions.money.bucket", lambda *given: "wrong")
    assert "the functions do NOT answer rightly" in self_test()


# -- the command ----------------------------------------------------------------------------------------------------------


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_the_command_says_each_finding_and_ends_well(tmp_path):
    result = run("--home", str(tmp_path / "home"), "doctor")
    assert result.exit_code == 0, result.output
    assert "look   Ledger: There is none in" in result.output
    assert result.output.splitlines()[-1].endswith("2 to look at.")
    assert not (tmp_path / "home").exists(), "looking makes nothing"


def test_something_wrong_ends_the_command_with_1(tmp_path, monkeypatch):
    monkeypatch.setenv("STOPBOOK_HUB", "http://127.0.0.1:9")
    monkeypatch.setenv("STOPBOOK_TOKEN", "sb_x")
    result = run("--home", str(tmp_path / "home"), "doctor", "--json")
    assert result.exit_code == 1
    first = json.loads(result.output)[0]
    assert (first["about"], first["state"]) == ("Hub", "wrong")


def test_the_ledger_is_tried_and_not_made(tmp_path):
    settings = load(tmp_path)
    assert state(whole.ledger(settings)) is LOOK
    assert run("--home", str(tmp_path), "jobs").exit_code == 0
    from stopbook.app import opened

    with opened(settings, NOW):
        assert state(whole.ledger(settings)) is GOOD
    before = (tmp_path / "ledger.sqlite").read_bytes()
    assert state(whole.ledger(settings)) is GOOD
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_a_ledger_that_is_none_is_wrong(tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but long enough to be looked at as one" * 50)
    finding = whole.ledger(load(tmp_path))
    assert state(finding) is WRONG
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE customers (name TEXT)")
    other.close()
    (tmp_path / "other.sqlite").replace(tmp_path / "ledger.sqlite")
    assert state(whole.ledger(load(tmp_path))) is WRONG
