"""The handbook is fresh, and nothing there is in the product is missing from it."""

import re
import shutil

import pytest

from stopbook import handbook
from stopbook.addin import buttons
from stopbook.cli import app
from stopbook.jobs import jobs
from tests.house.source import ROOT, modules, name_of
from workbooks.intake import kinds, profiles
from workbooks.policy import POLICIES
from workbooks.shelf import shelf
from workbooks.tables import TABLES


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return handbook.pages()


def test_the_pages_in_docs_are_what_the_declarations_say(capsys):
    assert handbook.main(["--check"]) == 0, capsys.readouterr().out


def test_check_sees_a_changed_a_missing_and_a_forgotten_page(tmp_path, capsys, pages, monkeypatch):
    monkeypatch.setattr(handbook, "pages", lambda: pages)  # making them takes a while, and is tried above and below
    assert handbook.main(["--to", str(tmp_path)]) == 0
    assert handbook.main(["--check", "--to", str(tmp_path)]) == 0
    page = tmp_path / "tabs" / "stops.md"
    page.write_text(page.read_text("utf-8") + "and more", "utf-8")
    (tmp_path / "jobs.md").unlink()
    shutil.copy(tmp_path / "rules.md", tmp_path / "tabs" / "gone.md")
    capsys.readouterr()
    assert handbook.main(["--check", "--to", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    for sentence in ("tabs/stops.md is not what", "jobs.md is missing", "tabs/gone.md belongs to nothing"):
        assert sentence in said
    assert handbook.main(["--to", str(tmp_path)]) == 0
    assert handbook.main(["--check", "--to", str(tmp_path)]) == 0


def test_it_is_the_same_every_time(pages):
    assert handbook.pages() == pages


def test_every_page_is_on_the_first_or_stands_under_it(pages):
    for name in pages.keys() - {"index.md"}:
        assert f"]({name})" in pages["index.md"], name


def test_every_tab_column_state_action_and_need_is_written_up(pages):
    for table in TABLES.values():
        page = pages[f"tabs/{table.name}.md"]
        assert table.about in page
        for column in table.columns:
            assert f"`{column.name}`" in page
            assert handbook._cell(column.about) in page
            assert all(choice in page for choice in column.enum)
        if table.lifecycle:
            for move in table.lifecycle.moves:
                assert any(
                    move.source in line and f"| {move.target} |" in line and f"| {move.action} |" in line
                    for line in page.splitlines()
                ), move
        for need in table.needs:
            assert handbook._cell(handbook.asks(table, need)) in page
        assert page.count("\n- ") >= len(table.checks)


def test_every_workbook_job_command_policy_profile_and_kind_is_written_up(pages):
    for wb in shelf([handbook.SAMPLE_MARKET]):
        assert wb.file in pages["workbooks.md"]
    for job in jobs().values():
        assert job.about in pages["jobs.md"]
        assert job.name in pages["jobs.md"]
    for button in buttons():
        assert f"| {button.title}" in pages["ribbon.md"]
        assert f"| {handbook._cell(button.about)} |" in pages["ribbon.md"]
    for name, policy in POLICIES.items():
        assert f"`{name}` | {policy.default}" in pages["settings.md"]
        assert policy.about in pages["settings.md"]
    for name, profile in profiles.shipped().items():
        assert f"### {name}\n" in pages["files.md"]
        for headers in profile.headers.values():
            assert all(handbook._cell(header) in pages["files.md"] for header in headers)
    for kind in kinds.KINDS.values():
        assert f"### {kind.title}\n" in pages["files.md"]


def test_every_command_and_option_is_written_up_and_has_help(pages):
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"## stopbook {name}\n" in pages["commands.md"]
    for command in handbook.commands():
        options = [line.strip() for line in command.help.splitlines() if line.strip().startswith("--")]
        assert "--help" in options[-1]
        for option in options:
            assert option.partition("  ")[2].strip(), f"{command.name}: {option} has no help"


def test_every_reason_and_flag_is_written_up(pages):
    for table in ("reason_codes", "flag_rules"):
        for row in TABLES[table].defaults:
            assert f"`{row[TABLES[table].key[0]]}` | {row['about']}" in pages["reasons.md"]
    for row in TABLES["reason_map"].defaults:
        assert str(row["value"]) in pages["reasons.md"]


def test_every_rule_is_written_up_with_its_first_sentence(pages):
    found = {rule.path for rules in handbook.rules().values() for rule in rules}
    for path in modules("workbooks/rules"):
        name = name_of(path)
        if path.name != "__init__.py":
            assert name in found
            assert f"### {name}\n" in pages["rules.md"]
    for rules in handbook.rules().values():
        assert all(rule.says in pages["rules.md"] for rule in rules)


def test_links_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), (
                    f"{page.relative_to(ROOT)} links to {target}, which is not there"
                )
