"""Files that come in through the hub: kept aside only while they are read, by the same guarded reader as any other."""

import shutil
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any

from stopbook.app import App
from stopbook.hub.wire import Call, Told
from stopbook.hub.works import Work, Works
from stopbook.job import Params
from stopbook.jobs import job
from stopbook.jobs.import_file import asked
from stopbook.settings import Settings
from workbooks.intake.limits import FILE, MB
from workbooks.schema import M

FOLDER = "uploads"
MOST = FILE * 4 // 3 + MB
"""bytes of a request that carries a file"""


def take(app: App, works: Works, call: Call, preview: bool) -> Work:
    """Begin to take a file in: {"name", "content" (base64), "market", "date", "said": {"table": …}}.

    A file may hold rows of any tab, so it needs a manager who sees everything.
    """
    person = call.person
    if not (person.has(M) and person.unlimited):
        raise Told(403, "Taking files in needs a manager who sees every market and account.")
    name = Path(call.text("name").replace("\\", "/")).name
    if not name or name.startswith("."):
        raise Told(400, "Say what the file is called, such as scans.csv.")
    content, said = _content(call), call.said.get("said") or {}
    if not isinstance(said, Mapping):
        raise Told(400, "“said” is an object, such as {“table”: “orders”}.")
    folder = app.settings.home / FOLDER / token_hex(8)
    folder.mkdir(parents=True)
    try:
        path = folder / name
        path.write_bytes(content)
        extra = {"request": asked(path, said)}
        params = Params(call.at, person.email, call.via, call.text("market", 20).upper() or None, _day(call), extra)
        work = works.start(job("import-file"), params, person.email, preview)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    work.future.add_done_callback(lambda _: shutil.rmtree(folder, ignore_errors=True))
    return work


def _content(call: Call) -> bytes:
    text = call.said.get("content")
    try:
        content = b64decode(text if isinstance(text, str) else "", validate=True)
    except ValueError:
        raise Told(400, "“content” is the file in base64.") from None
    if not content:
        raise Told(400, "The file is empty.")
    if len(content) > FILE:
        raise Told(413, f"The file is larger than {FILE // MB} MB. Split it and send the parts.")
    return content


def _day(call: Call) -> date | None:
    text = call.text("date", 10)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Told(400, f"{text} is not a date. Write it as 2026-03-10.") from None


def sweep(settings: Settings) -> None:
    """Throw away what a hub that was killed left behind."""
    shutil.rmtree(settings.home / FOLDER, ignore_errors=True)


def carried(path: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    """A file of this machine as `take` reads it."""
    return {"name": path.name, "content": b64encode(path.read_bytes()).decode("ascii"), "said": dict(said)}
