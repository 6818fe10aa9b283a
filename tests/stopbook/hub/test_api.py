"""The hub over real HTTP: who may ask, what is read, how edits are answered, one run for two clicks."""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from stopbook import people
from tests.stopbook.hub.conftest import DAY, LIMITS, Caller

ROW_TABLES = "stops,exceptions"


def sentence(answer: requests.Response) -> str:
    """The one sentence of an error, checked for what every error has to be."""
    said = answer.json()["error"]
    assert set(said) == {"id", "sentence"}
    assert said["id"][:2] in ("E-", "F-")
    assert "Traceback" not in answer.text
    assert "\n" not in said["sentence"]
    assert (
        said["sentence"].endswith((".", "?"))
        or "{" in said["sentence"]
        or "…" in said["sentence"]
        or "=" in said["sentence"]
    )
    return said["sentence"]


def test_health_says_little_to_anybody(house):
    answer = requests.get(f"{house.address}/api/v1/health", timeout=5)
    assert answer.json() == {
        "ok": True,
        "api": 1,
        "started": "2026-03-10T20:00:00Z",
        "heartbeat": "2026-03-10T20:00:00Z",
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_me_knows_roles_markets_and_jobs(house):
    me = house.caller("va").get("/me")
    assert (me["roles"], me["markets"], me["accounts"], me["can_post"]) == (["va"], ["CHI"], None, False)
    assert "reconcile-day" in {job["name"] for job in me["jobs"]}
    assert not {job["name"] for job in me["jobs"]} & {"import-file", "post-invoices"}


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", "sb_", "sb__", "sb_0000000000_" + "a" * 43, "local_" + "x" * 32, "sb_" + "é" * 40, "x" * 5000],
)
def test_forged_tokens_get_one_sentence(house, token):
    house.office.now += timedelta(minutes=1)
    answer = requests.get(
        f"{house.address}/api/v1/me", headers={"Authorization": f"Bearer {token}".encode()}, timeout=5
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "token" in sentence(answer)


def test_a_token_with_another_secret_expired_and_revoked_tokens_are_refused(house):
    house.office.now += timedelta(minutes=1)
    ledger, now = house.office.app.ledger, house.office.now
    good, ends = people.new_token(ledger, "va@example.com", "pc", 1, "test", now)
    number = good.split("_")[1]
    assert Caller(house.address, good).ask("GET", "/me").status_code == 200
    wrong = Caller(house.address, f"sb_{number}_{'a' * 43}").ask("GET", "/me")
    assert (wrong.status_code, sentence(wrong)) == (401, "This token is not known. Ask your manager for a new one.")
    house.office.now = ends
    late = Caller(house.address, good).ask("GET", "/me")
    assert late.status_code == 401
    assert "ended on 2026-03-11" in sentence(late)
    house.office.now = now
    people.revoke_token(ledger, number, "test", now)
    back = Caller(house.address, good).ask("GET", "/me")
    assert (back.status_code, sentence(back)) == (401, "This token was taken back. Ask your manager for a new one.")
    stored = json.dumps([dict(r.values) for r in ledger.load("tokens", {})], default=str)
    assert good.split("_", 2)[2] not in stored


def test_who_left_cannot_come_back(house):
    ledger, now = house.office.app.ledger, house.office.now
    people.add_user(ledger, {"email": "gone@example.com", "role": "va"}, "test", now)
    token, _ = people.new_token(ledger, "gone@example.com", "", 5, "test", now)
    assert Caller(house.address, token).ask("GET", "/me").status_code == 200
    people.revoke_user(ledger, "gone@example.com", "test", now)
    assert Caller(house.address, token).ask("GET", "/me").status_code == 401


def test_guessing_is_stopped(house):
    house.office.now += timedelta(minutes=1)
    guesses = [
        Caller(house.address, f"sb_{n:010x}_{'a' * 43}").ask("GET", "/me").status_code
        for n in range(LIMITS.wrong_a_minute + 3)
    ]
    assert guesses[0] == 401
    assert guesses[-1] == 429
    assert house.caller("va").ask("GET", "/me").status_code == 200, "a good token is not kept out by bad ones"
    house.office.now += timedelta(minutes=1)
    assert Caller(house.address, "sb_0_0").ask("GET", "/me").status_code == 401


def test_one_person_cannot_keep_the_hub_busy(house, monkeypatch):
    house.office.now += timedelta(minutes=1)
    monkeypatch.setattr(house.hub.gate, "_limits", replace(LIMITS, a_minute=5))
    answers = [house.caller("pay").ask("GET", "/me") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].headers["retry-after"] == "60"
    assert sentence(answers[-1]) == "More than 5 requests in a minute. Wait a minute."
    assert house.caller("va").ask("GET", "/me").status_code == 200
    house.office.now += timedelta(minutes=1)
    assert house.caller("pay").ask("GET", "/me").status_code == 200


def test_the_key_of_the_home_opens_as_the_person_who_says_so(house):
    answer = Caller(house.address, "local_" + "k" * 32).ask("GET", "/me", headers={"X-Stopbook-Person": "Jos%C3%A9"})
    assert (answer.json()["email"], answer.json()["markets"]) == ("José", None)


def test_rows_come_whole_then_what_changed(house):
    va = house.caller("va")
    whole = va.get("/rows", tables=ROW_TABLES, since=0, limit=3)
    rows, cursor = list(whole["tables"].get("stops", [])), whole["cursor"]
    while whole["more"]:
        whole = va.get("/rows", tables=ROW_TABLES, since=cursor, limit=3)
        cursor = whole["cursor"]
        rows += whole["tables"].get("stops", [])
    assert {row["stop_id"] for row in rows} == {"A1-1041-1", "A1-1042-1"}
    assert va.get("/rows", tables=ROW_TABLES, since=cursor) == {
        "cursor": cursor,
        "more": False,
        "tables": {},
        "gone": {},
    }
    [case] = va.get("/rows", tables="exceptions", days=DAY)["tables"]["exceptions"]
    va.edit("exceptions", case["_rid"], case["_rev"], internal_note="called")
    fresh = va.get("/rows", tables=ROW_TABLES, since=cursor)
    assert [row["internal_note"] for row in fresh["tables"]["exceptions"]] == ["called"]
    assert fresh["tables"]["exceptions"][0]["_rev"] == case["_rev"] + 1


def test_a_snapshot_of_days_comes_in_pages(house):
    boss = house.caller("boss")
    seen, skip = [], 0
    while True:
        page = boss.get("/rows", tables="stops,markets", days=DAY, limit=2, skip=skip)
        seen += [row["_rid"] for rows in page["tables"].values() for row in rows]
        if not page["more"]:
            break
        skip = page["skip"]
    assert len(seen) == len(set(seen)) == 6


def test_an_edit_is_taken_under_the_persons_name_and_route(house):
    va = house.caller("va")
    case = va.row("exceptions")
    done = va.edit("exceptions", case["_rid"], case["_rev"], via="excel", internal_note="left a card")
    assert done["answers"][0]["cells"]["internal_note"] == {"outcome": "taken", "sentence": "Taken."}
    last = va.get("/history", table="exceptions", row=case["_rid"])["changes"][-1]
    assert (last["by"], last["via"], last["new"]["internal_note"]) == ("va@example.com", "excel", "left a card")


def test_every_kind_of_answer(house):
    va, boss = house.caller("va"), house.caller("dispatch")
    case = va.row("exceptions")
    done = va.edit(
        "exceptions",
        case["_rid"],
        case["_rev"],
        status="CLOSED",
        code="NO_SUCH",
        internal_note="fine",
        redelivery_at="soon",
    )
    cells = done["answers"][0]["cells"]
    assert cells["internal_note"]["outcome"] == "taken"
    assert cells["status"] == {
        "outcome": "put back",
        "sentence": "“Status” belongs to Stopbook; the value before stands.",
    }
    assert cells["code"]["outcome"] == "invalid"
    assert cells["redelivery_at"]["outcome"] == "invalid"
    after = va.row("exceptions")
    assert (after["status"], after["internal_note"]) == (case["status"], "fine")
    boss.edit("exceptions", after["_rid"], after["_rev"], internal_note="dispatch was here")
    late = va.edit("exceptions", after["_rid"], after["_rev"], internal_note="and so was I")
    assert late["answers"][0]["cells"]["internal_note"]["outcome"] == "conflict"
    assert "dispatch@example.com" in late["answers"][0]["cells"]["internal_note"]["sentence"]
    kept = [
        row
        for row in va.get("/rows", tables="conflicts", since=0, limit=50)["tables"]["conflicts"]
        if row["sheet_value"] == "and so was I"
    ]
    assert len(kept) == 1
    chosen = va.edit("conflicts", kept[0]["_rid"], kept[0]["_rev"], choose="SHEET")
    assert chosen["answers"][0]["cells"]["choose"]["outcome"] == "taken"
    assert va.row("exceptions")["internal_note"] == "and so was I"


def test_an_action_moves_its_case_and_the_same_request_again_does_not(house):
    caller = house.caller("phx_va")
    case = caller.row("exceptions")
    edit = {
        "id": "click-1",
        "edits": [{"table": "exceptions", "row": case["_rid"], "rev": case["_rev"], "cells": {"action": "CONTACTED"}}],
    }
    first = caller.ask("PUT", "/edits", edit).json()
    assert first["answers"][0]["cells"]["action"]["outcome"] == "taken"
    moved = caller.row("exceptions")
    assert (moved["status"], moved["action"]) == ("CONTACTING", None)
    again = caller.ask("PUT", "/edits", edit).json()
    assert again["again"] is True
    assert again["answers"][0]["cells"] == first["answers"][0]["cells"]
    assert caller.row("exceptions") == moved


def test_an_impossible_action_is_said_and_nothing_moves(house):
    va = house.caller("va")
    case = va.row("exceptions")
    done = va.edit("exceptions", case["_rid"], case["_rev"], action="CLOSE")
    said = done["answers"][0]["cells"]["action"]
    assert said["outcome"] == "invalid", said
    assert va.row("exceptions")["status"] == case["status"]


def test_new_rows_are_taken_where_they_may_be(house):
    va, boss = house.caller("va"), house.caller("boss")
    route = va.row("manifest")["route_id"]
    new = {
        "route_id": route,
        "driver_id": "D-9",
        "service_date": DAY,
        "market_id": "CHI",
        "odo_start": 10,
        "odo_end": 60,
    }
    said = va.edit("mileage", None, None, **new)["answers"][0]
    assert {cell["outcome"] for cell in said["cells"].values()} <= {"taken", "put back"}, said
    assert said["rev"] == 1
    foreign = va.edit("mileage", None, None, **{**new, "market_id": "PHX", "driver_id": "D-11"})["answers"][0]["cells"]
    assert foreign[""]["outcome"] == "invalid"
    refused = va.edit("stops", None, None, stop_id="S-9")["answers"][0]["cells"]
    assert refused[""]["outcome"] == "invalid"
    row = boss.edit("calendar", None, None, market_id="CHI", date="2026-12-25")["answers"][0]
    gone = boss.ask(
        "PUT", "/edits", {"edits": [{"table": "calendar", "row": row["row"], "rev": row["rev"], "delete": True}]}
    ).json()
    assert gone["answers"][0]["cells"][""] == {"outcome": "taken", "sentence": "Deleted."}
    assert not house.office.rows("calendar", market_id="CHI")


def test_two_clicks_at_once_are_one_run(house):
    house.office.take_in(
        "late.csv",
        f"Order | Account | Driver | Status | Reason | Completed\n2042 | B1 | D-9 | Delivered | | {DAY}T13:10:00-07:00",
        "completions",
        market="PHX",
    )
    before = len(house.office.rows("runs", job="reconcile-day"))

    def click(name: str) -> dict[str, object]:
        answer = house.caller(name).ask("POST", "/jobs/reconcile-day/run", {"date": DAY, "market": "PHX"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(click, ["phx_va", "boss", "dispatch", "phx_va", "boss", "dispatch"]))
    assert len({str(one["run"]["run_id"]) for one in found}) == 1
    assert len(house.office.rows("runs", job="reconcile-day")) == before + 1
    assert house.office.rows("runs", job="reconcile-day")[0]["by"] in {
        f"{n}@example.com" for n in ("phx_va", "boss", "dispatch")
    }
    assert click("boss")["again"] is True


def test_what_was_previewed_is_what_runs(house):
    boss = house.caller("boss")
    house.office.take_in(
        "late2.csv",
        f"Order | Account | Driver | Status | Reason | Completed\n2042 | B1 | D-9 | Failed | refused | {DAY}T12:10:00-07:00",
        "completions",
        market="PHX",
    )
    shown = boss.ask("POST", "/jobs/reconcile-day/preview", {"date": DAY, "market": "PHX"}).json()
    assert shown["counts"]
    other = boss.ask("POST", "/jobs/reconcile-day/run", {"date": DAY, "market": "PHX", "plan": "0" * 64})
    assert other.status_code == 409
    assert "Look at the preview again" in sentence(other)
    done = boss.ask("POST", "/jobs/reconcile-day/run", {"date": DAY, "market": "PHX", "plan": shown["plan"]})
    assert done.json()["state"] == "DONE"


def test_a_long_run_is_asked_again(house, monkeypatch):
    monkeypatch.setattr(house.hub, "limits", replace(LIMITS, patience=0.0))
    boss = house.caller("boss")
    first = boss.ask("POST", "/jobs/health-check/preview", {}).json()
    for _ in range(200):
        said = boss.get(f"/works/{first['work']}")
        if said["state"] == "DONE":
            break
    assert said["state"] == "DONE"
    assert house.caller("va").ask("GET", f"/works/{first['work']}").status_code == 404


@pytest.mark.parametrize(("name", "method", "path", "said", "status"), [
    ("va", "POST", "/jobs/post-invoices/run", {}, 404),
    ("bill", "POST", "/jobs/post-invoices/run", {}, 403),
    ("va", "POST", "/jobs/import-file/run", {}, 422),
    ("va", "POST", "/jobs/reconcile-day/run", {"date": DAY, "market": "PHX"}, 403),
    ("va", "POST", "/jobs/reconcile-day/run", {"date": "10/03/2026"}, 400),
    ("va", "POST", "/jobs/reconcile-day/run", {"market": "CHI"}, 422),
    ("va", "POST", "/jobs/reconcile-day/run", {"market": ["CHI"]}, 400),
    ("boss", "POST", "/jobs/reconcile-day/run", {"date": DAY, "market": "NYC"}, 422),
    ("va", "POST", "/jobs/..%2f..%2fetc%2fpasswd/run", {}, 404),
    ("va", "GET", "/../../../etc/passwd", None, 404),
    ("va", "GET", "/rows?tables=../stops", None, 404),
    ("va", "GET", "/rows?tables=tokens", None, 404),
    ("boss", "GET", "/rows?tables=tokens", None, 404),
    ("va", "GET", "/rows?tables=users", None, 404),
    ("va", "GET", "/rows?tables=settlements", None, 404),
    ("va", "GET", "/rows?tables=rate_lines", None, 404),
    ("boss", "GET", "/rows?tables=runs", None, 400),
    ("va", "GET", "/rows", None, 400),
    ("va", "GET", "/rows?tables=stops&since=-1", None, 400),
    ("va", "GET", "/rows?tables=stops&since=9999999999999999999999", None, 400),
    ("va", "GET", "/rows?tables=stops&since=\u0663", None, 400),
    ("va", "GET", "/rows?tables=stops&days=today", None, 400),
    ("va", "GET", "/history?table=stops&row=' OR 1=1", None, 404),
    ("va", "GET", "/history?table=stops&row=A1-2041-1", None, 404),
    ("va", "GET", "/explain?table=stops&row=nothing", None, 404),
    ("va", "GET", "/works/..", None, 404),
    ("va", "DELETE", "/edits", None, 405),
    ("va", "PUT", "/edits", {}, 400),
    ("va", "PUT", "/edits", {"edits": []}, 400),
    ("va", "PUT", "/edits", {"edits": [1]}, 400),
    ("va", "PUT", "/edits", {"edits": [{"table": "stops", "row": 7, "rev": 1, "cells": {}}]}, 404),
    ("va", "PUT", "/edits", {"edits": [{"table": "stops", "row": "x", "cells": {"nope": 1}}]}, 400),
    ("va", "PUT", "/edits", {"edits": [{"table": "stops", "cells": {"stop_id": {"a": 1}}}]}, 400),
    ("va", "PUT", "/edits", {"edits": [{"table": "changes", "cells": {}}]}, 404),
    ("boss", "PUT", "/edits", {"edits": [{"table": "tokens", "cells": {"token_id": "x"}}]}, 404),
    ("va", "PUT", "/edits", {"zone": "Mars/Base", "edits": [{"table": "stops", "cells": {"stop_id": "x"}}]}, 400),
    ("va", "PUT", "/edits", {"edits": [{"table": "stops", "cells": {"stop_id": "x"}}] * 201}, 413),
])  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(house, name, method, path, said, status):
    answer = house.caller(name).ask(method, path, said)
    assert answer.status_code == status, answer.text
    sentence(answer)


def test_malformed_and_oversized_bodies(house):
    for body in (b"{", b"\xff\xfe", b"[]", b"7", b'{"edits": NaN}', b"[" * 20_000, b'{"a": ' + b"9" * 5000 + b"}"):
        answer = house.caller("va").ask("PUT", "/edits", data=body)
        assert answer.status_code == 400, body[:20]
        sentence(answer)
    for headers in ({}, {"Transfer-Encoding": "chunked"}):
        data = iter([b"x" * 40_000, b"y" * 40_000]) if headers else b"x" * 80_000
        answer = house.caller("va").ask("PUT", "/edits", data=data)
        assert answer.status_code == 413
        assert "60,000 bytes" in sentence(answer)


def test_another_host_name_gets_nothing(house):
    port = int(house.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        said = b"".join(iter(lambda: line.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 421")


def test_a_fault_inside_is_a_number(house, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr("stopbook.hub.feed.tables", broken)
    answer = house.caller("va").ask("GET", "/tables")
    assert answer.status_code == 500
    number = answer.json()["error"]["id"]
    assert number in sentence(answer)
    assert "wires" not in answer.text
    log = (house.office.app.settings.home / "logs" / "stopbook.log").read_text(encoding="utf-8")
    assert number in log
    assert "wires crossed" in log
    assert house.tokens["va"] not in log


def test_no_token_is_ever_in_the_log(house, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("signing in broke")

    monkeypatch.setattr("stopbook.hub.gate.sign_in", broken)
    assert house.caller("va").ask("GET", "/me").status_code == 500
    log = (house.office.app.settings.home / "logs" / "stopbook.log").read_text(encoding="utf-8")
    assert "signing in broke" in log
    assert not [name for name, token in house.tokens.items() if token.split("_", 2)[2] in log]


def test_explaining_says_what_cannot_be_explained(house):
    stop = house.caller("va").row("stops")
    answer = house.caller("va").ask("GET", "/explain", params={"table": "stops", "row": stop["_rid"]})
    assert answer.status_code == 422
    assert (
        sentence(answer)
        == "Rows of Stops hold no amount that can be explained; name a line, a settlement or an adjustment."
    )


def test_a_first_sync_is_three_calls_and_small(house):
    boss = house.caller("boss")
    me, tables = boss.get("/me"), boss.get("/tables")
    assert me["ledger_id"]
    assert {"stops", "exceptions", "rate_lines", "settlements"} <= {table["name"] for table in tables["tables"]}
    answer = boss.ask("GET", "/rows", params={"tables": "stops,exceptions,recon,manifest", "days": DAY})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(answer.content)) < 20_000


def test_a_posted_document_takes_no_edit(house):
    from workbooks.plan import Plan, Put

    key = ("2026-W10-D-7-1",)
    row = {"settlement_id": key[0], "driver_id": "D-7", "status": "DRAFT"}
    for number, values in enumerate((row, {"status": "REVIEW"}, {"status": "POSTED"})):
        house.office.app.ledger.apply(Plan("t", {}, (Put("settlements", key, values, number),)), run_key=f"settle {number}",
                                      inputs_hash="", by="t", via="t", at=house.office.now)  # fmt: skip
    pay = house.caller("boss")
    [found] = pay.get("/rows", tables="settlements", since=0)["tables"]["settlements"]
    done = pay.edit("settlements", found["_rid"], found["_rev"], approved_by="me", note="looked at")
    cells = done["answers"][0]["cells"]
    assert cells["approved_by"]["outcome"] in ("invalid", "put back")
    assert house.office.row("settlements", *key)["approved_by"] is None


def test_an_option_of_a_job_is_read_by_its_declaration_and_kept_to_ones_own(house):
    bill, boss = house.caller("bill"), house.caller("boss")
    listed = {each["name"]: each["options"] for each in boss.get("/jobs")["jobs"]}
    assert [option["name"] for option in listed["draft-invoices"]] == ["account"]
    assert listed["reconcile-day"] == []
    mine = bill.ask("POST", "/jobs/draft-invoices/preview", {"date": DAY})
    assert mine.status_code == 200, "the one account of the person is meant"
    other = bill.ask("POST", "/jobs/draft-invoices/preview", {"date": DAY, "options": {"account": "B1"}})
    assert other.status_code == 403
    assert "there is no B1 on tab Accounts that is yours" in other.json()["error"]["sentence"]
    both = boss.ask("POST", "/jobs/draft-invoices/preview", {"date": DAY}).json()
    one = boss.ask("POST", "/jobs/draft-invoices/preview", {"date": DAY, "options": {"account": "B1"}}).json()
    assert {note.partition(",")[0] for note in both["notes"]} >= {"A1", "B1"}
    assert {note.partition(",")[0] for note in one["notes"]} == {"B1"}
    for options, sentence in (
        ({"colour": "red"}, "Draft invoices takes no option colour. It takes --account."),
        ({"account": 7}, "Draft invoices: --account is a text."),
        (["A1"], "“options” is an object of texts."),
        ({"account": "Z9"}, "Account: there is no Z9 on tab Accounts that is yours."),
    ):
        answer = boss.ask("POST", "/jobs/draft-invoices/preview", {"date": DAY, "options": options})
        assert answer.status_code in (400, 403, 422), answer.text
        assert answer.json()["error"]["sentence"] == sentence
