"""The tutorial, followed literally by somebody with an empty folder: every file, every cell, every command, every answer."""

import pytest

from tests.tutorial import ORDER, PAGES, Reader, _answers, steps


def test_the_tutorial_followed_literally(tmp_path):
    reader = Reader(tmp_path)
    for page in ORDER:
        reader.follow(page)
    assert len(reader.typed) > 60


def test_every_page_of_the_tutorial_is_followed_and_linked():
    assert {path.name for path in PAGES.glob("*.md")} == set(ORDER)
    for page in ORDER:
        assert any(f"]({page})" in (PAGES / other).read_text(encoding="utf-8") for other in ORDER if other != page), (
            page
        )
        assert any(step.kind == "type" for step in steps((PAGES / page).read_text(encoding="utf-8"))), page


def test_an_answer_that_is_not_given_is_seen():
    _answers("stopbook show x", ["STANDARD …TESTED", "1 row"], "Plan\nSTANDARD   1   TESTED\n1 row of x")
    with pytest.raises(AssertionError, match="after “stopbook show x” nothing says “ACTIVE”"):
        _answers("stopbook show x", ["ACTIVE"], "STANDARD TESTED")
    with pytest.raises(AssertionError, match="nothing says “a”"):
        _answers("stopbook show x", ["b", "a"], "a b")
    with pytest.raises(AssertionError, match="nobody says what to do with the csv block"):
        steps("Here it is:\n\n```csv\na,b\n```\n")
