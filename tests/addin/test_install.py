"""Install and take away: on this machine into a folder, end to end; for Windows and Mac by what would go where."""

import json
import plistlib
import subprocess
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from typer.testing import CliRunner

from addin import lean
from addin.install import Layout, Tools, agent_file, install, layout, mac_script, uninstall
from stopbook.cli import app
from workbooks.problems import Refused

WINDOWS = {
    "LOCALAPPDATA": r"C:\Users\Ana\AppData\Local",
    "APPDATA": r"C:\Users\Ana\AppData\Roaming",
    "PROGRAMDATA": r"C:\ProgramData",
}
ANA = Path("/Users/ana")


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def quick(text: bytes = b"add-in") -> Tools:
    """Tools that leave out the half minute of work, so that what stands where can be looked at."""

    def make(folder: Path) -> Path:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").write_bytes(b"python " + text)
        return folder / "bin" / "python"

    return Tools(make, lambda python: text + b" for " + str(python).encode(), lambda: ("run.applescript", b"script"))


@pytest.fixture
def place(tmp_path: Path) -> Layout:
    """A user's folders with something of theirs in them already."""
    (tmp_path / "XLSTART").mkdir()
    (tmp_path / "XLSTART" / "mine.xlsm").write_bytes(b"mine")
    return Layout(
        "darwin", tmp_path / "Stopbook", tmp_path / "XLSTART", tmp_path / "agents" / "a.plist", tmp_path / "scripts"
    )


# -- the whole, for real ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    into = tmp_path_factory.mktemp("excel") / "out"
    result = CliRunner().invoke(app, ["addin", "install", "--dir", str(into)])
    assert result.exit_code == 0, result.output
    yield into
    result = CliRunner().invoke(app, ["addin", "uninstall", "--dir", str(into)])
    assert result.exit_code == 0, result.output
    assert not into.exists()


def run(installed: Path, program: str) -> str:
    """What a program says in the private Python, away from this source and its packages."""
    done = subprocess.run([installed / "env" / "bin" / "python", "-I", "-c", program], cwd=installed, capture_output=True,
                          text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_the_addin_imports_is_in_its_own_python(installed):
    """But `udfs`, which can be imported only where xlwings' server for Excel can."""
    said = run(installed, """
import importlib, pkgutil, addin
names = sorted(m.name for m in pkgutil.walk_packages(addin.__path__, "addin.") if m.name != "addin.udfs")
for name in names:
    importlib.import_module(name)
import keyring, xlwings, addin.handshake
from addin.registry import functions
call = {f.name: f.call for f in functions()}
print(len(names), addin.__file__, addin.handshake.own(), xlwings.__pro__)
print(call["SB_PHONE"]("+44 20 7946 0958"), call["SB_TIERPAY"](547, [["Up to", "Rate"], [300, 1.85], ["", 2.05]]))
""")  # fmt: skip
    first, second = said.splitlines()
    assert str(installed / "env") in first
    assert first.endswith("False")
    assert second == "+442079460958 1061.35"


def test_nothing_of_the_hub_and_nothing_paid_is_there(installed):
    site = next((installed / "env").glob("lib/python*/site-packages"))
    there = {path.name for path in site.iterdir()}
    assert not there & {"stopbook", "sheets_sync", "sqlalchemy", "nicegui", "starlette", "gspread", "pytest"}
    assert not (site / "xlwings" / "pro").exists()
    assert not (site / "addin" / "build").exists()
    assert {"addin", "workbooks", "pandas", "xlwings"} <= there


def test_the_addin_names_that_python_by_its_whole_path(installed):
    from zipfile import ZipFile

    with ZipFile(installed / "XLSTART" / "stopbook.xlam") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist() if name.endswith(".xml")).decode()
    assert str(installed / "env" / "bin" / "python") in text
    assert str(installed / "env" / "bin" / "python") in (installed / "startup" / "stopbook-agent.txt").read_text(
        "utf-8"
    )


def test_here_is_no_excel_and_that_is_said():
    result = CliRunner().invoke(app, ["addin", "install"])
    assert isinstance(result.exception, Refused)
    assert "Say --dir FOLDER" in str(result.exception)


# -- again, broken off, held, taken away -------------------------------------------------------------------------------


def test_installing_again_gives_the_same_and_updates(place):
    install(place, quick())
    first = tree(place.home.parent)
    install(place, quick())
    assert tree(place.home.parent) == first
    install(place, quick(b"newer"))
    assert place.addin.read_bytes().startswith(b"newer for ")
    assert (place.env / "bin" / "python").read_bytes() == b"python newer"
    assert not list(place.home.glob("env.*"))


def test_taking_away_leaves_what_was_there_before(place):
    before = tree(place.home.parent)
    install(place, quick())
    assert (place.script / "run.applescript").read_bytes() == b"script"
    said = uninstall(place)
    assert tree(place.home.parent) == before
    assert sorted(path.name for path in place.home.parent.iterdir()) == ["XLSTART"]
    assert said == ["The add-in is taken away. Workbooks, settings and tokens stay where they are."]
    assert uninstall(place) == [f"Nothing of the add-in is installed in {place.home}."]


def test_without_the_agent_the_next_time_it_goes(place):
    install(place, quick())
    assert place.agent.exists()
    install(Layout(place.system, place.home, place.start, None, place.script), quick())
    assert not place.agent.exists()
    uninstall(place)
    assert not place.agent.parent.exists()


def test_what_somebody_changed_stays_and_is_named(place):
    install(place, quick())
    place.agent.write_bytes(b"my own")
    said = uninstall(place)
    assert (
        said[0] == f"{place.agent} was changed since it was installed and stays; delete it by hand if it is not wanted."
    )
    assert place.agent.read_bytes() == b"my own"
    assert not place.addin.exists()


def test_while_excel_holds_it_nothing_is_touched(place):
    install(place, quick())
    before = tree(place.home.parent)
    owner = place.start / "~$stopbook.xlam"
    owner.write_bytes(b"Ana")
    for do in (lambda: install(place, quick(b"newer")), lambda: uninstall(place)):
        with pytest.raises(Refused, match="Close Excel"):
            do()
    owner.unlink()
    assert tree(place.home.parent) == before


def test_an_addin_that_cannot_be_built_changes_nothing(place):
    install(place, quick())
    before = tree(place.home.parent)

    def broken(python: Path) -> bytes:
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        install(place, Tools(quick(b"newer").make, broken))
    assert tree(place.home.parent) == before


@pytest.mark.parametrize("at", ["addin", "agent", "script"])
def test_broken_off_in_the_middle_it_can_be_run_again_or_taken_away(place, at):
    """A folder that stands where a file should go breaks it off there."""
    install(place, quick())
    target = {"addin": place.addin, "agent": place.agent, "script": place.script / "run.applescript"}[at]
    target.unlink()
    (target / "in the way").mkdir(parents=True)
    with pytest.raises(Refused):
        install(place, quick(b"newer"))
    (target / "in the way").rmdir()
    target.rmdir()
    install(place, quick(b"newer"))
    assert place.addin.read_bytes().startswith(b"newer")
    # and once more, taken away instead; the files that were reached are new, the others old
    target.unlink()
    (target / "in the way").mkdir(parents=True)
    with pytest.raises(Refused):
        install(place, quick(b"newest"))
    (target / "in the way").rmdir()
    target.rmdir()
    uninstall(place)
    assert sorted(path.name for path in place.home.parent.iterdir()) == ["XLSTART"]
    assert [path.name for path in place.start.iterdir()] == ["mine.xlsm"]


def test_broken_off_before_the_old_addin_was_replaced_it_goes_all_the_same(place):
    install(place, quick())
    blocked = place.start / "stopbook.xlam.new"
    blocked.mkdir()
    with pytest.raises(Refused, match="Close Excel"):
        install(place, quick(b"newer"))
    assert place.addin.read_bytes().startswith(b"add-in"), "the old one still stands"
    blocked.rmdir()
    assert uninstall(place) == ["The add-in is taken away. Workbooks, settings and tokens stay where they are."]
    assert [path.name for path in place.start.iterdir()] == ["mine.xlsm"]


def test_while_the_agent_runs_from_it_the_old_python_stays_and_a_new_one_is_made(place, monkeypatch):
    """Windows lets no folder be moved that a program runs from; here every folder can be, so moving is made to fail."""
    install(place, quick())
    used = {place.env}
    move = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self in used:
            raise PermissionError(13, "used by another process")
        return move(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    for _ in range(2):
        install(place, quick(b"newer"))
        assert place.addin.read_bytes() == f"newer for {place.home / 'env-2' / 'bin' / 'python'}".encode()
        assert (place.home / "env" / "bin" / "python").read_bytes() == b"python add-in"
        assert place.env.name == "env-2"
    with pytest.raises(Refused, match="Sign out and in again"):
        uninstall(place)
    assert not place.agent.exists(), "it does not start again"
    assert not place.addin.exists()
    used.clear()
    uninstall(place)
    assert sorted(path.name for path in place.home.parent.iterdir()) == ["XLSTART"]


def test_once_it_has_ended_the_usual_folder_serves_again(place):
    install(place, quick())
    (place.home / "env-2").mkdir()
    (place.home / "env-old photos").mkdir()
    install(place, quick(b"newer"))
    assert sorted(path.name for path in place.home.iterdir()) == ["env", "env-old photos", "installed.json"]


def test_a_damaged_list_is_said(place):
    install(place, quick())
    place.list.write_text("{", "utf-8")
    with pytest.raises(Refused, match="Delete it, then run"):
        uninstall(place)
    place.list.unlink()
    install(place, quick())
    assert json.loads(place.list.read_text("utf-8"))["files"].keys() >= {str(place.addin)}


# -- Windows and Mac ---------------------------------------------------------------------------------------------------


def test_windows_for_one_user():
    made = layout("win32", WINDOWS, ANA, agent=True)
    assert made.addin == Path(WINDOWS["APPDATA"], "Microsoft", "Excel", "XLSTART", "stopbook.xlam")
    assert made.env == Path(WINDOWS["LOCALAPPDATA"], "Stopbook", "env")
    assert made.agent == Path(
        WINDOWS["APPDATA"], "Microsoft", "Windows", "Start Menu", "Programs", "Startup", "Stopbook agent.cmd"
    )
    text = agent_file(made, Path(r"C:\Users\Ana\100% Büro\env\Scripts\pythonw.exe")).decode()
    assert text.splitlines() == [
        "@echo off",
        "chcp 65001 >nul",
        r'start "" "C:\Users\Ana\100%% Büro\env\Scripts\pythonw.exe" -I -m addin.server',
        r'start "" "C:\Users\Ana\100%% Büro\env\Scripts\pythonw.exe" -I -m addin.resident',
    ]
    assert "\r\n" in text
    assert layout("win32", WINDOWS, ANA).agent is None


def test_windows_for_all_finds_excels_folder(tmp_path):
    with pytest.raises(Refused, match="without --for-all"):
        layout("win32", {**WINDOWS, "PROGRAMFILES": str(tmp_path)}, ANA, for_all=True)
    office = tmp_path / "Microsoft Office" / "root" / "Office16"
    office.mkdir(parents=True)
    made = layout("win32", {**WINDOWS, "PROGRAMFILES(X86)": str(tmp_path)}, ANA, for_all=True, agent=True)
    assert made.addin == office / "XLSTART" / "stopbook.xlam"
    assert made.home == Path(WINDOWS["PROGRAMDATA"], "Stopbook")


def test_windows_that_does_not_say_where_things_are():
    with pytest.raises(Refused, match="LOCALAPPDATA"):
        layout("win32", {}, ANA)


def test_mac():
    made = layout("darwin", {}, ANA, agent=True)
    assert made.addin.as_posix().endswith(
        "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/stopbook.xlam"
    )
    said = plistlib.loads(agent_file(made, made.env / "bin" / "python"))
    assert said["ProgramArguments"] == ["/Users/ana/Library/Stopbook/env/bin/python", "-I", "-m", "addin.resident"]
    assert said["RunAtLoad"] is True
    name, text = mac_script()
    assert name == f"xlwings-{__import__('xlwings').__version__}.applescript"
    assert b"on " in text
    with pytest.raises(Refused, match="every user"):
        layout("darwin", {}, ANA, for_all=True)


def test_the_library_for_excel_goes_beside_the_interpreter_and_scripts_and_paid_parts_stay(tmp_path):
    """A package as Windows has it, by its list of files."""
    home = tmp_path / "env" / "Lib" / "site-packages"
    files = ("xlwings/main.py", "xlwings/pro/reports.py", "xlwings/tests/test_a.py", "xlwingslib.pyd", "xlwings-1.dist-info/METADATA",
             "../../xlwings64-0.37.8.dll", "../../Scripts/xlwings.exe")  # fmt: skip
    for name in files:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    record = "".join(f"{name},,\n" for name in files)
    (home / "xlwings-1.dist-info" / "RECORD").write_text(record, "utf-8")
    target = tmp_path / "new"
    lean.copy(PathDistribution(home / "xlwings-1.dist-info"), target / "Lib" / "site-packages", target)
    assert set(tree(target)) == {
        "xlwings64-0.37.8.dll", "Lib/site-packages/xlwings/main.py", "Lib/site-packages/xlwings-1.dist-info/METADATA",
    }  # fmt: skip


def test_what_is_not_installed_here_is_said(monkeypatch):
    monkeypatch.setattr(lean, "LEAN", ("pandas", "no-such-package"))
    with pytest.raises(Refused, match="no-such-package is missing"):
        lean.parts()
