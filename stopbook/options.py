"""What a person may say to a job besides its day and market: declared once with the job, read alike from command, hub and page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbooks import cells
from workbooks.cells import Bad
from workbooks.problems import Refused
from workbooks.schema import Column, Type

LONGEST = 400
"""characters of one option"""


@dataclass(frozen=True)
class Option:
    """One thing a person may say. `ref` names the table whose key it is; `several`: more than one, comma between."""

    name: str
    about: str
    type: Type = Type.ID
    required: bool = False
    several: bool = False
    ref: str = ""

    @property
    def flag(self) -> str:
        """As it is written on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def title(self) -> str:
        """As it stands on a form."""
        return self.name.replace("_", " ").capitalize()

    def read(self, text: str) -> Any:
        """The value of what was typed, several as a tuple; None for nothing; Refused with one sentence."""
        if len(text) > LONGEST:
            raise Refused(f"{self.flag} is longer than {LONGEST} characters.")
        parts = text.split(",") if self.several else [text]
        values = tuple(value for part in parts if (value := self._one(part)) is not None)
        return (values or None) if self.several else next(iter(values), None)

    def _one(self, text: str) -> Any:
        try:
            return cells.read(cells.clean(text), Column(self.name, self.title, self.type, (), self.about))
        except Bad as bad:
            raise Refused(f"{self.flag}: {bad.what}.{' ' + bad.remedy + '.' if bad.remedy else ''}") from None

    def text(self, value: Any) -> str:
        """A value that was read, as it would be typed."""
        return ",".join(map(cells.to_text, value)) if self.several else cells.to_text(value)


def read(options: Sequence[Option], said: Mapping[str, Any], whose: str) -> dict[str, Any]:
    """The values of what was said; Refused where it is not one of `options` or one that is needed is missing."""
    known = {option.name: option for option in options}
    for name, text in said.items():
        if name not in known:
            there = f"It takes {', '.join(o.flag for o in options)}" if options else "It takes none"
            raise Refused(f"{whose} takes no option {str(name)[:40]}. {there}.")
        if not isinstance(text, str):
            raise Refused(f"{whose}: {known[name].flag} is a text.")
    found = {name: value for name, text in said.items() if (value := known[name].read(text)) is not None}
    missing = [option for option in options if option.required and option.name not in found]
    if missing:
        raise Refused(f"{whose} needs {missing[0].flag}: {missing[0].about[:1].lower()}{missing[0].about[1:]}.")
    return found


def scope(options: Iterable[Option], values: Mapping[str, Any]) -> dict[str, str]:
    """What was said, as text: part of what a run is for."""
    return {o.name: o.text(values[o.name]) for o in options if values.get(o.name) is not None}


def named(options: Iterable[Option], values: Mapping[str, Any]) -> list[tuple[Option, str]]:
    """Every row that the values name, with the option that names it."""
    return [
        (option, str(key))
        for option in options
        if option.ref and values.get(option.name) is not None
        for key in (values[option.name] if option.several else (values[option.name],))
    ]
