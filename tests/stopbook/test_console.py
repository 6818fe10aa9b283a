"""What is printed can be typed as it stands."""

from pathlib import Path

import pytest

from stopbook.console import program, shown


def test_a_command_is_shown_as_this_person_calls_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UV", raising=False)
    assert program(tmp_path) == "stopbook"
    assert program(tmp_path / "co") == "stopbook --home co"
    assert program(tmp_path / "our company") == 'stopbook --home "our company"'
    monkeypatch.setenv("UV", "/somewhere/uv")  # uv says so to whatever it runs, and the person has no other way in
    assert program(tmp_path / "co") == "python -m uv run stopbook --home co"


def test_a_path_is_as_short_as_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown(tmp_path / "here" / "workbooks" / "va.xlsx") == "workbooks/va.xlsx"
    assert shown(tmp_path / "there") == str(tmp_path / "there")
