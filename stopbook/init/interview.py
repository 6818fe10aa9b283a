"""The interview: nine questions with a proposal each; what a file of answers says already is not asked."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from stopbook.init.answers import Account, Answers, Client, Market, checked, wrong
from stopbook.places import place


class Ask(Protocol):
    """Somebody who answers. `default` is the proposal; `right` turns a text away with a sentence, then it is asked again."""

    def __call__(self, question: str, default: str = "", right: Callable[[str], str] | None = None) -> str:
        """The answer to a question."""


def silent(question: str, default: str = "", right: Callable[[str], str] | None = None) -> str:
    """Nobody answers: every proposal is taken, what has none stays open and is refused by its name."""
    return default


def fill(given: Mapping[str, Any], ask: Ask, say: Callable[[str], None], source: str) -> Answers:
    """The answers given, with those that are missing asked for."""
    found = dict(given)
    for key, question in (("company", "Name of your company"), ("name", "Your name"), ("email", "Your e-mail address")):
        if key not in found:
            found[key] = ask(question, right=_field(Answers, key))
    if "alone" not in found:
        both = ask("Is pay made by one person and approved by another? (yes or no)", "yes", _yes_or_no)
        found["alone"] = not _is_yes(both)
    if "markets" not in found:
        found["markets"] = _markets(ask, say)
    if "clients" not in found:
        found["clients"] = _clients(ask)
    found = {key: value for key, value in found.items() if value not in ("", None)}
    return checked(found, source)


def _markets(ask: Ask, say: Callable[[str], None]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    while True:
        more = " of the next place, or nothing to go on" if made else " of a place you deliver in, such as 60601"
        zip5 = ask(f"A ZIP code{more}", right=_zip_or_nothing if made else _field(Market, "zip"))
        if not zip5:
            return made
        found = place(zip5) or {}
        say(f"{found.get('city')}, {found.get('state')}; time zone {found.get('timezone')}.")
        name = ask("What you call it", str(found.get("city") or ""), _field(Market, "name"))
        code = ask("Its short code", _code(name, 3), _field(Market, "code"))
        week = ask("First day of the pay week (MON to SUN)", "MON", _field(Market, "week_start"))
        made.append({"code": code, "name": name, "zip": zip5, "week_start": week.upper()})


def _clients(ask: Ask) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    while True:
        more = "the next client, or nothing to go on" if made else "a client you deliver for"
        name = ask(f"Name of {more}", right=None if made else _field(Client, "name"))
        if not name:
            return made
        code = ask("Its short code, with which its orders begin", _code(name, 8), _field(Client, "code"))
        cycle = ask("How often it is invoiced (DAILY, WEEKLY, BIWEEKLY, SEMIMONTHLY, MONTHLY)", "WEEKLY",
                    _field(Account, "cycle"))  # fmt: skip
        account = {"code": code, "name": name, "cycle": cycle.upper()}
        made.append({"code": code, "name": name, "accounts": [account]})


def _code(name: str, most: int) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())[:most]


def _field(part: type[BaseModel], key: str) -> Callable[[str], str]:
    return lambda text: wrong(part, key, text)


def _zip_or_nothing(text: str) -> str:
    return _field(Market, "zip")(text) if text else ""


def _is_yes(text: str) -> bool:
    return text.strip().casefold() in ("y", "yes", "true", "1")


def _yes_or_no(text: str) -> str:
    known = ("y", "yes", "true", "1", "n", "no", "false", "0")
    return "" if text.strip().casefold() in known else "Write yes or no."
