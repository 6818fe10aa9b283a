"""How the command line finds the hub of its home and speaks to it: hub.json says where, hub.key opens it."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stopbook import options
from stopbook.hub.gate import LOCAL
from stopbook.job import Job, Params
from stopbook.settings import Settings
from workbooks.problems import Refused

FILE, KEY = "hub.json", "hub.key"
ALIVE = 3.0
"""seconds within which a hub says that it is there"""
ANSWER = 60.0
GONE = "The hub stopped answering. Run the same again: what was done is not done twice."


@dataclass(frozen=True)
class Client:
    """A hub that answers. `key` signs for whoever can read the home."""

    address: str
    started: str
    key: str
    verify: bool | str = True

    def do(self, job: Job, params: Params, preview: bool) -> Mapping[str, Any]:
        """Run or preview a job there, under the person's name; waits until it is done."""
        said: dict[str, Any] = {"market": params.market, "date": params.day.isoformat() if params.day else None,
                                "options": options.scope(job.options, params.extra)}  # fmt: skip
        found = self._ask("POST", f"/jobs/{job.name}/{'preview' if preview else 'run'}", params.by, said)
        while found["state"] == "RUNNING":
            found = self._ask("GET", f"/works/{found['work']}", params.by)
        return found

    def take_in(self, file: Path, said: Mapping[str, Any], params: Params, preview: bool) -> Mapping[str, Any]:
        """Send a file of this machine there; waits until it is taken in."""
        from stopbook.hub.uploads import carried

        try:
            body = carried(file, said)
        except OSError as error:
            raise Refused(f"{file} cannot be read ({error.strerror}). Check its path.") from None
        body |= {"market": params.market, "date": params.day.isoformat() if params.day else None}
        found = self._ask("POST", f"/files{'?preview=yes' if preview else ''}", params.by, body)
        while found["state"] == "RUNNING":
            found = self._ask("GET", f"/works/{found['work']}", params.by)
        return found

    def status(self, by: str) -> Mapping[str, Any]:
        """How it goes there."""
        return self._ask("GET", "/status", by)

    def _ask(self, method: str, path: str, by: str, said: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        import requests

        headers = {"Authorization": f"Bearer {LOCAL}{self.key}", "X-Stopbook-Via": "command line",
                   "X-Stopbook-Person": quote(by)}  # fmt: skip
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy has no business between this machine and itself
                answer = session.request(method, f"{self.address}/api/v1{path}", json=said, headers=headers,
                                         timeout=ANSWER, verify=self.verify, allow_redirects=False)  # fmt: skip
            found: Mapping[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Refused(GONE) from error
        if "error" in found:
            raise Refused(str(found["error"]["sentence"]))
        return found


def running(settings: Settings) -> Client | None:
    """The hub of this home, if one runs and answers."""
    try:
        said = json.loads((settings.home / FILE).read_text(encoding="utf-8"))
        key = (settings.home / KEY).read_text(encoding="utf-8").strip()
        address, started, cert = str(said["address"]), str(said["started"]), said.get("cert")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    import requests

    verify: bool | str = str(cert) if cert else True
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{address}/api/v1/health", timeout=ALIVE, verify=verify, allow_redirects=False)
        alive = answer.ok and answer.json().get("started") == started
    except (requests.RequestException, ValueError, OSError, AttributeError):
        return None
    return Client(address, started, key, verify) if alive else None


def announce(settings: Settings, address: str, started: datetime, key: str, cert: Path | None) -> None:
    """Write where the hub runs; the key for this user alone."""
    said = {"address": address, "pid": os.getpid(), "started": f"{started.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    if cert is not None:
        said["cert"] = str(cert.absolute())
    _write(settings.home / KEY, key)
    _write(settings.home / FILE, json.dumps(said))


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def withdraw(settings: Settings, key: str) -> None:
    """Take away what `announce` wrote, unless another hub has written its own since."""
    with suppress(OSError):
        if (settings.home / KEY).read_text(encoding="utf-8") == key:
            (settings.home / FILE).unlink(missing_ok=True)
            (settings.home / KEY).unlink(missing_ok=True)
