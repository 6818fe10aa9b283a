"""Drive v3, as far as a spreadsheet client uses it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from local_sheets import drive_query, exports
from local_sheets.errors import ApiError, bad_field, unimplemented
from local_sheets.masks import select
from local_sheets.methods import Call
from local_sheets.workspace import FOLDER, ROLES, SPREADSHEET, Workspace, permission_id

Json = dict[str, Any]
Method = Callable[[Call], Any]
METHODS: dict[str, Method] = {}
WRITES = {"files.create", "files.update", "files.copy", "files.delete"}
WRITES |= {"permissions.create", "permissions.update", "permissions.delete", "upload.v2"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS = {"text/csv", "text/tab-separated-values", XLSX}
EXPORT_LIMIT = 10 * 1024 * 1024
_BRIEF = ("kind", "id", "name", "mimeType")


def method(name: str) -> Callable[[Method], Method]:
    """Registers a method."""

    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register


def missing(file_id: str) -> ApiError:
    """No such file, or none that the caller may see: Drive does not tell which."""
    return ApiError(404, f"File not found: {file_id}.", reason="notFound", location="fileId")


def file_of(call: Call, *, need: str = "reader") -> Json:
    """The file that a call names; 404 when the caller may not see it, 403 when their role is too weak."""
    file_id = call.path["fileId"]
    file = call.workspace.file(file_id, call.caller.email)
    if file is None:
        raise missing(file_id)
    role = call.workspace.role(file, call.caller.email) or "reader"
    if ROLES.index(role) < ROLES.index(need):
        raise ApiError(
            403,
            "The user does not have sufficient permissions for this file.",
            reason="insufficientFilePermissions",
        )
    return file


def user(workspace: Workspace, email: str, me: str) -> Json:
    """A Drive User."""
    account = workspace.accounts.known.get(email, {})
    return {
        "kind": "drive#user",
        "displayName": account.get("name", email) if account.get("kind") == "person" else email,
        "me": email == me,
        "permissionId": permission_id(email),
        "emailAddress": email,
    }


def _lagging(workspace: Workspace, file: Json) -> Json:
    """The record as Drive shows it: with a lag switched on, version and time may be old."""
    lag = workspace.env.switches.drive_version_lag
    if not lag:
        return file
    now = workspace.env.clock.now().timestamp()
    shown = workspace.shown.get(file["id"])
    if shown is None or now - shown["at"] >= lag:
        workspace.shown[file["id"]] = {"at": now, "version": file["version"], "modifiedTime": file["modifiedTime"]}
        return file
    return {**file, "version": shown["version"], "modifiedTime": shown["modifiedTime"]}


def resource(call: Call, file: Json) -> Json:
    """A File; without ``fields`` only its four brief parts."""
    workspace, me = call.workspace, call.caller.email
    file = _lagging(workspace, file)
    role = workspace.role(file, me) or "reader"
    writer = ROLES.index(role) >= ROLES.index("writer")
    owners = [e["emailAddress"] for e in file["permissions"] if e["role"] == "owner"]
    kind = "spreadsheets/d" if file["mimeType"] == SPREADSHEET else "drive/folders"
    full = {
        "kind": "drive#file",
        "id": file["id"],
        "name": file["name"],
        "mimeType": file["mimeType"],
        "createdTime": file["createdTime"],
        "modifiedTime": file["modifiedTime"],
        "modifiedByMe": file["lastModifyingUser"] == me,
        "version": str(file["version"]),
        "trashed": file["trashed"],
        "explicitlyTrashed": file["trashed"],
        "starred": bool(file.get("starred")),
        "parents": file["parents"],
        "owners": [user(workspace, email, me) for email in owners],
        "lastModifyingUser": user(workspace, file["lastModifyingUser"], me),
        "ownedByMe": me in owners,
        "shared": len(file["permissions"]) > 1,
        "permissions": [_permission(entry) for entry in file["permissions"]] if writer else [],
        "permissionIds": [entry["id"] for entry in file["permissions"]] if writer else [],
        "capabilities": {"canEdit": writer, "canCopy": True, "canShare": writer, "canDelete": role == "owner"},
        "webViewLink": f"https://docs.google.com/{kind}/{file['id']}/edit?usp=drivesdk",
        "spaces": ["drive"],
        "size": "1024",
        "quotaBytesUsed": "1024",
        **{name: file[name] for name in ("description", "properties", "appProperties") if file.get(name)},
    }
    return full if call.mask is not None else {name: full[name] for name in _BRIEF}


@method("files.create")
def files_create(call: Call) -> Json:
    """A new spreadsheet or folder."""
    mime = call.body.get("mimeType", "application/octet-stream")
    if mime not in (SPREADSHEET, FOLDER):
        raise unimplemented(f"a file of type {mime}")
    file = call.workspace.new_file(call.caller.email, call.body.get("name") or "Untitled", mime)
    if call.body.get("id"):
        file["id"] = drive_query.check_new_id(call.body["id"], set(call.workspace.files))
    return resource(call, call.workspace.create(_described(file, call.body)))


def _described(file: Json, body: Json) -> Json:
    out = dict(file)
    for name in ("description", "properties", "appProperties", "starred", "parents"):
        if name in body:
            out[name] = body[name]
    return out


@method("files.get")
def files_get(call: Call) -> Json:
    """A file's record."""
    return resource(call, file_of(call))


@method("files.list")
def files_list(call: Call) -> Json:
    """Files that the caller may see and that a query means, newest first unless ordered otherwise."""
    workspace, email = call.workspace, call.caller.email
    seen = [file for file in workspace.files.values() if workspace.role(file, email) is not None]
    found = drive_query.search(seen, call.query.get("q", ""), email, workspace)
    found = drive_query.ordered(found, call.query.get("orderBy", ""))
    size = call.query.get("pageSize", 100)
    if not 1 <= size <= 1000:
        raise ApiError(400, f"Invalid value '{size}'.", reason="invalidParameter", location="pageSize")
    start = drive_query.page(call.query.get("pageToken"))
    out: Json = {"kind": "drive#fileList", "incompleteSearch": False}
    if start + size < len(found):
        out["nextPageToken"] = f"~!!~{start + size}"
    inner = None if call.mask is None else call.mask.get("files", call.mask.get("*"))
    brief = Call(workspace, call.caller, call.path, call.query, call.body, inner if inner is not None else call.mask)
    return {**out, "files": [resource(brief, file) for file in found[start : start + size]]}


@method("files.update")
def files_update(call: Call) -> Json:
    """Name, description, properties, trash, parents."""
    file = file_of(call, need="writer")
    if call.body.get("mimeType", file["mimeType"]) != file["mimeType"]:
        raise bad_field("mimeType", "The type of a file cannot be changed.")
    new = _described(file, {k: v for k, v in call.body.items() if k != "parents"})
    if "trashed" in call.body:
        file_of(call, need="owner")
        new["trashed"] = call.body["trashed"]
    gone = set(str(call.query.get("removeParents", "")).split(","))
    added = [p for p in str(call.query.get("addParents", "")).split(",") if p]
    new["parents"] = [p for p in new["parents"] if p not in gone] + added
    workspace, email = call.workspace, call.caller.email
    name = call.body.get("name")
    if name and file["mimeType"] == SPREADSHEET:
        with workspace.editing(file["id"], email) as context:
            context.book.doc["properties"]["title"] = name
        new = {**workspace.files[file["id"]], **{k: v for k, v in new.items() if k in _SETTABLE}}
    elif name:
        new["name"] = name
    workspace.update_file(workspace.touched(new, email))
    return resource(call, workspace.files[file["id"]])


_SETTABLE = ("description", "properties", "appProperties", "starred", "parents", "trashed")


@method("files.copy")
def files_copy(call: Call) -> Json:
    """A copy, owned by the caller and shared with nobody."""
    file, workspace = file_of(call), call.workspace
    if file["mimeType"] != SPREADSHEET:
        raise ApiError(403, "This file cannot be copied by the user.", reason="cannotCopyFile")
    name = call.body.get("name") or f"Copy of {file['name']}"
    new = _described(workspace.new_file(call.caller.email, name), call.body)
    return resource(call, workspace.create(new, workspace.copy_book(file["id"], new["id"], name)))


@method("files.delete")
def files_delete(call: Call) -> None:
    """Gone for good, without the trash; only the owner may."""
    call.workspace.delete_file(file_of(call, need="owner")["id"])


@method("files.export")
def files_export(call: Call) -> tuple[str, bytes]:
    """The spreadsheet as a file: (type, bytes)."""
    file, mime = file_of(call), call.query.get("mimeType")
    if not mime:
        raise ApiError(400, "Required parameter: mimeType", reason="required", location="mimeType")
    if file["mimeType"] != SPREADSHEET:
        raise ApiError(403, "Export only supports Docs Editors files.", reason="fileNotExportable")
    if mime not in EXPORTS:
        raise unimplemented(f"an export as {mime}")
    book = call.workspace.current(file["id"])
    read = call.workspace.reader(book)
    if mime == XLSX:
        data = exports.to_xlsx(book, read)
    else:
        data = exports.to_csv(book.sheets[0], read, "," if mime == "text/csv" else "\t")
    if len(data) > EXPORT_LIMIT:
        raise ApiError(403, "This file is too large to be exported.", reason="exportSizeLimitExceeded")
    return mime, data


@method("comments.list")
def comments_list(call: Call) -> Json:
    """Comments are not kept here, so there are none."""
    file_of(call)
    return {"kind": "drive#commentList", "comments": []}


@method("about.get")
def about_get(call: Call) -> Json:
    """Who the caller is."""
    return {
        "kind": "drive#about",
        "user": user(call.workspace, call.caller.email, call.caller.email),
        "exportFormats": {SPREADSHEET: sorted(EXPORTS)},
    }


def _permission(entry: Json) -> Json:
    known = ("id", "type", "role", "emailAddress", "domain", "pendingOwner", "allowFileDiscovery")
    out = {"kind": "drive#permission", **{name: entry[name] for name in known if name in entry}}
    if entry.get("emailAddress"):
        out["displayName"] = entry["emailAddress"].split("@")[0]
    return out


def _shown(call: Call, entry: Json) -> Json:
    full = _permission(entry)
    return full if call.mask is not None else {name: full[name] for name in ("kind", "id", "type", "role")}


@method("permissions.list")
def permissions_list(call: Call) -> Json:
    """Who may do what with a file."""
    file = file_of(call, need="writer")
    inner = None if call.mask is None else call.mask.get("permissions", call.mask.get("*"))
    brief = Call(
        call.workspace, call.caller, call.path, call.query, call.body, inner if call.mask is not None else None
    )
    return {"kind": "drive#permissionList", "permissions": [_shown(brief, entry) for entry in file["permissions"]]}


def _role(body: Json) -> str:
    role = body.get("role")
    if role not in ROLES:
        raise ApiError(400, f"The specified role {role!r} is invalid.", reason="invalid", location="permission.role")
    return str(role)


@method("permissions.create")
def permissions_create(call: Call) -> Json:
    """Shares a file; a person who has it already gets the new role."""
    file = copy.deepcopy(file_of(call, need="writer"))
    role, kind = _role(call.body), call.body.get("type")
    entry: Json = {"role": role, "type": kind}
    if kind in ("user", "group"):
        email = call.body.get("emailAddress", "")
        if "@" not in email[1:-1] or " " in email:
            raise ApiError(
                400,
                "The specified emailAddress is invalid or not applicable for the given permission type.",
                reason="invalid",
                location="permission.emailAddress",
            )
        entry |= {"id": permission_id(email), "emailAddress": email}
        call.workspace.accounts.add_person(email)
    elif kind == "domain":
        entry |= {"id": permission_id(call.body.get("domain", "")) + "k", "domain": call.body.get("domain", "")}
    elif kind == "anyone":
        entry |= {"id": "anyoneWithLink", "allowFileDiscovery": False}
    else:
        raise ApiError(400, f"The specified type {kind!r} is invalid.", reason="invalid", location="permission.type")
    if role == "owner":
        file_of(call, need="owner")
        if not call.query.get("transferOwnership"):
            raise ApiError(
                403,
                "The transferOwnership parameter must be enabled when the permission role is 'owner'.",
                reason="forbidden",
            )
        for other in file["permissions"]:
            if other["role"] == "owner":
                other["role"] = "writer"
    file["permissions"] = [other for other in file["permissions"] if other["id"] != entry["id"]] + [entry]
    call.workspace.update_file(file)
    return _shown(call, entry)


def _entry(call: Call, file: Json) -> Json:
    for entry in file["permissions"]:
        if entry["id"] == call.path["permissionId"]:
            found: Json = entry
            return found
    raise ApiError(
        404, f"Permission not found: {call.path['permissionId']}.", reason="notFound", location="permissionId"
    )


@method("permissions.get")
def permissions_get(call: Call) -> Json:
    """One permission."""
    return _shown(call, _entry(call, file_of(call, need="writer")))


@method("permissions.update")
def permissions_update(call: Call) -> Json:
    """Another role for somebody who has one."""
    file = copy.deepcopy(file_of(call, need="writer"))
    entry, role = _entry(call, file), _role(call.body)
    if "owner" in (entry["role"], role):
        raise ApiError(403, "The owner of a file is changed by permissions.create.", reason="forbidden")
    entry["role"] = role
    call.workspace.update_file(file)
    return _shown(call, entry)


@method("permissions.delete")
def permissions_delete(call: Call) -> None:
    """Takes a file away from somebody; writers may remove themselves and others, never the owner."""
    file = copy.deepcopy(file_of(call, need="writer"))
    entry = _entry(call, file)
    if entry["role"] == "owner":
        raise ApiError(403, "The owner of a file cannot be removed.", reason="insufficientFilePermissions")
    file["permissions"].remove(entry)
    call.workspace.update_file(file)


@method("changes.getStartPageToken")
def changes_start(call: Call) -> Json:
    """The token from which later changes can be listed."""
    return {"kind": "drive#startPageToken", "startPageToken": str(call.workspace.store.last_change() + 1)}


@method("changes.list")
def changes_list(call: Call) -> Json:
    """Files that changed since a token; each file once, with its newest change."""
    token, workspace = call.query.get("pageToken", ""), call.workspace
    if not str(token).isdigit() or len(str(token)) > 15:
        raise ApiError(400, f"Invalid Value: {token}", reason="invalid", location="pageToken")
    size = min(max(call.query.get("pageSize", 100), 1), 1000)
    found = workspace.store.changes(int(token) - 1, size + 1)
    inner = None if call.mask is None else call.mask.get("changes", {}).get("file", call.mask.get("*"))
    brief = Call(workspace, call.caller, call.path, call.query, call.body, inner if call.mask is not None else None)
    out: Json = {"kind": "drive#changeList"}
    if len(found) > size:
        out["nextPageToken"] = str(found[size][0])
    else:
        out["newStartPageToken"] = str(workspace.store.last_change() + 1)
    changes = []
    for _, file_id, time, doc in found[:size]:
        file = workspace.file(file_id, call.caller.email)
        if file is None and not doc["removed"]:
            continue
        change: Json = {"kind": "drive#change", "type": "file", "changeType": "file", "time": time, "fileId": file_id}
        change["removed"] = doc["removed"]
        if file is not None:
            shown = resource(brief, file)
            change["file"] = select(shown, inner) if inner else shown
        changes.append(change)
    return {**out, "changes": changes}
