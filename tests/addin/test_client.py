"""Finding the hub and speaking to it: settings, tokens, and answers that are none."""

import json
import socket
from pathlib import Path
from threading import Thread

import pytest

from addin import client, resident
from addin.agent import ALWAYS, ASKED, PAUSE
from addin.client import Client, Unreachable, Where
from addin.resident import alone, policy, runs
from workbooks.problems import Refused


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A computer on which nothing is set."""
    for name in ("STOPBOOK_TOKEN", "STOPBOOK_HUB", "STOPBOOK_PERSON"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STOPBOOK_ADDIN", str(tmp_path / "addin"))
    monkeypatch.setenv("STOPBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return tmp_path


def say(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, "utf-8")


def test_without_a_hub_it_says_where_to_write_the_address():
    with pytest.raises(Unreachable, match=r"No hub is known on this computer.*addin\.json"):
        client.find()


def test_the_hub_of_this_pc_is_opened_by_the_key_of_its_home(bare, monkeypatch):
    say(bare / "home", "hub.json", json.dumps({"address": "http://127.0.0.1:8750", "started": "x"}))
    say(bare / "home", "hub.key", "secret\n")
    monkeypatch.setenv("USER", "ana")
    where = client.find()
    assert (where.address, where.token, where.person, where.near) == (
        "http://127.0.0.1:8750",
        "local_secret",
        "ana",
        True,
    )
    assert "secret" not in repr(where)
    monkeypatch.setenv("STOPBOOK_TOKEN", "sb_1_x")
    assert (client.find().token, client.find().person) == ("sb_1_x", ""), "a personal token goes before"


def test_the_companys_hub_stands_in_the_settings(bare, monkeypatch):
    say(bare / "addin", "addin.json", json.dumps({"hub": "https://stopbook.example.com/", "cert": "/c.pem"}))
    with pytest.raises(Refused, match=r"No token is kept for https://stopbook\.example\.com\. Ask your manager"):
        client.find()
    monkeypatch.setenv("STOPBOOK_TOKEN", " sb_1_x ")
    where = client.find()
    assert (where.address, where.token, where.verify, where.near) == (
        "https://stopbook.example.com",
        "sb_1_x",
        "/c.pem",
        False,
    )


@pytest.mark.parametrize("address", ["http://stopbook.example.com", "ftp://x", "stopbook.example.com", "https://"])
def test_a_token_never_travels_in_the_open(bare, monkeypatch, address):
    monkeypatch.setenv("STOPBOOK_TOKEN", "sb_1_x")
    monkeypatch.setenv("STOPBOOK_HUB", address)
    with pytest.raises(Refused, match="has to begin with https://"):
        client.find()


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "\x00"])
def test_damaged_settings_are_a_sentence(bare, text):
    say(bare / "addin", "addin.json", text)
    with pytest.raises(Refused, match=r"addin\.json .*(Correct it|delete it)"):
        client.settings()


def test_a_token_is_kept_by_the_system_alone(bare, monkeypatch):
    kept: dict[tuple[str, str], str] = {}
    import keyring

    monkeypatch.setattr(keyring, "set_password", lambda *a: kept.__setitem__(a[:2], a[2]))
    monkeypatch.setattr(keyring, "get_password", lambda *a: kept.get(a))
    monkeypatch.setattr(keyring, "delete_password", lambda *a: kept.pop(a))
    client.keep_token("https://stopbook.example.com/", "sb_1_x")
    monkeypatch.setenv("STOPBOOK_HUB", "https://stopbook.example.com")
    assert client.find().token == "sb_1_x"
    client.keep_token("https://stopbook.example.com", "")
    assert kept == {}
    assert not list(bare.rglob("*.json"))


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
     b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
     b"SSH-2.0-x\r\n"],
)  # fmt: skip
def test_what_is_no_hub_is_said_to_be_none(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            for _ in range(2):
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.settimeout(5)
                    caller.recv(65536)
                    caller.sendall(answer)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        one = Client(Where(f"http://127.0.0.1:{server.getsockname()[1]}", "sb_secret_token"), connect=2, answer=2)
        with pytest.raises(Unreachable) as caught:
            one.get("/me")
        one.close()
    thread.join(15)
    assert "sb_secret" not in str(caught.value)
    assert one.calls == 2, "a question that changes nothing is asked once more"


def test_the_settings_say_when_is_written():
    assert policy({}).write == PAUSE
    assert policy({"write": "asked"}).write == ASKED
    assert (policy({"write": "always", "pause": 3}).write, policy({"pause": 3}).pause) == (ALWAYS, 3.0)
    assert policy({"pause": "soon"}).pause == policy({}).pause
    with pytest.raises(Refused, match="can be pause, asked or always"):
        policy({"write": "never"})


def test_one_agent_runs_for_a_person():
    assert not runs()
    with alone():
        assert runs()
        with pytest.raises(Refused, match="runs already"), alone():
            pass
    assert not runs()
    assert resident.LOCK
