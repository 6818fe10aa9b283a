"""Versions that differ are said in one sentence, with what to do; a click goes through only where they agree."""

import sys
import types

import pytest

from addin import handshake
from addin.client import Told
from workbooks.problems import Refused


def test_versions_that_agree_say_nothing():
    assert handshake.differs("1.2", "1.2") == handshake.differs("1.2", "1.2", "1.2") == ""


def test_an_old_add_in_is_told_how_to_become_new():
    said = handshake.differs("1.1", "1.2", "1.2")
    assert "version 1.1" in said and "1.2" in said and "stopbook addin install" in said


def test_another_hub_is_named_with_both_versions():
    said = handshake.differs("1.2", "1.2", "1.3")
    assert "version 1.2" in said and "hub 1.3" in said


def test_a_hub_that_only_mended_something_will_do():
    assert handshake.differs("1.2.0", "1.2.0", "1.2.7") == ""
    assert handshake.differs("1.2.0", "1.2.1") != "", "but add-in and Python are installed together"


@pytest.fixture
def clicked(monkeypatch):
    """What reaches the buttons; they themselves are not tried here."""
    told = []
    buttons = types.ModuleType("addin.buttons")
    buttons.press = told.append
    monkeypatch.setitem(sys.modules, "addin.buttons", buttons)
    monkeypatch.setattr("addin.buttons", buttons, raising=False)
    return told


def test_a_click_of_this_version_reaches_its_button(clicked):
    handshake.press("sync", handshake.own())
    assert clicked == ["sync"]


def test_a_click_of_another_version_does_nothing_but_say_so(clicked):
    with pytest.raises(Refused, match=r"The add-in in Excel is version 0\.0\.9"):
        handshake.press("run.post-settlements", "0.0.9")
    assert clicked == []


def test_the_self_test_is_answered_with_the_version():
    assert handshake.about(handshake.own()) == f"Stopbook {handshake.own()} answers."
    assert "stopbook addin install" in handshake.about("0.0.9")


def test_the_hub_refuses_an_add_in_of_another_series_before_it_does_anything(place, monkeypatch):
    asker = place.client()
    assert asker.get("/me")["email"] == "va@example.com"
    before = place.office.rows("exceptions")
    monkeypatch.setattr("addin.client.own", lambda: "9.9.0")
    with pytest.raises(Told, match=r"version 9\.9\.0, your company's hub") as told:
        asker.post("/jobs/open-exceptions/run", {"date": "2026-03-10", "market": "CHI"})
    assert told.value.status == 426
    assert place.office.rows("exceptions") == before
