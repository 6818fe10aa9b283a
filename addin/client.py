"""How a person's PC speaks to the hub: where it is, who asks, and one question with one answer.

The hub of this PC is found by hub.json in the home; another one stands in addin.json, in the folder of settings. The
personal token comes from the environment (STOPBOOK_TOKEN) or from the system's store of passwords. It is sent in a
header and goes nowhere else: no file of ours, no workbook and no log holds it.
"""

import gzip
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import platformdirs
import requests

from addin.handshake import HEADER, own
from workbooks.problems import Refused

FILE, HUB, KEY = "addin.json", "hub.json", "hub.key"
TOKEN, ADDRESS, STORE = "STOPBOOK_TOKEN", "STOPBOOK_HUB", "stopbook"
CONNECT, ANSWER = 5.0, 30.0
"""seconds to reach the hub, and for its answer"""
PACKED_FROM = 2_000
"""bytes from which a question is sent packed"""
NOBODY = (
    "No hub is known on this computer. Start one with “stopbook serve”, or write your company's address into {file} as "
    '{{"hub": "https://…"}}.'
)


class Unreachable(Refused):
    """The hub did not answer; the same question may be asked again and is not done twice."""


class Told(Refused):
    """The hub said no, in one sentence. `number` finds it in the hub's log."""

    def __init__(self, sentence: str, status: int, number: str = "") -> None:
        super().__init__(sentence)
        self.status, self.number = status, number


@dataclass(frozen=True)
class Where:
    """A hub: its address, what opens it (a token, or the key of this PC's home), and whose word to take for its name.

    `person` signs where the key of the home opens it.
    """

    address: str
    token: str = field(repr=False, default="")
    person: str = ""
    verify: bool | str = True

    @property
    def near(self) -> bool:
        """True for a hub on this very machine."""
        return urlsplit(self.address).hostname in ("127.0.0.1", "localhost", "::1")


def folder() -> Path:
    """Where this PC's part keeps its settings and what it remembers; STOPBOOK_ADDIN names another."""
    named = os.environ.get("STOPBOOK_ADDIN")
    return Path(named) if named else Path(platformdirs.user_config_dir("stopbook", appauthor=False))


def settings() -> dict[str, Any]:
    """What addin.json says; {} without one. Refused when it is damaged."""
    path = folder() / FILE
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read ({error}). Correct it or delete it.") from error
    if not isinstance(found, dict):
        raise Refused(f'{path} must hold settings as {{"hub": "https://…"}}. Correct it or delete it.')
    return found


def home() -> Path:
    """The home of this PC's own hub."""
    named = os.environ.get("STOPBOOK_HOME")
    return Path(named) if named else Path(platformdirs.user_data_dir("stopbook", appauthor=False))


def find(at: Path | None = None) -> Where:
    """The hub to speak to: the one the settings name, else the one that runs from the home of this PC, or from `at`."""
    said = settings()
    address = os.environ.get(ADDRESS) or str(said.get("hub") or "")
    if address:
        parts = urlsplit(address)
        where = Where(address.rstrip("/"), verify=str(said["cert"]) if said.get("cert") else True)
        if parts.scheme not in ("http", "https") or not parts.hostname or (parts.scheme == "http" and not where.near):
            raise Refused(
                f"The hub's address is “{address}”. It has to begin with https://; correct it in {folder() / FILE}."
            )
        return replace(where, token=token(where.address))
    try:
        found = json.loads(((at or home()) / HUB).read_text("utf-8"))
        key = ((at or home()) / KEY).read_text("utf-8").strip()
        address, cert = str(found["address"]), found.get("cert")
    except (OSError, ValueError, KeyError, TypeError):
        raise Unreachable(NOBODY.format(file=folder() / FILE)) from None
    person = os.environ.get("STOPBOOK_PERSON") or os.environ.get("USERNAME") or os.environ.get("USER") or "somebody"
    own = token(address, ask=False)
    return Where(address, own or f"local_{key}", "" if own else person, str(cert) if cert else True)


def token(address: str, ask: bool = True) -> str:
    """The personal token for a hub; Refused without one, unless `ask` is False."""
    if given := os.environ.get(TOKEN, "").strip():
        return given
    with suppress(Exception):  # a system without a store of passwords is one without a token in it
        import keyring

        if kept := keyring.get_password(STORE, address):
            return kept
    if not ask:
        return ""
    raise Refused(f"No token is kept for {address}. Ask your manager for one and run: stopbook addin token.")


def keep_token(address: str, given: str) -> None:
    """Put a token into the system's store of passwords; "" takes it out. Refused where there is no such store."""
    import keyring
    from keyring.errors import KeyringError, PasswordDeleteError

    try:
        if given:
            keyring.set_password(STORE, address.rstrip("/"), given)
        else:
            with suppress(PasswordDeleteError):
                keyring.delete_password(STORE, address.rstrip("/"))
    except KeyringError as error:
        raise Refused(f"This system keeps no passwords ({error}). Set {TOKEN} in the environment instead.") from error


class Client:
    """Asks the hub. One connection is kept open, so that a question costs one way there and back."""

    def __init__(self, where: Where, *, connect: float = CONNECT, answer: float = ANSWER) -> None:
        self.where, self._timeout = where, (connect, answer)
        self.calls = 0
        self.date = ""
        """what the hub's clock said in its last answer, as its header has it"""
        self._http = requests.Session()
        self._http.trust_env = not where.near  # a proxy has no business between this machine and itself

    def get(self, path: str, **asked: Any) -> Mapping[str, Any]:
        """The answer to a question that changes nothing; asked once more when the connection had gone stale."""
        try:
            return self._ask("GET", path, asked, None)
        except Unreachable:
            return self._ask("GET", path, asked, None)

    def post(self, path: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to a question that may change something, asked once."""
        return self._ask("POST", path, {}, said)

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def _ask(
        self, method: str, path: str, asked: Mapping[str, Any], said: Mapping[str, Any] | None
    ) -> Mapping[str, Any]:
        where = self.where
        headers = {"Authorization": f"Bearer {where.token}", "X-Stopbook-Via": "Excel", HEADER: own()}
        if where.person:
            headers["X-Stopbook-Person"] = quote(where.person)
        body = None
        if said is not None:
            body = json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
            if len(body) > PACKED_FROM:
                body, headers["Content-Encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
        self.calls += 1
        try:
            answer = self._http.request(method, f"{where.address}/api/v1{path}", params=asked, data=body, headers=headers,
                                        timeout=self._timeout, verify=where.verify, allow_redirects=False)  # fmt: skip
            self.date = answer.headers.get("Date", "")
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            # what went wrong may quote the request, so only its kind is said
            raise Unreachable(f"The hub at {where.address} does not answer ({type(error).__name__}).") from None
        if not isinstance(found, dict):
            raise Unreachable(f"What answers at {where.address} is not Stopbook.")
        if answer.status_code >= 400 or "error" in found:
            wrong = found.get("error") or {}
            if answer.status_code >= 500 and "sentence" not in wrong:
                raise Unreachable(f"The hub at {where.address} does not answer (status {answer.status_code}).")
            raise Told(str(wrong.get("sentence", "The hub refused.")), answer.status_code, str(wrong.get("id", "")))
        return found
