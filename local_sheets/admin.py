"""The admin interface: faults, switches, dispatchers, counters, people. On its own port, so no client meets it by chance.

``GET /state`` shows everything. ``POST`` to ``/faults`` ``/faults/clear`` ``/faults/seed`` ``/faults/release``
``/switches`` ``/dispatchers`` ``/dispatchers/clear`` ``/clock`` ``/revoke`` ``/people`` ``/share`` ``/quota`` ``/reset``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from local_sheets.dispatcher import Act, Dispatcher
from local_sheets.environment import Switches
from local_sheets.errors import ApiError
from local_sheets.faults import KINDS, Fault
from local_sheets.service import Service

Json = dict[str, Any]


class Admin:
    """Carries out admin requests on a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._posts: dict[str, Callable[[Json], Any]] = {
            "/faults": self._fault,
            "/faults/clear": lambda _: service.faults.clear(),
            "/faults/seed": lambda body: service.faults.seed(int(body["seed"])),
            "/faults/release": lambda _: {"released": service.faults.release(service.handle, everything=True)},
            "/switches": self._switches,
            "/dispatchers": self._dispatcher,
            "/dispatchers/clear": lambda _: service.workspace.dispatchers.clear(),
            "/clock": lambda body: service.env.clock.advance(float(body["seconds"])),
            "/revoke": lambda _: {"revoked": service.workspace.accounts.revoke_all()},
            "/people": lambda body: service.workspace.accounts.add_person(
                str(body["email"]), str(body.get("name", ""))
            ),
            "/share": self._share,
            "/quota": self._quota,
            "/reset": lambda _: service.env.counters.clear(),
        }

    def handle(self, method: str, path: str, raw: bytes) -> tuple[int, Any]:
        """(status, JSON) for one admin request; a mistake is a 400 that says what is wrong."""
        with self._service.env.lock:
            if method == "GET" and path in ("/", "/state"):
                return 200, self.state()
            action = self._posts.get(path)
            if method != "POST" or action is None:
                return 404, {"error": f"no {method} {path}", "posts": sorted(self._posts)}
            try:
                body = json.loads(raw) if raw.strip() else {}
                if not isinstance(body, dict):
                    raise ValueError("the body is not an object")
                return 200, action(body) or {"ok": True}
            except KeyError as error:
                return 400, {"error": f"{error.args[0]} is missing, or names nothing"}
            except (ValueError, TypeError, ApiError, RecursionError) as error:
                return 400, {"error": str(error)[:500]}

    def state(self) -> Json:
        """Everything that is set, and what happened."""
        service = self._service
        return {
            "switches": service.env.switches.json(),
            "switch_choices": Switches.choices(),
            "fault_kinds": KINDS,
            "faults": [fault.json() for fault in service.faults.rules],
            "late": len(service.faults.late),
            "fault_log": service.faults.log[-200:],
            "dispatchers": [
                {"email": d.email, "title": d.title, "done": [[a.what, a.row, result] for a, result in d.done[-100:]]}
                for d in service.workspace.dispatchers
            ],
            "counters": dict(service.env.counters),
            "files": [
                {
                    "id": f["id"],
                    "name": f["name"],
                    "people": [p.get("emailAddress", p["type"]) for p in f["permissions"]],
                }
                for f in service.workspace.files.values()
            ],
            "accounts": {email: account["kind"] for email, account in service.workspace.accounts.known.items()},
            "clock": service.env.clock.now().isoformat(),
        }

    def _fault(self, body: Json) -> Json:
        fault = Fault.of(body)
        self._service.faults.add(fault)
        return fault.json()

    def _switches(self, body: Json) -> Json:
        self._service.env.switches = self._service.env.switches.changed(body)
        return self._service.env.switches.json()

    def _dispatcher(self, body: Json) -> Json:
        data = dict(body)
        data["script"] = [Act(**act) for act in data.get("script", [])]
        for name in ("acts", "columns"):
            if name in data:
                data[name] = tuple(data[name])
        workspace = self._service.workspace
        if data["book_id"] not in workspace.files:
            raise ValueError(f"no spreadsheet {data['book_id']}")
        person = Dispatcher(**data)
        workspace.accounts.add_person(person.email)
        workspace.dispatchers.append(person)
        return {"email": person.email, "script": len(person.script)}

    def _share(self, body: Json) -> Json:
        file = self._service.workspace.share(body["book_id"], body["email"], body.get("role", "writer"))
        return {"people": [entry.get("emailAddress") for entry in file["permissions"]]}

    def _quota(self, body: Json) -> Json:
        quota = self._service.quota
        for name in ("per_user", "per_project"):
            value = body.get(name, getattr(quota, name))
            if value is not None and (type(value) is not int or value < 0):
                raise ValueError(f"{name} is a whole number, or null for no limit")
            setattr(quota, name, value)
        return {"per_user": quota.per_user, "per_project": quota.per_project}
