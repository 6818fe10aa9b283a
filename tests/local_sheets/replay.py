"""Plays recorded exchanges with Google against a fresh service: recorded requests in, exact JSON compare.

Identifiers that Google made up are injected, so nothing has to be normalised. Times of files are not compared.
Files of other people, and files left over from earlier recordings, are put there first, as the recording shows them.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_sheets import wire
from local_sheets.environment import Environment, Ids
from local_sheets.service import Service
from tests.local_sheets import discovery

Json = dict[str, Any]
_ACCOUNT = re.compile(r"[\w.-]+@[\w.-]+\.iam\.gserviceaccount\.com")
SCOPES = ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive"]
TIMES = {"createdTime", "modifiedTime"}
# What no replay can know of a Drive v2 file: its tags, pictures, numbers and times.
VOLATILE_V2 = {
    "etag", "thumbnailLink", "embedLink", "version", "parents", "permissionId", "createdDate", "modifiedDate",
    "modifiedByMeDate", "lastViewedByMeDate", "markedViewedByMeDate", "fileSize", "quotaBytesUsed",
}  # fmt: skip


def folder() -> Path | None:
    """Where the recordings lie, when the environment says so."""
    root = os.environ.get("STOPBOOK_SAMPLES")
    found = Path(root) / "google" / "gspread_cassettes" if root else None
    return found if found is not None and found.is_dir() else None


@dataclass
class Result:
    """One cassette: how many exchanges, and what differed."""

    name: str
    total: int = 0
    wrong: list[str] = field(default_factory=list)


def without(body: Any, names: set[str]) -> Any:
    """A body without some fields, anywhere in it."""
    if isinstance(body, list):
        return [without(item, names) for item in body]
    if isinstance(body, dict):
        return {key: without(value, names) for key, value in body.items() if key not in names}
    return body


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plan(service: Service, body: Any) -> None:
    """Lets the identifiers of the recorded answer be the next ones made."""
    ids = service.env.ids
    if not isinstance(body, dict):
        return
    for reply in body.get("replies", []):
        if "addSheet" in reply:
            ids.plan("sheet", reply["addSheet"]["properties"]["sheetId"])
        if "addNamedRange" in reply:
            ids.plan("named", reply["addNamedRange"]["namedRange"]["namedRangeId"])
        if "addProtectedRange" in reply:
            ids.plan("protectedRanges", reply["addProtectedRange"]["protectedRange"]["protectedRangeId"])


def _seed(service: Service, interactions: list[Json]) -> None:
    """Puts files of other people there, and notes which files a listing shows that nobody created before."""
    made = set()
    for item in interactions:
        request, response = item["request"], item["response"]
        parts, body = urlsplit(request["uri"]), _parsed(response["body"].get("string", ""))
        if request["method"] == "POST" and parts.path.endswith(("/files", "/copy")) and isinstance(body, dict):
            made.add(body["id"])
        if response["status"]["code"] == 403 and "/v4/spreadsheets/" in parts.path:
            _foreign(service, parts.path.rsplit("/", 1)[1], "private", "somebody@example.com", {})
        listed = body.get("files", []) if isinstance(body, dict) else []
        item["older"] = [file for file in listed if file["id"] not in made]


def _foreign(service: Service, file_id: str, name: str, owner: str, times: Json) -> None:
    file = service.workspace.new_file(owner, name)
    file.update(id=file_id, **{key: times[key] for key in TIMES if key in times})
    service.workspace.create(file)


def play(path: Path) -> Result:
    """Plays one cassette."""
    text = path.read_text(encoding="utf-8")
    data = json.loads(text)
    named = _ACCOUNT.search(text)
    email = named[0] if named else "recorder@example.iam.gserviceaccount.com"
    result = Result(path.stem)
    service = Service(env=Environment(ids=Ids(1)), check=True)
    service.workspace.accounts.known[email] = {"kind": "service", "name": email}
    token = service.workspace.accounts.issue(email, SCOPES)
    try:
        _seed(service, data["interactions"])
        _next_sheet(data["interactions"])
        for n, item in enumerate(data["interactions"]):
            result.total += 1
            difference = _one(service, token, item)
            if difference:
                result.wrong.append(f"{n}: {difference}")
    finally:
        service.close()
    return result


def _one(service: Service, token: str, item: Json) -> str:
    request, expected = item["request"], item["response"]
    parts = urlsplit(request["uri"])
    want = _parsed(expected["body"].get("string", ""))
    for file in item.get("older", []):
        if file["id"] not in service.workspace.files:
            _foreign(service, file["id"], file["name"], next(iter(service.workspace.accounts.known)), file)
    if request["method"] == "POST" and parts.path.endswith(("/files", "/copy")):
        service.env.ids.plan("file", want["id"])
    _plan(service, want)
    headers = {key.lower(): values[0] for key, values in request["headers"].items()}
    headers["authorization"] = f"Bearer {token}"
    body = (request["body"] or "").encode()
    sent = wire.Request(request["method"], parts.path, parts.query, headers, body)
    if "/upload/" in parts.path:
        _plan_import(service, item)
    got = service.handle(sent)
    if got.status != expected["status"]["code"]:
        return f"{request['method']} {parts.path}: {got.status} for {expected['status']['code']} {got.body[:300]!r}"
    have = _parsed(got.body.decode())
    route = wire.route(sent)
    if got.status == 200 and route is not None and isinstance(have, dict) and "upload" not in route.name:
        wrong = discovery.problems(route.name, have)
        if wrong:
            return f"schema: {wrong[:2]}"
    names = TIMES | (VOLATILE_V2 if "/upload/" in parts.path else set())
    have, want = without(have, names), without(want, names)
    if have != want:
        return f"{request['method']} {request['uri'][-90:]}\n   have {json.dumps(have)[:900]}\n   want {json.dumps(want)[:900]}"
    return ""


def _plan_import(service: Service, item: Json) -> None:
    """The tab's id after a CSV import shows only in a later answer; the caller put it into the item."""
    if "sheetId" in item:
        service.env.ids.plan("sheet", item["sheetId"])


def _next_sheet(interactions: list[Json]) -> None:
    waiting: Json | None = None
    for item in interactions:
        if "/upload/" in item["request"]["uri"]:
            waiting = item
            continue
        body = _parsed(item["response"]["body"].get("string", ""))
        if waiting is not None and isinstance(body, dict) and "sheets" in body:
            waiting["sheetId"] = body["sheets"][0]["properties"]["sheetId"]
            waiting = None
