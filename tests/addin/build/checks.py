"""What is looked at in a finished add-in, one sentence for each thing wrong. The tests break it in many ways to try this."""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

import xlwings
from python_calamine import CalamineWorkbook

from addin.build import config, wrappers
from addin.build.icons import ICONS
from addin.build.package import NAME
from addin.build.source import Kind, Module
from addin.handshake import own
from addin.registry import RESERVED, Function
from tests.addin.build import readers
from tests.addin.build.readers import MAIN, UI, X14, container, parts, xml

ADDIN = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
CALLBACKS = {
    "onLoad": "ribbon As IRibbonUI",
    "onAction": "control As IRibbonControl",
    "getLabel": "control As IRibbonControl, ByRef label",
    "getSupertip": "control As IRibbonControl, ByRef supertip",
}
"""what a ribbon may call and with which parameters"""
SHAPE = {
    "customUI": {"ribbon"}, "ribbon": {"tabs"}, "tabs": {"tab"}, "tab": {"group"},
    "group": {"box", "button", "menu"}, "box": {"labelControl"}, "menu": {"button", "menu"}, "button": set(), "labelControl": set(),
}  # fmt: skip
SAID = {"label", "imageMso", "screentip", "supertip", "keytip"}
"""what every button says of itself"""
ATTRIBUTES = {
    "customUI": {"onLoad"}, "ribbon": set(), "tabs": set(), "tab": {"id", "label", "keytip", "insertAfterMso"},
    "group": {"id", "label"}, "box": {"id", "boxStyle"}, "labelControl": {"id", "getLabel", "screentip", "getSupertip"},
    "menu": {"id", "size", "itemSize", "description", *SAID}, "button": {"id", "size", "onAction", "description", *SAID},
}  # fmt: skip


def faults(data: bytes, modules: Sequence[Module], functions: Sequence[Function], controls: Iterable[str]) -> list[str]:
    """Everything wrong with an add-in of these modules, functions and controls; [] when nothing."""
    return [
        *package(data),
        *project(data, modules),
        *sources(data, modules),
        *words(data),
        *ribbon(data, modules),
        *presses(data, controls),
        *arguments(data, functions),
        *settings(data),
    ]


def package(data: bytes) -> Iterator[str]:
    """Every part has its type, every relationship leads somewhere, the ribbon is one of them."""
    found = parts(data)
    types = xml(found["[Content_Types].xml"])
    over = {e.get("PartName"): e.get("ContentType") for e in types if e.tag.endswith("Override")}
    default = {e.get("Extension") for e in types if e.tag.endswith("Default")}
    for name in found.keys() - {"[Content_Types].xml"}:
        if f"/{name}" not in over and name.rpartition(".")[2] not in default:
            yield f"{name} has no content type"
    if over.get("/xl/workbook.xml") != ADDIN:
        yield f"the workbook says it is {over.get('/xl/workbook.xml')}"
    for name in (name for name in found if name.endswith(".rels")):
        folder = name.replace("_rels/", "").rpartition("/")[0]
        links = list(xml(found[name]))
        if len({link.get("Id") for link in links}) < len(links):
            yield f"{name} uses an id twice"
        for link in links:
            if f"{folder}/{link.get('Target')}".lstrip("/") not in found:
                yield f"{name} leads to {link.get('Target')}, which is not there"
    links = [link for link in xml(found["_rels/.rels"]) if "/ui/extensibility" in str(link.get("Type"))]
    if [link.get("Target") for link in links] != ["customUI/customUI14.xml"]:
        yield "no relationship leads to the ribbon"
    elif "/office/2007/" not in str(links[0].get("Type")):
        yield "the relationship to the ribbon has not the type for customUI14"


def project(data: bytes, modules: Sequence[Module]) -> Iterator[str]:
    """The VBA project holds sources alone, and its document modules are the code names of workbook and sheets."""
    file = container(data)
    if file.parsing_issues:
        yield f"the container is not whole: {file.parsing_issues}"
    if file.openstream("VBA/_VBA_PROJECT").read() != bytes.fromhex("cc61ffff000100"):
        yield "_VBA_PROJECT has not the seven bytes of a project without cache"
    if any(entry[-1].startswith("__SRP") for entry in file.listdir()):
        yield "the project carries a cache"
    directory = readers.decompressed(file.openstream("VBA/dir").read())
    if directory.count(b"\x31\x00\x04\x00\x00\x00\x00\x00\x00\x00") != len(modules):
        yield "a module does not begin at its source"
    found = parts(data)
    names = [xml(found["xl/workbook.xml"]).find(f"{MAIN}workbookPr").get("codeName")]
    sheets = [name for name in found if name.startswith("xl/worksheets/sheet")]
    names += [xml(found[name]).find(f"{MAIN}sheetPr").get("codeName") for name in sheets]
    properties = file.openstream("PROJECT").read().decode("cp1252")
    if names != re.findall(r"(?m)^Document=(\w+)/", properties):
        yield f"the code names {names} are not the document modules of the project"
    if f'Name="{NAME}"' not in properties:
        yield "the project has another name"


def sources(data: bytes, modules: Sequence[Module]) -> Iterator[str]:
    """Two readers that are not ours find every module as it was written."""
    want = {module.name: _plain(module.source) for module in modules}
    first = {name: _plain(text) for name, text in readers.by_olevba(data).items()}
    second, references, complaints = readers.by_pyopenvba(data)
    if first != want:
        yield f"olevba reads other sources: {sorted(n for n in want.keys() | first.keys() if want.get(n) != first.get(n))}"
    if {name: _plain(text) for name, text in second.items()} != want:
        yield "pyOpenVBA reads other sources"
    if references != ["stdole", "Office"]:
        yield f"the references are {references}"
    yield from complaints


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def words(data: bytes) -> Iterator[str]:
    """What VBA compiles: plain short lines, attributes of classes, no reserved word as a name, no name twice."""
    seen: dict[str, str] = {}
    for name, text in readers.by_pyopenvba(data)[0].items():
        lines = text.replace("\r\n", "\n").split("\n")
        if not text.isascii():
            yield f"{name} is not plain ASCII"
        if max(map(len, lines)) > 1023:
            yield f"{name} has a line of more than 1023 characters"
        if text.lstrip().startswith("VERSION"):
            yield f"{name} begins as an exported class does"
        if name in ("ThisWorkbook", "Sheet1", "Dictionary") and "Attribute VB_Base = " not in text:
            yield f"{name} has no VB_Base"
        if name == "Dictionary":
            continue
        for found in re.finditer(r"(?im)^(?:public |private )?(?:sub|function) (\w+)\s*\((.*)\)", text):
            if found[1].lower() in seen:
                yield f"{found[1]} is there twice, in {seen[found[1].lower()]} and {name}"
            seen[found[1].lower()] = name
            given = re.findall(r"(?:^|,)\s*(?:Optional |ParamArray |ByVal |ByRef )*(\w+)", found[2])
            bad = [] if name == "xlwings" else [word for word in given if word.lower() in RESERVED]
            if bad:
                yield f"{found[1]} has the reserved word {bad[0]} as an argument"


def ribbon(data: bytes, modules: Sequence[Module]) -> Iterator[str]:
    """The XML is a ribbon, and each thing it calls is there with the parameters that Excel passes."""
    root = xml(parts(data)["customUI/customUI14.xml"])
    public = {m.name for m in modules if m.kind is Kind.STANDARD and "Option Private Module" not in m.source}
    subs = {
        found[1]: found[2]
        for name, text in readers.by_pyopenvba(data)[0].items()
        if name in public
        for found in re.finditer(r"(?m)^Public Sub (\w+)\(([^\r\n]*)\)\r?$", text)
    }
    ids = [str(e.get("id")) for e in root.iter() if e.get("id")]
    if len(set(ids)) < len(ids):
        yield "an id is there twice"
    for element in root.iter():
        tag = element.tag.removeprefix(UI)
        for child in element:
            if child.tag.removeprefix(UI) not in SHAPE.get(tag, set()):
                yield f"a {tag} cannot hold a {child.tag.removeprefix(UI)}"
        unknown = set(element.attrib) - ATTRIBUTES.get(tag, set())
        if unknown:
            yield f"a {tag} has no {', '.join(sorted(unknown))}"
        if tag in ("button", "menu"):
            missing = [what for what in sorted(SAID) if not element.get(what)]
            if missing:
                yield f"{element.get('id')} has no {', '.join(missing)}"
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", element.get("id", "x")):
            yield f"{element.get('id')} is no id"
        if len(element.get("supertip", "")) > 1023 or len(element.get("label", "")) > 60:
            yield f"{element.get('id')} says more than there is room for"
        if element.get("imageMso") and element.get("imageMso") not in ICONS:
            yield f"the picture {element.get('imageMso')} is not known"
        for what, called in element.attrib.items():
            if what in CALLBACKS and subs.get(called) != CALLBACKS[what]:
                yield f"{what} calls {called}({subs.get(called)}), not a sub with ({CALLBACKS[what]})"
    for level in (root.iter(f"{UI}tab"), root.iter(f"{UI}menu")):
        for element in level:
            yield from _keytips(element)


def _keytips(level: Element) -> Iterator[str]:
    """Within one level, no keytip begins as another does: Excel would run the shorter one before the longer is typed."""
    tips = [str(e.get("keytip")) for e in _reached(level)]
    for place, tip in enumerate(tips):
        if not re.fullmatch(r"[A-Z0-9]{1,3}", tip):
            yield f"the keytip {tip} is not one to three letters or digits"
        if any(other.startswith(tip) for at, other in enumerate(tips) if at != place):
            yield f"the keytip {tip} is also the beginning of another"


def _reached(level: Element) -> Iterator[Element]:
    """What one sees at a level: the buttons and menus, not what is in a menu that is still closed."""
    for child in level:
        if child.tag in (f"{UI}button", f"{UI}menu"):
            yield child
        else:
            yield from _reached(child)


def presses(data: bytes, controls: Iterable[str]) -> Iterator[str]:
    """Every button is one that Python knows, and what Python knows has its button."""
    root = xml(parts(data)["customUI/customUI14.xml"])
    there = [str(e.get("id")) for e in root.iter(f"{UI}button")]
    for name in sorted(set(there) ^ set(controls)):
        yield f"{name} is not both in the ribbon and in Python"
    for menu in root.iter(f"{UI}menu"):
        first = [str(e.get("id")).partition(".")[0] for e in menu]
        if str(menu.get("id")).startswith("menu.") and first != ["preview", "run"]:
            yield f"{menu.get('id')} does not offer the preview first"


def arguments(data: bytes, functions: Sequence[Function]) -> Iterator[str]:
    """The function wizard is told what each argument is, and what each function is."""
    book = xml(parts(data)["xl/workbook.xml"])
    told = {
        name.get("name"): [text.text for text in name.iter(f"{X14}argumentDescription")]
        for name in book.iter(f"{X14}definedName")
    }
    if told != {f.name: [argument.about for argument in f.args] for f in functions if f.args}:
        yield "what the wizard is told about arguments is not what the registry says"
    uris = [e.get("uri") for e in book.iter(f"{MAIN}ext")]
    if wrappers.ARGUMENTS not in uris:
        yield "the arguments' help stands in another extension"
    text = readers.by_pyopenvba(data)[0]["SbFunctions"]
    groups = [str(e.get("name")) for e in book.iter(f"{MAIN}functionGroup")]
    order = [e.tag.removeprefix(MAIN) for e in book]
    if order.index("sheets") + 1 != order.index("functionGroups") or order[-1] != "extLst":
        yield f"the parts of the workbook stand as {order}"
    for function in functions:
        about = function.about.replace('"', '""')
        if f'Attribute {function.name}.VB_Description = "{about}"' not in text:
            yield f"{function.name} has no description"
        number = re.search(rf'{function.name}\.VB_ProcData\.VB_Invoke_Func = " \\n(\d+)"', text)
        if not number or groups[int(number[1]) - 20 :][:1] != [function.category]:
            yield f"{function.name} is not listed under {function.category}"


def settings(data: bytes) -> Iterator[str]:
    """One sheet with the configuration, nothing of it from elsewhere, and versions that agree."""
    found = readers.by_pyopenvba(data)[0]
    text = found["xlwings"]
    if f'XLWINGS_VERSION As String = "{xlwings.__version__}"' not in text or f"-{xlwings.__version__}.dll" not in text:
        yield "xlwings' module is of another version than xlwings"
    if f'BUILT_AS As String = "{own()}"' not in found["SbCore"]:
        yield "the add-in tells another version than Stopbook's"
    for word in (
        "GetConfigFromSheet(ActiveWorkbook)",
        "GetDirectoryConfigFilePath",
        "WScript",
        "prepare_sys_path",
        '".py"',
    ):
        if word in text:
            yield f"xlwings' module still has {word}"
    if "Option Private Module" not in text:
        yield "a cell of any workbook can call what is in xlwings' module"
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    if book.sheet_names != [f"{config.PROJECT}.conf"]:
        yield f"the sheets are {book.sheet_names}"
        return
    rows = {str(row[0]): str(row[1]) for row in book.get_sheet_by_index(0).to_python()}
    if set(rows) != set(config.Config().lines()):
        yield f"the configuration says {sorted(rows)}"
    if not re.match(r"%|[A-Za-z]:\\|\\\\", rows.get("INTERPRETER_WIN", "")):
        yield "Python is looked for on the path"
