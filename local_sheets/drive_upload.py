"""The Drive v2 upload that gspread imports CSV with, and the v2 record that it answers with."""

from __future__ import annotations

from typing import Any

from local_sheets import drive, exports
from local_sheets.errors import unimplemented
from local_sheets.methods import Call
from local_sheets.workspace import SPREADSHEET, Workspace

Json = dict[str, Any]


def upload_v2(call: Call, content_type: str, body: bytes) -> Json:
    """``PUT /upload/drive/v2/files/{id}?uploadType=media&convert=True``: CSV becomes the spreadsheet's only tab."""
    file = drive.file_of(call, need="writer")
    if call.query.get("uploadType") != "media" or content_type.split(";")[0].strip() != "text/csv":
        raise unimplemented(f"an upload of {content_type[:80]} with uploadType {call.query.get('uploadType')}")
    workspace = call.workspace
    with workspace.editing(file["id"], call.caller.email) as context:
        old = {sheet.sheet_id for sheet in context.book.sheets}
        sheet = exports.from_csv(body, file["name"], workspace.env.ids.number("sheet", old))
        context.book.sheets[:] = [sheet]
        context.book.doc["namedRanges"] = []
        context.book.doc["properties"]["timeZone"] = "America/Los_Angeles"  # recorded: an import forgets the zone
        context.book.drop_meta([m.metadata_id for m in context.book.metadata.values() if m.kind != "SPREADSHEET"])
        context.book.check_limits()
    return _v2(call, workspace.files[file["id"]])


_FORMATS = {
    "application/x-vnd.oasis.opendocument.spreadsheet": "ods",
    "text/tab-separated-values": "tsv",
    "application/pdf": "pdf",
    drive.XLSX: "xlsx",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
}


def _v2(call: Call, file: Json) -> Json:
    """A File of Drive v2, as recorded after a CSV import."""
    workspace, me, file_id = call.workspace, call.caller.email, file["id"]
    owner = next(e["emailAddress"] for e in file["permissions"] if e["role"] == "owner")
    role = workspace.role(file, me) or "writer"
    link = f"https://www.googleapis.com/drive/v2/files/{file_id}"
    export = f"https://docs.google.com/spreadsheets/export?id={file_id}&exportFormat="
    modified = file["modifiedTime"]
    return {
        "kind": "drive#file",
        "id": file_id,
        "title": file["name"],
        "mimeType": file["mimeType"],
        "createdDate": file["createdTime"],
        "modifiedDate": modified,
        "modifiedByMeDate": modified,
        "lastViewedByMeDate": modified,
        "markedViewedByMeDate": "1970-01-01T00:00:00.000Z",
        "version": str(file["version"]),
        "etag": f'"{file["version"]}"',
        "editable": True,
        "copyable": True,
        "shared": len(file["permissions"]) > 1,
        "ownerNames": [owner],
        "owners": [_user_v2(workspace, owner, me)],
        "lastModifyingUserName": file["lastModifyingUser"],
        "lastModifyingUser": _user_v2(workspace, file["lastModifyingUser"], me),
        "userPermission": {
            "kind": "drive#permission",
            "id": "me",
            "type": "user",
            "role": role,
            "selfLink": f"{link}/permissions/me",
            "etag": f'"{file["version"]}"',
            "pendingOwner": False,
        },
        "labels": {"starred": False, "hidden": False, "trashed": file["trashed"], "restricted": False, "viewed": True},
        "parents": [
            {"kind": "drive#parentReference", "id": parent, "selfLink": f"{link}/parents/{parent}", "isRoot": False}
            for parent in file["parents"]
        ],
        "exportLinks": {mime: export + ending for mime, ending in _FORMATS.items()},
        "selfLink": link,
        "alternateLink": f"https://docs.google.com/spreadsheets/d/{file_id}/edit?usp=drivesdk",
        "embedLink": f"https://docs.google.com/spreadsheets/d/{file_id}/htmlembed",
        "iconLink": f"https://drive-thirdparty.googleusercontent.com/16/type/{SPREADSHEET}",
        "thumbnailLink": f"https://docs.google.com/feeds/vt?gd=true&id={file_id}",
        "appDataContents": False,
        "copyRequiresWriterPermission": False,
        "fileSize": "1024",
        "quotaBytesUsed": "1024",
        "spaces": ["drive"],
        "explicitlyTrashed": file["trashed"],
        "writersCanShare": True,
        "capabilities": {"canEdit": True, "canCopy": True},
    }


def _user_v2(workspace: Workspace, email: str, me: str) -> Json:
    user = drive.user(workspace, email, me)
    return {
        "kind": "drive#user",
        "displayName": user["displayName"],
        "isAuthenticatedUser": user["me"],
        "permissionId": user["permissionId"],
        "emailAddress": email,
        "picture": {"url": "https://lh3.googleusercontent.com/a/default-user=s64"},
    }
