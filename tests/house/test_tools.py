"""The tools agree: ruff (with it: a docstring for every module, public class and function) and strict mypy."""

import subprocess
import sys

import pytest

import workbooks.rules
from stopbook.handbook import rules
from tests.house.source import ROOT


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=lambda command: " ".join(command),
)
def test_the_tool_finds_nothing(command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_a_rule_begins_with_a_sentence():
    assert workbooks.rules.__doc__
    for found in rules().values():
        for rule in found:
            assert rule.says.endswith((".", ":")), f"{rule.path} begins with “{rule.says}”, which is no sentence"
            assert len(rule.says) <= 200, f"{rule.path}: its first sentence is too long to be remembered"
            assert rule.says[0].isupper(), f"{rule.path} begins with “{rule.says}”"
