"""The pages: signing in, what is shown to whom, previewing and running a job under one's name, forged forms."""

import re
from datetime import timedelta

import pytest
import requests

from tests.office import CHICAGO
from tests.stopbook.hub.conftest import DAY


def browser(house, name: str) -> tuple[requests.Session, str]:
    """Somebody signed in with a browser, and the secret of their forms."""
    session = requests.Session()
    page = session.post(f"{house.address}/sign-in", data={"token": house.tokens[name]}, timeout=10)
    assert page.status_code == 200, page.text
    return session, csrf(page.text)


def csrf(text: str) -> str:
    return re.search(r'name="csrf" value="([^"]+)"', text)[1]


def test_signing_in_and_out(house):
    fresh = requests.get(house.address, timeout=5)
    assert fresh.url.endswith("/sign-in")
    wrong = requests.post(f"{house.address}/sign-in", data={"token": "sb_no_no"}, timeout=5)
    assert wrong.status_code == 401
    assert "This token is not known." in wrong.text
    answer = requests.post(
        f"{house.address}/sign-in", data={"token": house.tokens["va"]}, timeout=5, allow_redirects=False
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert house.tokens["va"].lower() not in cookie
    session, secret = browser(house, "va")
    page = session.get(house.address, timeout=5)
    assert "Reconcile day" in page.text
    assert "Post invoices" not in page.text
    assert "nonce-" in page.headers["content-security-policy"]
    assert re.search(r"<script|https?://(?!127)|src=", page.text) is None, "the page loads nothing"
    assert session.post(f"{house.address}/sign-out", data={"csrf": secret}, timeout=5).url.endswith("/sign-in")
    assert session.get(house.address, timeout=5).url.endswith("/sign-in")


def test_jobs_stand_in_the_order_of_the_day(house):
    session, _ = browser(house, "boss")
    groups = re.findall(r"<h3>(\w+)</h3>", session.get(house.address, timeout=5).text)
    assert groups == [name for name in ("Today", "Close", "Pay", "Bill", "Data") if name in groups]
    assert groups[0] == "Today"
    assert len(groups) > 3


def test_a_job_is_looked_at_and_then_run_under_the_persons_name(house):
    session, secret = browser(house, "boss")
    house.office.take_in(
        "p.csv",
        f"Order | Account | Driver | Status | Reason | Completed\n2042 | B1 | D-9 | Failed | gate | {DAY}T11:10:00-07:00",
        "completions",
        market="PHX",
    )
    assert "What" not in session.get(f"{house.address}/jobs/reconcile-day", timeout=5).text
    shown = session.post(
        f"{house.address}/jobs/reconcile-day/preview", data={"csrf": secret, "date": DAY, "market": "PHX"}, timeout=20
    )
    assert shown.status_code == 200
    assert "Do exactly this" in shown.text
    plan = re.search(r'name="plan" value="(\w+)"', shown.text)[1]
    form = {"csrf": secret, "date": DAY, "market": "PHX", "plan": plan}
    done = session.post(f"{house.address}/jobs/reconcile-day/run", data=form, timeout=20)
    assert "/works/" in done.url
    assert ": done" in done.text
    last = house.office.rows("runs", job="reconcile-day")[0]
    assert (last["by"], last["via"]) == ("boss@example.com", "page")


@pytest.mark.parametrize(("data", "headers", "status"), [
    ({}, {}, 403),
    ({"csrf": "guess"}, {}, 403),
    ({"csrf": "é"}, {}, 403),
    ({"csrf": None}, {"Origin": "https://evil.example"}, 403),
])  # fmt: skip
def test_forged_forms_do_nothing(house, data, headers, status):
    session, secret = browser(house, "boss")
    before = len(house.office.rows("runs"))
    data = {name: value or secret for name, value in data.items()}
    answer = session.post(f"{house.address}/jobs/health-check/run", data=data, headers=headers, timeout=5)
    assert answer.status_code == status
    assert "That was not done" in answer.text
    assert len(house.office.rows("runs")) == before


def test_a_cookie_opens_no_api_and_a_stranger_no_page(house):
    session, _ = browser(house, "boss")
    assert session.get(f"{house.address}/api/v1/me", timeout=5).status_code == 401
    assert session.get(f"{house.address}/jobs/post-nothing", timeout=5).status_code == 404
    va, secret = browser(house, "va")
    assert va.post(f"{house.address}/jobs/post-invoices/run", data={"csrf": secret}, timeout=5).status_code == 404
    for path in ("/..%2f..%2fetc/passwd", "/static/x", "/jobs/%00", "/works/1"):
        answer = va.get(house.address + path, timeout=5)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


def test_whatever_people_type_is_shown_as_text(house):
    boss = house.caller("boss")
    house.office.take_in(
        "x.csv", "Market | Name | Time zone\nXSS | <script>alert(1)</script> | America/Chicago", "markets", market=None
    )
    assert boss.get("/me")
    session, _ = browser(house, "boss")
    assert "<script>" not in session.get(f"{house.address}/jobs/reconcile-day", timeout=5).text
    record = house.office.app.ledger.load("markets", {"market_id": "XSS"})[0]
    from workbooks.plan import Plan, Void

    house.office.app.ledger.apply(Plan("t", {}, (), (Void("markets", ("XSS",), record.rev, "test"),)), run_key="xss",
                                  inputs_hash="", by="t", via="t", at=house.office.now)  # fmt: skip


def test_the_manager_switches_a_row_of_the_schedule(house):
    house.hub.schedule.plant()
    session, secret = browser(house, "boss")
    row = house.office.app.ledger.load("schedule", {"job": "health-check"})[0]
    form = {"csrf": secret, "rev": str(row.rev), "on": "no"}
    assert session.post(f"{house.address}/schedule/{row.rid}", data=form, timeout=5).status_code == 200
    after = house.office.app.ledger.load("schedule", {"job": "health-check"})[0].values
    assert (after["enabled"], after["next_run"]) == (False, None)
    form = {"csrf": secret, "rev": str(house.office.app.ledger.load("schedule", {"job": "health-check"})[0].rev)}
    assert (
        session.post(
            f"{house.address}/schedule/{row.rid}", data={**form, "at": "03:15", "on": "yes"}, timeout=5
        ).status_code
        == 200
    )
    seen = house.office.app.ledger.load("schedule", {"job": "health-check"})[0]
    assert seen.values["next_run"].astimezone(CHICAGO).strftime("%H:%M") == "03:15"
    bad = session.post(
        f"{house.address}/schedule/{row.rid}", data={**form, "rev": str(seen.rev), "at": "25:99"}, timeout=5
    )
    assert bad.status_code == 409
    assert "25:99" in bad.text
    off = {"csrf": secret, "rev": str(seen.rev), "on": "no"}
    assert session.post(f"{house.address}/schedule/{row.rid}", data=off, timeout=5).status_code == 200
    form, seen = off, house.office.app.ledger.load("schedule", {"job": "health-check"})[0]
    va, other = browser(house, "va")
    again = va.post(
        f"{house.address}/schedule/{row.rid}", data={"csrf": other, "rev": str(seen.rev), "on": "yes"}, timeout=5
    )
    assert again.status_code == 409
    assert "belongs to manager" in again.text
    stale = session.post(f"{house.address}/schedule/{row.rid}", data={**form, "on": "yes"}, timeout=5)
    assert stale.status_code == 409
    assert "changed this cell after you saw it" in stale.text


def test_a_page_asks_for_a_jobs_own_options_and_runs_with_them(house):
    session, secret = browser(house, "boss")
    page = session.get(f"{house.address}/jobs/record-pay", timeout=5).text
    assert re.search(r'<input type="date" name="option.paid_on"', page)
    assert "Reference of the payment" in page
    assert "option.colour" not in page
    form = {"csrf": secret, "date": DAY, "option.account": "B1"}
    shown = session.post(f"{house.address}/jobs/draft-invoices/preview", data=form, timeout=20)
    assert shown.status_code == 200, shown.text
    assert '<input type="hidden" name="option.account" value="B1">' in shown.text
    assert "account: B1" in shown.text
    plan = re.search(r'name="plan" value="(\w+)"', shown.text)[1]
    done = session.post(f"{house.address}/jobs/draft-invoices/run", data={**form, "plan": plan}, timeout=20)
    assert done.status_code == 200
    assert {row["account_id"] for row in house.office.rows("invoices")} <= {"B1"}
    wrong = session.post(
        f"{house.address}/jobs/record-pay/preview", data={**form, "option.paid_on": "soon"}, timeout=20
    )
    assert wrong.status_code == 422


LINK = "/jobs/post-settlements?date=2026-03-09&option.driver=D-7"


def test_a_link_from_a_spreadsheet_leads_to_its_job_after_signing_in(house):
    session = requests.Session()
    asked = session.get(house.address + LINK, timeout=10)
    assert "/sign-in?to=" in asked.url
    page = session.post(f"{house.address}/sign-in", data={"token": house.tokens["boss"], "to": LINK}, timeout=10)
    assert page.url == house.address + LINK
    assert 'name="date" value="2026-03-09"' in page.text
    assert 'name="option.driver" value="D-7"' in page.text
    wrong = session.post(f"{house.address}/sign-in", data={"token": "sb_no_no", "to": LINK}, timeout=10)
    assert LINK.replace("&", "&amp;") in wrong.text, "a mistyped token does not lose the way"


def test_who_comes_from_elsewhere_is_sent_once_through_here_and_is_known_then(house):
    session, _ = browser(house, "boss")
    session.cookies.clear()  # what a browser does with a strict cookie when the link is on another site
    page = session.get(house.address + LINK, headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)
    assert f'content="0; url={LINK.replace("&", "&amp;")}"' in page.text


@pytest.mark.parametrize("to", [
    "//evil.example", "https://evil.example", "/jobs/x\\evil", "/jobs/../sign-out", "/jobs/a?b#c", "javascript:alert(1)",
    "/jobs/a b", "/works/1", "/jobs/" + "a" * 3_000,
])  # fmt: skip
def test_nobody_is_led_elsewhere(house, to):
    answer = requests.post(
        f"{house.address}/sign-in", data={"token": house.tokens["boss"], "to": to}, timeout=10, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_what_was_shown_can_be_run_although_a_minute_has_passed(house):
    """A plan that bears the moment it was made at is the same plan a minute later."""
    boss = house.caller("boss")
    one = house.office
    one.take_in("d.csv", "Driver | Name | Status | Home market\nD-77 | Gus | ACTIVE | NYC", "drivers")
    shown = boss.ask("POST", "/jobs/health-check/preview", {}).json()
    assert shown["counts"], shown
    one.now += timedelta(minutes=1)
    done = boss.ask("POST", "/jobs/health-check/run", {"plan": shown["plan"]})
    assert done.status_code == 200, done.text
    assert "created" in done.json()["sentence"]
