"""What VBA and Python have to agree about: versions, said in one sentence where they differ, and the agent's number."""

from importlib.metadata import version

from workbooks.problems import Refused

AGENT_CLSID = "{6CA0FCCB-EF2F-4F1B-B9A1-48697CE86FCF}"
"""the number under which the agent answers on Windows (`xlwings.serve(AGENT_CLSID)`); Excel attaches to it"""
HEADER = "X-Stopbook-Version"
"""in which the add-in tells the hub its version"""


def own() -> str:
    """Version of the Python part."""
    return version("stopbook")


def differs(addin: str, python: str, hub: str = "") -> str:
    """The sentence for versions that do not go together, blank where they do; `hub` blank while it is not known.

    Add-in and Python are installed together and must be the same. A hub of the same series (0.1.…) will do, so that
    not everybody has to be up to date at once.
    """
    if addin != python:
        return (
            f"The add-in in Excel is version {addin}, Stopbook on this computer {python}. Close Excel, run: stopbook "
            "addin install, and open Excel again."
        )
    if hub and _series(hub) != _series(python):
        return (
            f"Stopbook on this computer is version {python}, your company's hub {hub}. Ask whoever looks after Stopbook "
            f"for version {hub} on this computer."
        )
    return ""


def _series(text: str) -> list[str]:
    return text.split(".")[:2]


def press(control: str, addin: str) -> None:
    """A click on the ribbon, from an add-in of that version. Refused goes back to VBA, which shows its sentence."""
    wrong = differs(addin, own())
    if wrong:
        raise Refused(wrong)
    from addin.buttons import press as pressed

    pressed(control)


def about(addin: str) -> str:
    """What `SB_SelfTest` shows once Python answers."""
    return differs(addin, own()) or f"Stopbook {own()} answers."
