"""The add-in's VBA, run: in LibreOffice, which compiles it, and in an emulation that runs xlwings' module as well."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyopenvba.interpreter import VBACompileError, VBARuntimeError
from python_calamine import CalamineWorkbook

from addin.build.config import LONGEST_COMMAND, Config
from addin.build.package import modules, packed
from addin.build.ribbon import ACTIONS, ribbon
from addin.build.source import Kind, Module, module
from addin.handshake import AGENT_CLSID, own
from addin.registry import functions
from stopbook import addin
from tests.addin.build.emulator import Host
from tests.benches.calc.office import CalcError, Office, running

HOME = {"LOCALAPPDATA": r"C:\Users\va\AppData\Local"}
PYTHON = r"C:\Users\va\AppData\Local\Stopbook\env\Scripts\pythonw.exe"


def twin(sources: tuple[Module, ...] | list[Module], config: Config | None = None) -> bytes:
    """The add-in as a workbook with macros, for programs that open no add-ins."""
    return packed(sources, ribbon(ACTIONS), functions(), config or Config(), addin=False)


# --------------------------------------------------------------------------------------------------------------------
# compiled and run by LibreOffice, with stand-ins for xlwings' module, which only Excel compiles

XLWINGS = """Attribute VB_Name = "xlwings"
Public Const XLWINGS_VERSION As String = "0.0"
Public told As String
Public Function RunPython(PythonCommand As String)
    If InStr(PythonCommand, "fails") > 0 Then Err.Raise 1000, Description:="Traceback" & vbLf & "x.Refused: Do it so." & vbLf
    told = PythonCommand
End Function
Public Function GetConfig(key As String) As Variant
    GetConfig = "/nowhere/python"
End Function
Public Function XLPy() As Object
End Function
"""
TESTS = """Attribute VB_Name = "Tests"
Public Function Canary() As Long
    Canary = 42
End Function
Public Function Press(ByVal name As String) As String
    Dim pressed As Object
    Set pressed = New Control
    pressed.ID = name
    SB_Press pressed
    Press = told
End Function
Public Function Label(ByVal name As String) As String
    Dim asked As Object, shown As Variant
    Set asked = New Control
    asked.ID = name
    SB_Label asked, shown
    Label = shown
End Function
Public Function Tip() As String
    Dim asked As Object, shown As Variant
    Set asked = New Control
    SB_Tip asked, shown
    Tip = shown
End Function
"""


def _for_calc() -> list[Module]:
    own_modules = [m for m in modules(functions()) if m.name not in ("xlwings", "Dictionary")]
    return [*own_modules, module(XLWINGS), module(TESTS), module("Public ID As String", Kind.CLASS, "Control")]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with running() as found:
        yield found


def _opened(office: Office, folder: Path, sources: list[Module]) -> int:
    path = folder / "stopbook.xlsm"
    path.write_bytes(twin(sources))
    return int(office.ask("open", str(path)))


def _asked(office: Office, doc: int, place: str, *given: object) -> object:
    name, _, sub = place.partition(".")
    return office.ask("macro", doc, "Stopbook", name, sub, given)


def test_libreoffice_compiles_and_runs_it(office, tmp_path):
    doc = _opened(office, tmp_path, _for_calc())
    try:
        assert _asked(office, doc, "Tests.Canary") == 42, (
            "a module does not compile: LibreOffice says nothing and gives nothing"
        )
        assert set(office.ask("modules", doc, "Stopbook")) == {m.name for m in _for_calc()}
        assert _asked(office, doc, "SbRibbon.SB_Version") == own()
        assert (
            _asked(office, doc, "Tests.Press", "job.x") == f"import addin.handshake as h; h.press('job.x', '{own()}')"
        )
        assert _asked(office, doc, "Tests.Label", "status.1") == "Not connected yet"
        assert _asked(office, doc, "Tests.Label", "status.2") == ""
        _asked(office, doc, "SbRibbon.SB_SetStatus", "Connected\nSynced 14:05\n2 conflicts")
        assert [_asked(office, doc, "Tests.Label", f"status.{n}") for n in (1, 2, 3)] == [
            "Connected",
            "Synced 14:05",
            "2 conflicts",
        ]
        _asked(office, doc, "SbRibbon.SB_SetStatus", f"No connection since 14:05; {'x' * 60}")
        assert _asked(office, doc, "Tests.Label", "status.1") == "No connection since 14:05; xxxxxxxxxxxxxxxxxx..."
        assert str(_asked(office, doc, "Tests.Tip")).endswith("x" * 60)
        assert str(_asked(office, doc, "SbCore.SbReport")).endswith("It is not there. Run: stopbook addin install.")
    finally:
        office.ask("close", doc)


def test_libreoffice_finds_every_module_as_it_is_shipped(office, tmp_path):
    shipped = modules(functions())
    doc = _opened(office, tmp_path, list(shipped))
    try:
        found = office.ask("modules", doc, "Stopbook")
    finally:
        office.ask("close", doc)
    assert set(found) == {one.name for one in shipped}
    for one in shipped:
        code = [line for line in one.source.split("\r\n") if line.strip() and "Attribute" not in line]
        assert set(code) <= set(found[one.name].split("\n")), one.name


@pytest.mark.parametrize("name", ["SbRibbon", "SbCore", "SbFunctions"])
def test_libreoffice_notices_a_module_that_does_not_compile(office, tmp_path, name):
    def broken(one: Module) -> Module:
        return dataclasses.replace(
            one, source=one.source.replace("End Function", "    If 1 = 1 The\r\nEnd Function", 1)
        )

    doc = _opened(office, tmp_path, [broken(m) if m.name == name else m for m in _for_calc()])
    try:
        try:
            answer = _asked(office, doc, "Tests.Canary")
        except CalcError:
            answer = None
        assert answer != 42
    finally:
        office.ask("close", doc)


# --------------------------------------------------------------------------------------------------------------------
# emulated, with xlwings' own module as the add-in carries it


@pytest.fixture
def host(tmp_path) -> Host:
    return _host(tmp_path)


def _host(folder: Path, config: Config | None = None, library: str = "") -> Host:
    path = folder / "stopbook.xlsm"
    path.write_bytes(twin(modules(functions()), config))
    return Host(path, HOME, library)


def test_a_click_tells_python_which_control_and_which_add_in(host):
    controls = [name for button in addin.buttons() for name in button.ids]
    for control in controls:
        host.press(control)
    assert host.python.told == [f"import addin.handshake as h; h.press('{control}', '{own()}')" for control in controls]
    assert host.said == []
    assert not set('"%|\n') & set("".join(host.python.told)), "a shell on the way would read this as its own"


def test_every_function_hands_its_arguments_on_in_order_and_no_workbook(host):
    for function in functions():
        for left_out in (False, True):
            given = [
                f"{a.name}{n}"
                for a in function.args
                if not (left_out and a.optional)
                for n in range(3 if a.many else 1)
            ]
            quoted = ", ".join(f'"{one}"' for one in given)
            assert host.ask(f"{function.name}({quoted})") == "answered"
            place, name, arguments, book = host.python.called.pop()
            assert (place, name, str(book)) == ("addin.udfs", function.name, "Nothing")
            assert [str(one) for one in arguments[: len(given)]] == given
            assert {str(one) for one in arguments[len(given) :]} <= {"Missing"}


def test_a_function_that_gets_no_answer_says_so_in_its_cell(tmp_path):
    host = _host(tmp_path, library="If 1 <> 0 Then")
    assert "Python on this computer could not be started" in host.ask('SB_PHONE("1")')


@pytest.mark.parametrize(
    "raised, shown",
    [
        ("Unexpected Python Error: Traceback\n  File x\nworkbooks.problems.Refused: The hub is away.\n", "The hub is away."),
        ("Refused: Stopbook's agent on this computer does not answer.", "Stopbook's agent on this computer does not answer."),
        ("Traceback\nModuleNotFoundError: No module named 'addin'\n\n",
         "Stopbook could not do this. Run: stopbook doctor. It says what is wrong and what to do. (ModuleNotFoundError: No module named 'addin')"),
        ("", "Stopbook could not do this. Run: stopbook doctor. It says what is wrong and what to do."),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence(host, raised, shown):
    host.python.fails = VBARuntimeError(1000, raised)
    host.press("sync")
    assert host.said == [shown]


def test_a_sheet_named_like_the_configuration_in_a_strangers_workbook_is_not_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "evil.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("stopbook.conf")
        for row, (key, value) in enumerate(
            {"INTERPRETER_WIN": r"\\evil\share\pythonw.exe", "DEBUG UDFS": "False"}.items()
        ):
            sheet.write_row(row, 0, [key, value])
        book.add_worksheet("anything.py")
    assert CalamineWorkbook.from_path(path).sheet_names == ["stopbook.conf", "anything.py"]
    (tmp_path / "stopbook.conf").write_text(r'"INTERPRETER_WIN","\\evil\share\pythonw.exe"', encoding="utf-8")
    host = _host(tmp_path, Config(agent=True))
    host.app.activate_workbook(host.app.open_workbook(path))
    assert host.ask('GetConfig("INTERPRETER_WIN")') == PYTHON
    assert host.ask("XLPyCommand()") == AGENT_CLSID
    host.press("today")
    assert host.python.told and not host.said


def test_with_an_agent_excel_is_only_told_its_number(tmp_path):
    host = _host(tmp_path, Config(agent=True))
    assert host.ask("XLPyCommand()") == AGENT_CLSID


def test_without_one_python_is_started_from_its_whole_path_and_looks_nowhere_else(host):
    command = str(host.ask("XLPyCommand()"))
    assert command == f'cmd.exe /K ""{PYTHON}" -I -B -c "import xlwings; xlwings.serve(\'$(CLSID)\')""'
    assert len(command) <= LONGEST_COMMAND


def test_a_path_too_long_for_the_library_is_refused_before_it_overflows(tmp_path):
    host = _host(tmp_path, Config("C:\\" + "a" * 2000 + "\\pythonw.exe"))
    with pytest.raises(VBARuntimeError, match="The path of Python is too long"):
        host.ask("XLPyCommand()")


@pytest.mark.parametrize(
    "said, used",
    [(r"%LOCALAPPDATA%\x\pythonw.exe", r"C:\Users\va\AppData\Local\x\pythonw.exe"), (r"C:\100%\a%b\pythonw.exe", r"C:\100%\a%b\pythonw.exe"),
     (r"\\server\share\pythonw.exe", r"\\server\share\pythonw.exe")],
)  # fmt: skip
def test_a_folder_of_windows_is_filled_in_at_the_beginning_and_nowhere_else(tmp_path, said, used):
    assert _host(tmp_path, Config(said)).ask('GetConfig("INTERPRETER_WIN")') == used


@pytest.mark.parametrize(
    "agent, words",
    [(True, "agent on this computer does not answer"), (False, "Python on this computer could not be started")],
)
def test_no_answer_is_said_as_what_it_is(tmp_path, agent, words):
    host = _host(tmp_path, Config(agent=agent), library="If 1 <> 0 Then")
    host.press("sync")
    [said] = host.said
    assert words in said and "stopbook doctor" in said and "Refused" not in said


def test_what_only_a_mac_runs_can_be_read_too(host):
    for each in modules(functions()):
        if "#If Mac" in each.source and each.kind is Kind.STANDARD:
            mac = each.source.replace("#If Mac ", "#If 1 = 1 ").replace("#If Not Mac ", "#If 1 = 2 ")
            host.add(each.name, mac, "OnMac")
    with pytest.raises(VBACompileError):
        host.add("xlwings", mac.replace("ParameterString = PYTHONPATH", "ParameterString = = PYTHONPATH"), "Broken")


def test_the_self_test_says_what_is_missing(host):
    host.app.run("SB_SelfTest")
    [said] = host.said
    assert said.startswith(f"Add-in {own()}, xlwings 0.") and PYTHON in said
    assert said.endswith("It is not there. Run: stopbook addin install.")


def test_the_self_test_asks_python_where_it_is_there(host):
    host.files.add(PYTHON)
    host.app.run("SB_SelfTest")
    assert host.said[0].endswith(f"\nStopbook {own()} answers.")


def test_a_lost_ribbon_leaves_the_status_bar(host):
    host.app.run("SB_SetStatus", "Connected\n2 conflicts")
    assert host.ask("Application.StatusBar") == (
        "Stopbook: Connected, 2 conflicts. Excel has let go of the Stopbook tab; start Excel again."
    )
    assert host.ask("SbStatusLine(2)") == "2 conflicts"


def test_nothing_in_it_asks_which_workbook_is_open():
    """So it works with none open and in protected view, where Excel has no active workbook."""
    for each in modules(functions()):
        code = "\n".join(line for line in each.source.splitlines() if not line.lstrip().startswith("'"))
        assert not re.search(r"\bActive(Workbook|Sheet|Cell)\b|\bSelection\b", code), each.name
