"""What an installation has to know before it begins, and reading it from a file of answers."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from stopbook.places import place
from workbooks import cells
from workbooks.localtime import zone
from workbooks.problems import Refused
from workbooks.schema import Column, Type

Code = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,11}$")
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_MAIL = Column("email", "E-mail", Type.EMAIL, (), "")


def _mail(text: Any) -> str:
    try:
        return str(cells.read(text, _MAIL) or "").lower()
    except cells.Bad as bad:
        raise ValueError(bad.what) from bad


Mail = Annotated[str, BeforeValidator(_mail)]


def _known_zip(text: Any) -> str:
    if place(str(text)) is None:
        raise ValueError(f"“{text}” is not a ZIP code; write five digits, such as 60601")
    return str(text)


def _known_zone(text: Any) -> str:
    zone(str(text))
    return str(text)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Market(_Part):
    """A place that is delivered in. `zip`: any ZIP code of it, which gives state and time zone; else `timezone` is named."""

    code: Code
    name: Name
    zip: Annotated[str, BeforeValidator(_known_zip)] | None = None
    timezone: Annotated[str, BeforeValidator(_known_zone)] | None = None
    week_start: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] = "MON"

    @property
    def clock(self) -> str:
        """Its time zone: as named, else that of the ZIP code."""
        return self.timezone or (place(self.zip or "") or {}).get("timezone") or "UTC"


class Account(_Part):
    """What is billed together."""

    code: Code
    name: Name
    cycle: Literal["DAILY", "WEEKLY", "BIWEEKLY", "SEMIMONTHLY", "MONTHLY"] = "WEEKLY"


class Client(_Part):
    """A company that is delivered for, with its accounts."""

    code: Code
    name: Name
    email: Mail = ""
    accounts: tuple[Account, ...] = Field(min_length=1)


class Answers(_Part):
    """Everything the interview asks for. `alone`: one person both makes and approves pay."""

    company: Name
    name: Name
    email: Annotated[Mail, Field(min_length=3)]
    alone: bool = False
    markets: tuple[Market, ...] = Field(min_length=1)
    clients: tuple[Client, ...] = Field(min_length=1)


_PARTS: Mapping[str, type[_Part]] = {"markets": Market, "clients": Client, "accounts": Account}


def read(path: Path) -> dict[str, Any]:
    """The answers in a TOML file; keys are looked at, missing ones may still be asked for."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise Refused(f"There is no file {path}. “stopbook init --example” prints one to begin with.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read ({error}). Save it as plain text and try again.") from error
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} is not a valid file of answers: {error}. Correct that line and try again.") from error
    _known(data, Answers, path, "")
    return data


def _known(data: Mapping[str, Any], part: type[_Part], path: Path, under: str) -> None:
    for key, value in data.items():
        if key not in part.model_fields:
            near = difflib.get_close_matches(key, part.model_fields, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(part.model_fields)}."
            raise Refused(f"{path}: there is no key {under}{key}. {hint}")
        inner = _PARTS.get(key)
        if inner is not None:
            if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
                raise Refused(f"{path}: write each of {under}{key} as [[{under}{key}]] with its keys below.")
            for each in value:
                _known(each, inner, path, f"{under}{key}.")


def checked(data: Mapping[str, Any], source: str) -> Answers:
    """The answers, complete and right; Refused names the first that is not, and where it stands."""
    try:
        answers = Answers.model_validate(data)
    except ValidationError as error:
        raise Refused(_sentence(error, source)) from error
    for what, codes in (
        ("market", [market.code for market in answers.markets]),
        ("client", [client.code for client in answers.clients]),
        ("account", [account.code for client in answers.clients for account in client.accounts]),
    ):
        if twice := next((code for code in codes if codes.count(code) > 1), None):
            raise Refused(f"{_place(source)}the {what} {twice} is named twice. Give one of the two another code.")
    for market in answers.markets:
        if not (market.zip or market.timezone):
            raise Refused(f"{_place(source)}market {market.code} needs a zip, or a timezone such as America/Toronto.")
    return answers


def _place(source: str) -> str:
    return f"{source}: " if source else ""


def _sentence(error: ValidationError, source: str) -> str:
    first = error.errors()[0]
    names = [f"no. {part + 1}" if isinstance(part, int) else str(part) for part in first["loc"]]
    return f"{_place(source)}{' '.join(names)}: {_why(first)}"


def _why(first: Any) -> str:
    given = first.get("input")
    match first["type"]:
        case "missing" | "too_short":
            return "it is missing. Add it, or leave --yes out to be asked."
        case "string_too_short":
            return "it is empty. Fill it in."
        case "literal_error":
            return f"“{given}” is none of the choices. Write {first['ctx']['expected'].replace(chr(39), '')}."
        case "string_pattern_mismatch":
            return f"“{given}” is no code. Write up to 12 letters, digits and dashes, such as CHI."
        case "value_error":
            return f"{first['ctx']['error']}."
        case _:
            return f"“{given}” is not right ({str(first['msg']).lower()}). Correct it and try again."


def wrong(part: type[BaseModel], key: str, text: str) -> str:
    """What is wrong with one answer, in a sentence; "" when it can stand."""
    value = text.upper() if key in ("week_start", "cycle") else text
    try:
        TypeAdapter(part.model_fields[key].rebuild_annotation()).validate_python(value)
    except ValidationError as error:
        return _why(error.errors()[0])
    return "" if text.strip() else "It is empty. Fill it in."


EXAMPLE = """\
# Answers for: stopbook init FOLDER --from THIS-FILE --yes
company = "Lakeside Delivery"
name = "Lena Ortiz"                 # you, as history shows it
email = "lena@lakeside.example"
alone = false                       # true: the same person makes and approves pay

[[markets]]
code = "CHI"
name = "Chicago"
zip = "60601"                       # any ZIP code of it: gives state, time zone and holidays
week_start = "MON"                  # first day of the pay week

[[clients]]
code = "ACME"
name = "Acme Stores"
email = "payables@acme.example"     # where invoices go

[[clients.accounts]]
code = "ACME"
name = "Acme online"
cycle = "WEEKLY"                    # DAILY, WEEKLY, BIWEEKLY, SEMIMONTHLY or MONTHLY
"""
"""a file of answers to begin with"""
