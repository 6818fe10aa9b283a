"""Profiles: how one kind of file is to be read, once said and then remembered.

A profile says which of a file's headers stand for which of our columns, how its dates, numbers and words are
meant, and which of its rows to leave out. Profiles are TOML files: shipped ones lie beside this module, a
person's own in `<home>/profiles`, where one of the same name wins.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workbooks import localtime
from workbooks.cells import Reading
from workbooks.intake import toml
from workbooks.intake.kinds import target_table
from workbooks.intake.spelling import spelled
from workbooks.problems import Refused
from workbooks.schema import Table

GENERIC = "generic"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CHOICES = {"dates": ("", "YMD", "MDY", "DMY"), "epoch": ("", "s", "ms"), "clock": ("", "s", "min", "duration")}


@dataclass(frozen=True)
class Override:
    """What differs for one column: order of `dates`, unit of `epoch`, and `clock`.

    `clock`: bare numbers of a time of day count "s" seconds or "min" minutes from midnight; "duration" reads
    1:30 in a column of whole minutes as 90.
    """

    dates: str = ""
    epoch: str = ""
    clock: str = ""


@dataclass(frozen=True)
class Join:
    """One column made of several headers.

    Either `text`: the filled cells of these headers, with `sep` between. Or a moment: the day in our column
    `day` (read or constant) at the time of day in the first of the headers `clock` that the file has.
    """

    text: tuple[str, ...] = ()
    sep: str = ", "
    day: str = ""
    clock: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How one kind of file is read. `target` names a kind of file or a tab; blank fits every one.

    `headers`: our column -> header spellings, the best first. `constants`: our column -> what it
    holds where the file has nothing. `values`: our column -> {their word: ours}.
    `skip`: header -> values whose rows are left out. `repeats`: the same key may come again (one row an item).
    `zone_note` tells the person which zone the times are in when the file does not.
    """

    name: str
    about: str = ""
    target: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zone: str = ""
    dates: str = ""
    epoch: str = ""
    columns: Mapping[str, Override] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joins: Mapping[str, Join] = field(default_factory=dict)
    repeats: bool = False
    zone_note: str = ""

    def reading(self, column: str, how: Reading) -> Reading:
        """How `column` is read: its own override, else what the person answers now (`how`), else the profile."""
        own = self.columns.get(column, Override())
        return Reading(
            zone=how.zone or (localtime.zone(self.zone) if self.zone else None),
            dates=own.dates or how.dates or self.dates or None,
            epoch=own.epoch or how.epoch or self.epoch or None,
        )

    def with_map(self, pairs: Mapping[str, str], table: Table) -> "Profile":
        """The same profile for `table`, with {their header: our column} first; such a header means nothing else."""
        taken = {spelled(header) for header in pairs}
        known = {**for_table(self, table).headers} if not self.target else self.headers
        headers = {
            column: tuple(spelling for spelling in spellings if spelled(spelling) not in taken)
            for column, spellings in known.items()
        }
        for header, column in pairs.items():
            headers[column] = (header, *headers.get(column, ()))
        joins = {column: join for column, join in self.joins.items() if column not in pairs.values()}
        return replace(self, target=self.target or table.name, headers=headers, joins=joins)

    def with_answers(self, how: Reading, constants: Mapping[str, Any] | None = None) -> "Profile":
        """The same profile with the answers of `how` and `constants` kept, ready to be saved."""
        return replace(
            self,
            zone=how.zone.key if how.zone else self.zone,
            dates=how.dates or self.dates,
            epoch=how.epoch or self.epoch,
            constants={**self.constants, **(constants or {})},
        )


def maps(pairs: list[str], table: Table) -> dict[str, str]:
    """{their header: our column} of command-line texts such as "Ref no=order_ref"; raises `Refused`."""
    found = {}
    for pair in pairs:
        header, equals, column = pair.rpartition("=")
        if not equals or not header.strip():
            raise Refused(f'--map {pair} cannot be read. Write --map "Their header=our_column".')
        found[header.strip()] = _known_column(column.strip(), table, f"--map {pair}")
    return found


def for_table(profile: Profile, table: Table) -> Profile:
    """The generic profile narrowed to `table`: only its columns, and no alias that is another column's own name."""
    if profile.target:
        return profile
    own = {spelled(text): column.name for column in table.columns for text in (column.name, column.title)}
    claims: dict[str, set[str]] = {}
    for column in table.by_name:
        for alias in profile.headers.get(column, ()):
            claims.setdefault(spelled(alias), set()).add(column)
    headers = {
        column: tuple(a for a in profile.headers.get(column, ()) if own.get(spelled(a), column) == column and len(claims[spelled(a)]) == 1)
        for column in table.by_name
    }  # fmt: skip
    return replace(profile, headers=headers)


def shipped() -> dict[str, Profile]:
    """Every profile that comes with the program, by name."""
    return dict(_shipped())


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[str, Profile], ...]:
    folder = files("workbooks.intake") / "profiles"
    found = [(file.name.removesuffix(".toml"), file) for file in folder.iterdir() if file.name.endswith(".toml")]
    return tuple(
        (name, parse(file.read_text("utf-8"), name, file.name))
        for name, file in sorted(found, key=lambda item: item[0])
    )


def load(name: str, folder: Path | None = None) -> Profile:
    """The profile `name`: the person's own in `folder` if there, else the shipped one; raises `Refused`."""
    own = folder / f"{name}.toml" if folder else None
    if own and _NAME.fullmatch(name) and own.is_file():
        try:
            return parse(own.read_text("utf-8-sig"), name, str(own))
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{own} cannot be read ({error}). Save it as plain text.") from error
    if profile := shipped().get(name):
        return profile
    saved = sorted(path.stem for path in folder.glob("*.toml")) if folder and folder.is_dir() else []
    raise Refused(f"There is no profile “{name}”. {_near(name, [*shipped(), *saved])}")


def save(profile: Profile, folder: Path) -> Path:
    """Write `profile` to `folder` as NAME.toml and return the path; raises `Refused`."""
    if not _NAME.fullmatch(profile.name):
        raise Refused(f"“{profile.name}” cannot be a profile's name. Use small letters, digits, - and _.")
    text = toml.dumps(_plain(profile))
    path = folder / f"{profile.name}.toml"
    parse(text, profile.name, str(path))  # what could not be read again is not written
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error}). Check the folder and try again.") from error
    return path


def _plain(profile: Profile) -> dict[str, Any]:
    def strip(values: Mapping[str, Any], empty: Any) -> dict[str, Any]:
        return {key: value for key, value in values.items() if value != getattr(empty, key)}

    plain = strip({key: value for key, value in vars(profile).items() if key != "name"}, Profile(""))
    plain["columns"] = {column: strip(vars(own), Override()) for column, own in profile.columns.items()}
    plain["joins"] = {column: strip(vars(join), Join()) for column, join in profile.joins.items()}
    return plain


def parse(text: str, name: str, file: str) -> Profile:
    """The profile written in `text`; raises `Refused` with file and key."""
    data = toml.loads(text, file)
    _shape(data, Profile(name), file, "")
    headers = {column: _texts(value, file, f"headers.{column}") for column, value in data.get("headers", {}).items()}
    columns = {
        column: _part(Override(), value, file, f"columns.{column}") for column, value in data.get("columns", {}).items()
    }
    joins = {column: _part(Join(), value, file, f"joins.{column}") for column, value in data.get("joins", {}).items()}
    values = {column: _words(value, file, f"values.{column}") for column, value in data.get("values", {}).items()}
    skip = {header: _texts(value, file, f"skip.{header}") for header, value in data.get("skip", {}).items()}
    plain = {
        key: data[key]
        for key in ("about", "target", "zone", "dates", "epoch", "constants", "repeats", "zone_note")
        if key in data
    }
    profile = Profile(name, headers=headers, columns=columns, joins=joins, values=values, skip=skip, **plain)
    _check(profile, file)
    return profile


def _shape(data: Mapping[str, Any], example: Any, file: str, under: str) -> None:
    """Every key of `data` is a field of `example` and of the same kind of value."""
    for key, value in data.items():
        if not hasattr(example, key) or key == "name":
            raise Refused(
                f"{file}: there is no key “{under}{key}”. {_near(key, [name for name in vars(example) if name != 'name'])}"
            )
        wanted = getattr(example, key)
        if isinstance(wanted, Mapping) and not isinstance(value, Mapping):
            raise Refused(f"{file}: “{under}{key}” is a table; write [{under}{key}] and its entries below.")
        if isinstance(wanted, (str, bool)) and type(value) is not type(wanted):
            raise Refused(
                f"{file}: “{under}{key}” is {'true or false' if isinstance(wanted, bool) else 'a text in quotation marks'}."
            )
        if key in _CHOICES and isinstance(wanted, str) and value not in _CHOICES[key]:
            raise Refused(f"{file}: “{under}{key}” is one of {', '.join(_CHOICES[key][1:])}, not “{value}”.")


def _part(example: Any, value: Any, file: str, under: str) -> Any:
    if not isinstance(value, Mapping):
        raise Refused(f"{file}: “{under}” is a table; write [{under}] and its entries below.")
    _shape(value, example, file, f"{under}.")
    listed = {
        key: _texts(item, file, f"{under}.{key}") if isinstance(getattr(example, key), tuple) else item
        for key, item in value.items()
    }
    return replace(example, **listed)


def _texts(value: Any, file: str, key: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise Refused(f'{file}: “{key}” is a list of texts, such as ["Order ID", "Order no"].')
    return tuple(items)


def _words(value: Any, file: str, key: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for item in value.values()):
        raise Refused(f'{file}: “{key}” is a table of their word = our word, such as "Done" = "DELIVERED".')
    return dict(value)


def _check(profile: Profile, file: str) -> None:
    """Names that must exist: zone, target and columns; and no header that means two columns."""
    if profile.zone:
        try:
            ZoneInfo(profile.zone)
        except (ValueError, OSError, KeyError) as error:
            raise Refused(
                f"{file}: “zone” names {profile.zone}, which is no time zone. Write one such as America/Chicago."
            ) from error
    for column, join in profile.joins.items():
        if bool(join.text) == bool(join.clock) or bool(join.day) != bool(join.clock):
            raise Refused(f"{file}: “joins.{column}” needs either text, or day and clock.")
    if not profile.target:
        return
    table = target_table(profile.target)
    if table is None:
        return  # a tab that this installation does not have; told when the profile is used
    for section in ("headers", "columns", "constants", "values", "joins"):
        for column in getattr(profile, section):
            _known_column(column, table, f"{file}, {section}")
    for column, join in profile.joins.items():
        if join.day:
            _known_column(join.day, table, f"{file}, joins.{column}.day")
    means: dict[str, str] = {}
    for column, spellings in profile.headers.items():
        for spelling in spellings:
            other = means.setdefault(spelled(spelling), column)
            if other != column:
                raise Refused(f"{file}: the header “{spelling}” stands for both {other} and {column}. Keep one.")


def _known_column(column: str, table: Table, place: str) -> str:
    if column not in table.by_name:
        raise Refused(f"{place}: {table.title} has no column “{column}”. {_near(column, list(table.by_name))}")
    return column


def _near(text: str, choices: list[str]) -> str:
    near = difflib.get_close_matches(text, choices, n=1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(choices))}."
