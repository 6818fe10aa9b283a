"""What a person installs: built from the source archive, with everything it needs and none of the tests."""

import os
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from tests.house.source import ROOT
from tests.house.wheel import PACKAGES, faults


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the source archive and the wheel made from it."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        if os.environ.get("STOPBOOK_REQUIRE_ALL") == "1":
            pytest.fail("uv is not there, and STOPBOOK_REQUIRE_ALL=1 asks for it")
        pytest.skip("uv is not there; .ci/run builds the wheel")
    folder = tmp_path_factory.mktemp("dist")
    # offline: what builds the package is in uv's cache since the environment was made
    done = subprocess.run(
        [uv, "build", "--offline", "--out-dir", folder], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_wheel_holds_the_product_and_no_tests(built):
    [wheel] = built.glob("*.whl")
    assert faults(wheel) == []


def test_the_source_archive_holds_tests_and_docs_too(built):
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tops = {name.split("/")[1] for name in tar.getnames() if "/" in name}
    assert {*PACKAGES, "tests", "docs", "benchmarks", ".ci", "README.md", "LICENSE", "pyproject.toml"} <= tops
    assert not {".venv", "uv.lock", ".git"} & tops


def test_the_search_sees_what_is_missing_and_what_is_too_much(built, tmp_path):
    [wheel] = built.glob("*.whl")
    other = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            if not name.endswith(("generic.toml", "entry_points.txt", "LICENSE")):
                new.writestr(name, old.read(name))
        new.writestr("tests/test_x.py", "")
    assert faults(other) == [
        "workbooks/intake/profiles/generic.toml is missing",
        "tests/test_x.py should not travel",
        "the command stopbook is missing",
        "the licence is missing",
    ]
