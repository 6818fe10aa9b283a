"""The real process: where it says it runs, the command line through it, kill -9 in the middle of a job, units."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from typer.testing import CliRunner

from stopbook import settings
from stopbook.app import opened
from stopbook.cli import app
from stopbook.hub import client
from stopbook.hub.units import unit
from stopbook.schedule import timing
from tests.office import office
from workbooks.ledger import Ledger
from workbooks.plan import Plan, Put
from workbooks.problems import Refused

SLOW = """
import pathlib, sys, time
from stopbook import runner
real = runner.run
def slow(app, job, params):
    if job.name == "health-check":
        result = real(app, job, params) if {after} else None
        pathlib.Path({marker!r}).write_text("here")
        time.sleep(60)
        return result
    return real(app, job, params)
runner.run = slow
sys.argv = ["stopbook", "--home", {home!r}, "serve", "--port", "0"]
from stopbook.cli import main
main()
"""


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "stopbook", "--home", str(home), *arguments]


def say(home: Path, *arguments: str) -> tuple[int, str, str]:
    """The command line in this process: (exit code, what was printed, what was said as a problem)."""
    result = CliRunner().invoke(app, ["--home", str(home), *arguments])
    if isinstance(result.exception, Refused):
        return 2, result.stdout, str(result.exception)
    assert result.exception is None, result.exception
    return result.exit_code, result.stdout, result.stderr.strip()


def until(true, seconds: float = 60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def home(tmp_path):
    with office(tmp_path / "home"):
        pass
    return tmp_path / "home"


@pytest.fixture
def begin(home):
    """Starts a hub of the home; whatever was started ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*call: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            call or command(home, "serve", "--port", "0"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=30)


def test_the_command_line_speaks_through_a_hub_that_runs(home, begin):
    process = begin()
    hub = until(lambda: client.running(settings.load(home)))
    said = json.loads((home / "hub.json").read_text(encoding="utf-8"))
    assert (said["address"], said["pid"]) == (hub.address, process.pid)
    if os.name != "nt":
        assert (home / "hub.key").stat().st_mode & 0o077 == 0
    code, out, wrong = say(home, "run", "health-check")
    assert (code, wrong) == (0, ""), wrong
    assert out.startswith("Health check: ")
    code, _, wrong = say(home, "run", "reconcile-day", "--market", "NYC", "--date", "2026-03-10")
    assert (code, wrong.startswith("There is no market NYC.")) == (2, True), wrong
    status = json.loads(say(home, "status", "--json")[1])
    assert status["hub"] == hub.address
    assert {row["job"] for row in status["schedule"]} == {
        "write-workbooks",
        "age-invoices",
        "health-check",
        "reconcile-day",
        "open-exceptions",
    }
    code, _, wrong = say(home, "serve")
    assert code == 2
    assert "runs already at http://127.0.0.1:" in wrong
    assert say(home, "rebuild", "--from", str(home / "workbooks"))[2].startswith(
        "The hub of this home runs. Stop it first: "
    )
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    if os.name != "nt":  # there it is ended at once, as by kill -9
        assert not (home / "hub.json").exists()
        assert not (home / "hub.key").exists()
    code, out, _ = say(home, "status")
    assert out.startswith("Hub: none runs for this home")
    with Ledger.open(settings.load(home).ledger) as ledger:
        later = datetime.now(UTC) + timedelta(minutes=2 if os.name == "nt" else 0)
        assert ledger.lease("hub", "another machine", later, 5), "the lease was given back"


@pytest.mark.parametrize("after", [False, True], ids=["before its changes are in", "after"])
def test_killed_in_the_middle_of_a_job_the_next_hub_does_it_once(home, begin, tmp_path, after):
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    with opened(settings.load(home)) as stopbook:
        record = stopbook.ledger.load("schedule", {"job": "health-check"})[0]
        values = {"next_run": due, "timing": timing(record.values)}
        stopbook.ledger.apply(Plan("t", {}, (Put("schedule", ("health-check", ""), values, record.rev),)), run_key="due",
                         inputs_hash="", by="t", via="t", at=due)  # fmt: skip
    marker = tmp_path / "marker"
    process = begin(sys.executable, "-c", SLOW.format(after=after, marker=str(marker), home=str(home)))
    until(marker.exists)
    process.kill()
    process.wait(timeout=10)
    assert (home / "hub.json").exists(), "killed, it leaves everything behind"
    assert client.running(settings.load(home)) is None
    began = time.monotonic()
    begin()
    until(lambda: client.running(settings.load(home)))
    with Ledger.open(settings.load(home).ledger) as ledger:
        row = until(
            lambda: next(
                (r.values for r in ledger.load("schedule", {"job": "health-check"}) if r.values["last_run"]), None
            )
        )
        assert time.monotonic() - began < 45, "a few seconds, on a machine with nothing else to do"
        assert row["next_run"] > datetime.now(UTC)
        assert row["failed"] is False
        assert len(ledger.load("runs", {"job": "health-check"})) <= 1
        noted = [
            c
            for c in ledger.history("schedule", ledger.load("schedule", {"job": "health-check"})[0].rid)
            if c.new and "last_run" in c.new
        ]
        assert len(noted) == 1


def test_a_hub_that_was_killed_is_not_asked(home):
    (home / "hub.json").write_text(
        '{"address": "http://127.0.0.1:9", "pid": 1, "started": "2026-03-10T00:00:00Z"}', encoding="utf-8"
    )
    (home / "hub.key").write_text("k", encoding="utf-8")
    assert client.running(settings.load(home)) is None
    for text in ("", "[]", "{", '{"address": 1}', '{"address": "ftp://x", "started": "x"}'):
        (home / "hub.json").write_text(text, encoding="utf-8")
        assert client.running(settings.load(home)) is None


def test_people_and_tokens_from_the_command_line(home):
    code, out, wrong = say(home, "user", "add", "Eve@Example.com", "--role", "va", "--market", "chi", "--name", "Eve")
    assert (code, out.strip(), wrong) == (
        0,
        "eve@example.com is on tab Users. Make a token with: stopbook token new eve@example.com",
        "",
    )
    code, out, wrong = say(home, "token", "new", "eve@example.com", "--label", "PC7", "--days", "5")
    token = out.strip()
    assert token.startswith("sb_")
    assert "\n" not in token
    assert "shown once" in wrong
    listed = say(home, "token", "list")[1]
    assert token.split("_")[1] in listed
    assert token.split("_", 2)[2] not in listed
    assert "eve@example.com" in say(home, "user", "list")[1]
    assert "is no longer good" in say(home, "token", "revoke", token)[1]
    assert "1 token" not in say(home, "user", "revoke", "eve@example.com")[1]


@pytest.mark.parametrize(("arguments", "sentence"), [
    (("user", "add", "nobody", "--role", "va"), "E-mail: “nobody” is not an e-mail address"),
    (("user", "add", "a@b.com"), "Say what a@b.com works as with --role"),
    (("user", "add", "a@b.com", "--role", "king"), "Roles: "),
    (("user", "add", "a@b.com", "--role", "va", "--market", "NYC"), "There is no market NYC. Add it on tab Markets first."),
    (("user", "dance"), "Write: stopbook user add EMAIL --role va"),
    (("user", "revoke", "a@b.com"), "a@b.com is not on tab Users."),
    (("token", "new", "a@b.com"), "a@b.com is not on tab Users."),
    (("token", "revoke", "sb_1"), "There is no token 1."),
    (("serve", "--host", "0.0.0.0"), "At 0.0.0.0 tokens would travel in the open."),
    (("serve", "--tls-cert", "x.pem"), "Name both the certificate and its key"),
    (("serve", "--tls-cert", "x.pem", "--tls-key", "y.pem"), "There is no file x.pem."),
    (("serve", "--print-unit", "launchd"), "--print-unit launchd is not known."),
    (("restore", "drivers", "D-7"), "Say to when: --to with the number of a change, or --at with a moment."),
    (("restore", "drivers", "D-7", "--at", "soon"), "--at soon: “soon” is not a date and time."),
    (("restore", "drivers", "D-7", "--at", "2026-03-10 10:00", "--timezone", "Mars"), "--timezone: “Mars” is not a time zone"),
])  # fmt: skip
def test_what_cannot_be_done_is_one_sentence(home, arguments, sentence):
    code, _, wrong = say(home, *arguments)
    assert code == 2
    assert sentence in wrong
    assert "\n" not in wrong


def test_restore_from_the_command_line(home):
    _, out, _ = say(home, "history", "drivers", "D-7")
    number = next(line.split()[0] for line in out.splitlines() if line[:1].isdigit())
    with opened(settings.load(home)) as stopbook:
        record = stopbook.ledger.load("drivers", {"driver_id": "D-7"})[0]
        stopbook.ledger.apply(Plan("t", {}, (Put("drivers", ("D-7",), {"display": "Anna"}, record.rev),)), run_key="x", inputs_hash="",
                         by="t", via="t", at=datetime.now(UTC))  # fmt: skip
    code, out, _ = say(home, "restore", "drivers", "D-7", "--to", number, "--column", "Name", "--preview")
    assert (code, "Name: “Anna” becomes “Ana”." in out) == (0, True), out
    assert "1 changed" in say(home, "restore", "drivers", "D-7", "--to", number)[1]


def test_units_start_the_same_hub():
    options = ["--host", "0.0.0.0", "--behind", "hub.example.com"]
    text = unit("systemd", Path("/srv/stop book/100%"), options, "ana")
    assert '--home "/srv/stop book/100%%" serve --host 0.0.0.0 --behind hub.example.com' in text
    assert "Restart=always" in text
    task = ET.fromstring(unit("windows", Path("C:/Stop & Book"), [], "ana").encode())
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    [arguments] = task.iter(f"{space}Arguments")
    assert arguments.text == f'-m stopbook --home "{Path("C:/Stop & Book")}" serve'


def test_served_under_tls(home, begin, tmp_path):
    key, cert = certificate(tmp_path)
    begin(*command(home, "serve", "--port", "0", "--tls-cert", str(cert), "--tls-key", str(key)))
    hub = until(lambda: client.running(settings.load(home)))
    assert hub.address.startswith("https://")
    answer = requests.get(f"{hub.address}/sign-in", timeout=5, verify=str(cert))
    assert "max-age" in answer.headers["strict-transport-security"]
    assert hub.status("ana")["in_step"] is True


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret, public = folder / "key.pem", folder / "cert.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    public.write_bytes(cert.public_bytes(pem))
    return secret, public


def test_a_file_goes_through_the_hub_that_runs(home, begin, tmp_path):
    path = tmp_path / "more drivers.csv"
    path.write_text("Driver,Name,Status\nD-50,Kim,ACTIVE\n", encoding="utf-8")
    begin()
    until(lambda: client.running(settings.load(home)))
    code, out, wrong = say(home, "import", str(path), "--table", "drivers", "--preview")
    assert (code, "1 will be created" in out) == (0, True), out + wrong
    code, out, wrong = say(home, "import", str(path), "--table", "drivers")
    assert (code, "created, 0 unchanged" in out) == (0, True), out + wrong
    with Ledger.open(settings.load(home).ledger) as ledger:
        [run] = [r.values for r in ledger.load("runs", {}) if "more drivers.csv" in str(r.values["scope"])]
        assert run["via"] == "command line"
    code, _, wrong = say(home, "import", str(tmp_path / "nowhere.csv"), "--table", "drivers")
    assert (code, "cannot be read" in wrong) == (2, True)


def test_a_hub_whose_clock_is_in_another_zone_is_found(tmp_path):
    """The demo plays its week in Chicago's time."""
    started = datetime(2026, 3, 10, 20, 45, 7, tzinfo=ZoneInfo("America/Chicago"))
    client.announce(settings.load(tmp_path), "http://127.0.0.1:1", started, "key", None)
    assert json.loads((tmp_path / client.FILE).read_text("utf-8"))["started"] == "2026-03-11T01:45:07Z"
