"""Who may import whom: the contracts in pyproject.toml, and what they cannot say."""

import tomllib

from importlinter.application import use_cases
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from importlinter.configuration import configure

import addin
import local_sheets
import sheets_sync
import stopbook
import workbooks
from tests.house.source import ROOT, modules, name_of, uses
from tests.house.test_pure import OUTSIDE

PAID = ("xlwings.pro", "xlwings.server", "xlwings.reports")
"""parts of xlwings under a licence that is paid or not for commercial use"""


def test_the_contracts_hold(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=False)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_every_contract_is_read():
    configure()
    options = use_cases.read_user_options(config_filename=str(ROOT / "pyproject.toml"))
    assert (
        len(options.contracts_options)
        == (ROOT / "pyproject.toml").read_text("utf-8").count("[[tool.importlinter.contracts]]")
        > 0
    )


def test_whatever_decides_is_under_the_contract_about_outside():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contract = next(
        c
        for c in settings["tool"]["importlinter"]["contracts"]
        if "sqlalchemy" in c.get("forbidden_modules", ()) and "workbooks.schema" in c["source_modules"]
    )
    rooms = {
        path.stem for path in (ROOT / "workbooks").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert {name.removeprefix("workbooks.") for name in contract["source_modules"]} == rooms - {"__init__", *OUTSIDE}


def test_the_packages_are_the_ones_of_this_checkout():
    for package in (addin, local_sheets, sheets_sync, stopbook, workbooks):
        assert package.__file__ == str(ROOT / package.__name__ / "__init__.py")


def test_nothing_uses_a_paid_part_of_xlwings():
    found = [
        f"{name_of(path)}:{use.line} {use.name}"
        for path in modules("workbooks", "sheets_sync", "addin", "stopbook", "local_sheets")
        for use in uses(path.read_text("utf-8"))
        if use.name.removeprefix("import ").startswith(PAID)
    ]
    assert not found, found
