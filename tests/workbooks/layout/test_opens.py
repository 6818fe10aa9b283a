"""Another program opens every workbook of the shelf and shows all of it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workbooks.layout.sample import MARKETS, content
from workbooks.layout import build
from workbooks.shelf import shelf


def test_libreoffice_opens_every_workbook(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        if os.environ.get("STOPBOOK_REQUIRE_ALL") == "1":
            pytest.fail("soffice is not installed, and STOPBOOK_REQUIRE_ALL=1 asks for it")
        pytest.skip("soffice is not installed")
    names = [workbook.name for workbook in shelf(MARKETS[:1])]
    for name in names:
        (tmp_path / f"{name}.xlsx").write_bytes(build(content(name, 5)))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    # token 12 of the filter's options, -1: every sheet to a file of its own
    how = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [office, "--headless", profile, "--convert-to", how, *(f"{name}.xlsx" for name in names)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "open" in (tmp_path / "dispatch-CHI-Today.csv").read_text("utf-8")
    for workbook in shelf(MARKETS[:1]):
        for table in workbook.tables:
            lines = (tmp_path / f"{workbook.name}-{table.title}.csv").read_text("utf-8")
            assert lines.startswith("_state,_msg,"), (workbook.name, table.title)
            assert "#REF!" not in lines and "#NAME?" not in lines
