"""`stopbook addin build`: one sentence, one file, the same every time."""

from hashlib import sha256

import pytest
from typer.testing import CliRunner

from stopbook import addin
from stopbook.cli import app
from workbooks.problems import Refused


def test_it_says_what_it_made_with_size_and_hash(tmp_path):
    out = tmp_path / "made" / "stopbook.xlam"
    done = CliRunner().invoke(app, ["addin", "build", "--out", str(out)])
    assert done.exit_code == 0, done.output
    data = out.read_bytes()
    assert done.output.startswith(f"Made {out}: Stopbook ")
    assert f"{len(addin.buttons())} buttons" in done.output
    assert f"{len(data):,} bytes, SHA-256 {sha256(data).hexdigest()}." in done.output
    assert done.output.count("\n") == 1


def test_again_is_the_same(tmp_path):
    assert addin.made() == addin.made()


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "stopbook.xlam").mkdir()
    with pytest.raises(Refused, match=r"stopbook\.xlam cannot be written: .*\. Close Excel if it has it open"):
        addin.build(tmp_path / "stopbook.xlam")
