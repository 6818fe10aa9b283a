"""Makes xlwings' module for add-ins (BSD; its notice stays) safe beside workbooks of strangers.

As it comes, a sheet in any open workbook or a file beside it chooses which Python a click starts, the workbook's folder is
searched for modules, a workbook's name goes into a shell's command line on a Mac, and a cell can call RunPython. What
does that is cut out or replaced by `macros/xlwings_safe.bas`. Every edit must fit exactly, so that another xlwings whose
text differs stops the build instead of slipping through.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

from addin.build.config import LONGEST_COMMAND, PROJECT
from addin.handshake import AGENT_CLSID
from workbooks.problems import Refused

UNUSED = (
    "ExecuteWindows", "RunFrozenPython", "GetUdfModules", "NDims", "KillPy", "ImportPythonUDFsBase", "ImportPythonUDFs",
    "ImportPythonUDFsToAddin", "ImportXlwingsUdfsModule", "GetDLLVersion", "GetDirectoryPath", "GetConfigFilePath",
    "GetDirectoryConfigFilePath", "SaveConfigToFile", "GetConfigFromFile", "WScript", "IsFullName", "GetDirectory",
    "GetBaseName", "has_dynamic_array", "CreateGUID", "CheckConda", "GetFullName", "SheetExists",
)  # fmt: skip
"""procedures that start programs, read configuration of others or import code, and what only they call"""
EDITS = (
    # private to the project: no cell of any workbook can call =RunPython(...) or =ReadFile(...)
    (r"(#Const App = [^\n]*\n)", r"\1Option Private Module\n"),
    (r'PROJECT_NAME As String = "myaddin"\n', f'PROJECT_NAME As String = "{PROJECT}"\n'
     f'Private Const AGENT_CLSID As String = "{AGENT_CLSID}"\nPrivate Const LONGEST_COMMAND As Long = {LONGEST_COMMAND}\n'),
    # a workbook's name would be read by the shell
    (r'"\|" \+ ActiveWorkbook\.Name\n', '"|" + ThisWorkbook.Name\n'),
    (r'For Each cell In Range\(sht\.Range\("A1"\), lastCell\)', 'For Each cell In sht.Range(sht.Range("A1"), lastCell)'),
    (r'MsgBox "To enable RunPython[^\n]*\n', 'SbFailed "Refused: This Mac has not been told about Stopbook yet. '
     'Run: stopbook addin install."\n'),
    (r'Application\.StatusBar = "Running\.\.\."[^\n]*\n', 'Application.StatusBar = "Stopbook is working"\n', 0),
)  # fmt: skip
"""pattern, what takes its place, and how often it must be there, 1 where nothing is said"""
FORBIDDEN = (
    "WScript",
    "ActiveWorkbook",
    "LICENSE_KEY",
    "xlwings.pro",
    "prepare_sys_path",
    "VBComponents",
    "CONDA",
    "libc.dylib",
)
"""words that must not be left"""


def hardened(text: str) -> str:
    """xlwings' module as the add-in carries it; Refused where the text is not the one this was made for."""
    text = text.replace("\r\n", "\n")
    for name in UNUSED:
        text = _without(text, name)
    for name, body in _replacements():
        text = _replaced(text, name, body)
    for pattern, new, *count in EDITS:
        text = _edited(text, pattern, str(new), int(count[0]) if count else 1)
    text = re.sub(
        r"(?m)^\s*(?:Private )?Declare (?:PtrSafe )?Function (?:XLPyDLLNDims|XLPyDLLVersion) [^\n]*\n", "", text
    )
    text = re.sub(r"    #If Mac Then\n[^\n]*libc\.dylib[^\n]*\n    #End If\n", "", text)
    code = "\n".join(line.partition(" '")[0] for line in text.split("\n") if not line.lstrip().startswith("'"))
    left = [word for word in (*FORBIDDEN, *UNUSED) if re.search(rf"\b{re.escape(word)}\b", code)]
    if left:
        raise Refused(f"xlwings' module still has {', '.join(left)} after hardening: this xlwings is another than the one the add-in was made for.")  # fmt: skip
    return re.sub(r"\n{4,}", "\n\n", text)


def _replacements() -> Iterator[tuple[str, str]]:
    """Name and text of every procedure in `macros/xlwings_safe.bas`."""
    text = (files("macros") / "xlwings_safe.bas").read_text("utf-8").replace("\r\n", "\n")
    for found in re.finditer(r"(?ms)^(?:Public |Private )?(Sub|Function) (\w+)\(.*?^End \1\n", text):
        yield found[2], found[0]


def _shapes(name: str) -> tuple[str, str, str]:
    """The ways a procedure stands in the text: two heads for two programs, wrapped for one program, or plain."""
    head = rf"(?:Public |Private )?(Sub|Function) {name}\("
    only = r'#If App = "Microsoft Excel" Then\n'
    return (
        rf"(?ms)^{only}{head}[^\n]*\n#Else\n[^\n]*\n#End If\n.*?^End \1\n",
        rf"(?ms)^{only}{head}.*?^End \1\n#End If\n",
        rf"(?ms)^{head}.*?^End \1\n",
    )


def _replaced(text: str, name: str, body: str) -> str:
    for shape in _shapes(name):
        new, count = re.subn(shape, lambda _: body, text)
        if count == 1:
            return new
    raise Refused(f"xlwings' module has no procedure {name}: this xlwings is another than the one the add-in was made for.")  # fmt: skip


def _without(text: str, name: str) -> str:
    return _replaced(text, name, "")


def _edited(text: str, pattern: str, new: str, count: int) -> str:
    text, found = re.subn(pattern, new, text)
    if found != count and count:
        raise Refused(f"xlwings' module has {found} places like “{pattern[:40]}”, not {count}: this xlwings is another than the one the add-in was made for.")  # fmt: skip
    return text
