"""What is judged of a computer, thing by thing: each probe is handed what it judges, so that Windows can be tried anywhere."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from addin import handshake


class State(StrEnum):
    """GOOD: nothing to do. LOOK: it works, and may not always. WRONG: something does not work."""

    GOOD = "good"
    LOOK = "look"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What was found about one thing, in one sentence; `remedy` is what to do about it, blank when nothing."""

    about: str
    state: State
    says: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.about}: {self.says}{f' {self.remedy}' if self.remedy else ''}"


def good(about: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(about, State.GOOD, says)


def look(about: str, says: str, remedy: str) -> Finding:
    """It works here and now."""
    return Finding(about, State.LOOK, says, remedy)


def wrong(about: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(about, State.WRONG, says, remedy)


Registry = Callable[[str, str], object]
"""(key such as HKCU\\Software\\…, name) -> value, or None where there is none"""
INSTALL = "Run: stopbook addin install."
SECURITY = r"Microsoft\Office\16.0\Excel\Security"
ASR_RULES = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
NO_CHILDREN = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
"""the rule “Block all Office applications from creating child processes”"""
SKEW_LOOK, SKEW_WRONG = 60, 300
"""seconds"""
ROOM_LOOK, ROOM_WRONG = 2_000, 300
"""megabytes"""


def addin(path: Path, there: bool) -> Finding:
    """The add-in lies where Excel looks for it."""
    if there:
        return good("Add-in", f"It is in {path}.")
    return wrong("Add-in", f"It is not in {path}.", INSTALL)


def python(path: Path, there: bool, answer: str) -> Finding:
    """The add-in's own Python is there and runs. `answer`: what it said of its version, "" when it did not start."""
    if not there:
        return wrong("Python", f"{path} is not there.", INSTALL)
    if not answer:
        return wrong("Python", f"{path} does not start.", INSTALL)
    return good("Python", f"{answer} in {path}.")


def library(folder: Path, files: Collection[str], xlwings: str) -> Finding:
    """The library through which Excel reaches Python, of xlwings' very version, beside the interpreter or above it."""
    wanted = f"xlwings64-{xlwings}.dll"
    if wanted in files:
        return good("Excel's library", f"{wanted} is in {folder}.")
    other = sorted(name for name in files if name.startswith("xlwings") and name.endswith(".dll"))
    says = f"{wanted} is missing in {folder}" + (f", there is {other[0]}." if other else ".")
    return wrong("Excel's library", says, INSTALL)


def versions(installed: str, own: str, hub: str) -> Finding:
    """The add-in, this Python and the hub are of one version; "" is not known."""
    if installed and (said := handshake.differs(installed, own, hub)):
        says, _, remedy = said.partition(". ")
        return wrong("Versions", f"{says}.", remedy)
    return good("Versions", f"Stopbook {own}" + (", as the hub." if hub else "."))


def macros(registry: Registry) -> Finding:
    """Excel is allowed to run the add-in: what company rules and Excel's Trust Center say."""

    def set_to(name: str, value: int, folder: str = "") -> bool:
        places = (
            rf"{root}\Software\{policies}{SECURITY}{folder}"
            for root in ("HKCU", "HKLM")
            for policies in ("Policies\\", "")
        )
        return any(registry(place, name) == value for place in places)

    if set_to("DisableAllAddins", 1):
        return wrong("Trust", "Excel is set to load no add-ins.",
                     "Allow them: File, Options, Trust Center, Add-ins; where it is grey, your administrator can.")  # fmt: skip
    if set_to("RequireAddinSig", 1):
        return wrong("Trust", "Excel loads signed add-ins alone, and this one is not signed.",
                     "Ask your administrator to sign stopbook.xlam with the company's certificate.")  # fmt: skip
    if set_to("AllLocationsDisabled", 1, r"\Trusted Locations"):
        if set_to("VBAWarnings", 4):
            return wrong("Trust", "Excel trusts no folder and runs no macros.",
                         "Ask your administrator to sign stopbook.xlam, or to allow the XLSTART folder as a trusted location.")  # fmt: skip
        return look("Trust", "Excel trusts no folder, so it asks before the add-in may run.",
                    "Ask your administrator to allow the XLSTART folder as a trusted location.")  # fmt: skip
    return good("Trust", "Excel may run the add-in.")


def downloaded(path: Path, mark: str, workbook: bool = False) -> Finding | None:
    """Windows marks files that came from the internet; `mark` is the text of that mark, "" without one."""
    zone = next((line.partition("=")[2].strip() for line in mark.splitlines() if line.lower().startswith("zoneid")), "")
    if zone not in ("3", "4"):
        return None
    if workbook:
        return look("Protected View", f"{path.name} came by mail or from the internet, so Excel opens it in Protected View, where nothing is kept in step.",
                    "Choose Enable Editing once, or take the workbook from the hub.")  # fmt: skip
    return wrong("Downloaded", f"{path} carries the mark of a download, so Excel blocks it.", INSTALL)


def cloud(about: str, path: str, folders: Collection[str], keeps_state: bool) -> Finding | None:
    """A folder that OneDrive or SharePoint copies to and fro. `keeps_state`: what lies there must never be two."""
    plain = path.replace("\\", "/").rstrip("/").lower()
    known = [folder.replace("\\", "/").rstrip("/").lower() for folder in folders if folder]
    inside = any(plain == folder or plain.startswith(f"{folder}/") for folder in known)
    if not (inside or plain.startswith("https://") or "/onedrive" in plain or ".sharepoint.com" in plain):
        return None
    if keeps_state:
        return wrong(about, f"{path} is copied by OneDrive or SharePoint, which may bring back an older one.",
                     "Move it to a folder of this computer, and say where with STOPBOOK_HOME.")  # fmt: skip
    return look(about, f"{path} is copied by OneDrive or SharePoint, so two people may get two copies of a workbook.",
                "Let workbooks lie where everybody opens the same file, or take each from the hub.")  # fmt: skip


def children(rule: object, agent: bool) -> Finding:
    """Whether Windows keeps Excel from starting a program, which it does each time unless an agent runs."""
    mode = {1: "block", 2: "audit", 6: "warn"}.get(int(str(rule)) if str(rule).isdigit() else 0, "")
    if mode in ("block", "warn") and not agent:
        return wrong("Child processes", "This company's rules keep Excel from starting Python.",
                     "Run: stopbook addin install, then sign out and in again.")  # fmt: skip
    if mode == "audit" and not agent:
        return look("Child processes", "Windows notes each time that Excel starts Python, and may forbid it later.",
                    "Run: stopbook addin install.")  # fmt: skip
    return good("Child processes", "Excel starts nothing, it uses the agent." if agent else "Excel may start Python.")


def agent(running: bool, wanted: bool) -> Finding:
    """The process that keeps open workbooks in step."""
    if running:
        return good("Agent", "It runs.")
    if wanted:
        return wrong("Agent", "It does not run, so open workbooks are not kept in step.",
                     "Sign out and in again; if it still does not, start Stopbook agent from the Startup folder.")  # fmt: skip
    return look("Agent", "It is not started at sign-in, so Excel starts Python anew where it needs it.",
                "Run: stopbook addin install.")  # fmt: skip


def hub(address: str, person: str, trouble: str, took: float, needed: bool = True) -> Finding:
    """The hub is reached and knows who asks; `trouble` is its own sentence, or that of the way to it.

    `needed`: there is an add-in here, or somebody said where the hub is; without, commands do their work alone.
    """
    if trouble:
        says, _, remedy = trouble.partition(". ")
        tell = wrong if needed else look
        return tell("Hub", f"{says.rstrip('.')}.", remedy or "Check the network, or ask whoever looks after the hub.")
    if took > 1.0:
        return look("Hub", f"{address} answers {person} in {took * 1e3:,.0f} ms, which is slow.",
                    "Nothing has to be done; if it stays so, tell your administrator.")  # fmt: skip
    return good("Hub", f"{address} answers {person} in {took * 1e3:,.0f} ms.")


def clock(now: datetime, told: str) -> Finding | None:
    """This computer's clock against the hub's, from its header Date; None where it did not say."""
    try:
        theirs = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    skew = (now - theirs).total_seconds()
    if abs(skew) < SKEW_LOOK:
        return good("Clock", "It agrees with the hub's.")
    says = f"It is {abs(skew) / 60:,.0f} minutes {'ahead of' if skew > 0 else 'behind'} the hub's."
    remedy = "Set it by the internet: Settings, Time & language, Sync now."
    return wrong("Clock", says, remedy) if abs(skew) >= SKEW_WRONG else look("Clock", says, remedy)


def room(folder: Path, free: int) -> Finding:
    """Space on the disk, in bytes."""
    megabytes = free // 1_000_000
    says = f"{megabytes:,} MB are free at {folder}."
    if megabytes < ROOM_WRONG:
        return wrong("Disk", says, "Free some space; Excel and Stopbook cannot save without.")
    if megabytes < ROOM_LOOK:
        return look("Disk", says, "Free some space soon.")
    return good("Disk", says)


def zones(load: Callable[[str], object] = ZoneInfo) -> Finding:
    """The world's time zones are there, which Windows does not bring itself."""
    try:
        load("America/Chicago")
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return wrong("Time zones", "The data of time zones is missing.", INSTALL)
    return good("Time zones", "Their data is there.")


def fonts(font: str, found: str) -> Finding:
    """The font of the workbooks, or one as wide; `found` is what this computer takes for it, "" unknown."""
    if found == "" or found.lower() == font.lower():
        return good(
            "Fonts", f"{font} is there." if found else f"Workbooks are set in {font}, which Windows and Macs have."
        )
    if found in ("Liberation Sans", "Arimo", "Helvetica", "Nimbus Sans"):
        return good("Fonts", f"{found} stands in for {font}, letter for letter as wide.")
    return look("Fonts", f"{font} is not here, {found} is shown in its place, and some columns may be too narrow.",
                "Install the package fonts-liberation.")  # fmt: skip
