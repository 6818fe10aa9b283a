"""The Stopbook tab of Excel's ribbon, as customUI XML. It is given its buttons; which jobs there are it does not know."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from jinja2 import Environment, PackageLoader, StrictUndefined

from addin.build.icons import ICONS

GROUPS = {"Today": "Today", "Close": "WorkflowComplete", "Pay": "AccountingFormat", "Bill": "CreateReportFromWizard",
          "Data": "DataValidation", "Help": "Help"}  # fmt: skip
"""the groups in the order of the day, each with the picture of a button that brings none"""
TAB_KEYTIP = "SB"
LARGE_UP_TO = 3
"""a group of so few buttons shows them large"""
SHOWN = 6
"""buttons of a group that stand on the ribbon, two columns; with more of them the last place opens a menu of the others"""
STATUS_LINES = 3


class Kind(Enum):
    """What a button is: something the add-in itself does, a job run at once, or a job previewed before it posts."""

    ACTION = "action"
    JOB = "job"
    POSTS = "posts"


@dataclass(frozen=True)
class Button:
    """One button. `name` is a job's or an action's; `about` is what a person reads before pressing it."""

    name: str
    title: str
    group: str
    about: str
    icon: str = ""
    kind: Kind = Kind.JOB

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", self.name):
            raise ValueError(f"{self.name} is no name of a button: small letters, digits and hyphens")
        if self.group not in GROUPS:
            raise ValueError(f"{self.name}: the ribbon has no group {self.group}, only {', '.join(GROUPS)}")
        if self.icon and self.icon not in ICONS:
            raise ValueError(f"{self.name}: {self.icon} is not among the pictures known in addin/build/icons.py")

    @property
    def ids(self) -> tuple[str, ...]:
        """The controls that reach Python: what `addin.buttons.press` is told."""
        match self.kind:
            case Kind.ACTION:
                return (self.name,)
            case Kind.JOB:
                return (f"job.{self.name}",)
            case Kind.POSTS:
                return (f"preview.{self.name}", f"run.{self.name}")

    @property
    def picture(self) -> str:
        """Its own icon, else its group's."""
        return self.icon or GROUPS[self.group]


ACTIONS = (
    Button("today", "Today", "Today", "Opens the tab Today: what needs your decision, by due time.", "Today", Kind.ACTION),
    Button("sync", "Sync now", "Today", "Sends what you changed in this workbook and takes in what others changed.", "SyncNow", Kind.ACTION),
    Button("conflicts", "Conflicts", "Today", "Shows the cells that you and somebody else changed differently, with both values.", "CompareAndCombine", Kind.ACTION),
    Button("undo", "Undo", "Data", "Takes back what the last button wrote into this workbook.", "Undo", Kind.ACTION),
    Button("explain", "Explain", "Help", "Says where the amount in the selected cell comes from: rule, version, inputs and sum.", "TracePrecedents", Kind.ACTION),
    Button("check", "Check setup", "Help", "Looks at Python, agent, hub, versions and clock and says what to do where something is wrong.", "ErrorChecking", Kind.ACTION),
)  # fmt: skip
"""what the add-in does itself; `addin.buttons` knows each by its name"""


@dataclass(frozen=True)
class Group:
    """Buttons of one group with their keytips, in order. `more` has those beyond what fits, `more_key` opens them."""

    name: str
    shown: tuple[tuple[Button, str], ...]
    more: tuple[tuple[Button, str], ...] = ()
    more_key: str = ""

    @property
    def buttons(self) -> tuple[tuple[Button, str], ...]:
        """All of them."""
        return self.shown + self.more

    @property
    def size(self) -> str:
        """Large where there is room for it."""
        return "large" if len(self.buttons) <= LARGE_UP_TO else "normal"


def ribbon(buttons: Iterable[Button]) -> str:
    """The XML of the tab."""
    env = Environment(loader=PackageLoader("macros", ""), undefined=StrictUndefined, autoescape=True,
                      trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)  # fmt: skip
    template = env.get_template("customUI14.xml.j2")
    return template.render(groups=groups(buttons), keytip=TAB_KEYTIP, status_lines=STATUS_LINES)


def groups(buttons: Iterable[Button]) -> list[Group]:
    """The groups that have buttons; within each, in the order given."""
    given = list(buttons)
    found = []
    for name in GROUPS:
        own = [button for button in given if button.group == name]
        keys = list(_keytips(name[0], [*(button.title for button in own), "More"]))
        whole = tuple(zip(own, keys, strict=False))
        if len(own) > SHOWN:
            found.append(Group(name, whole[: SHOWN - 1], whole[SHOWN - 1 :], keys[-1]))
        elif own:
            found.append(Group(name, whole))
    return found


def _keytips(first: str, titles: Sequence[str]) -> Iterator[str]:
    """Two signs each: the group's letter, then one of the title's, initials first. None begins as another does."""
    free = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ123456789")
    for title in titles:
        words = title.upper().split()
        wished = [word[0] for word in words] + [sign for word in words for sign in word[1:]]
        sign = next((sign for sign in [*wished, *free] if sign in free), None)
        if sign is None:
            raise ValueError(f"the group of {title} has more buttons than there are keys")
        free.remove(sign)
        yield f"{first}{sign}"
