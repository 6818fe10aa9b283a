"""The index of messages holds what people meet, and every message can be read by one of them."""

import ast
import re

from stopbook.messages import KINDS, _said, messages
from workbooks.tables import TABLES

FOUND = messages()
JARGON = re.compile(r"(?i)\b(exception occurred|traceback|null|none type|payload|endpoint|json|invalid|failed to|illegal|please|oops|regex|boolean|"
                    r"string|integer|parse|primary key|foreign key|stack)\b")  # fmt: skip
MAY = {
    "workbooks/ledger/database.py": "speaks to the administrator who names a database",
    "sheets_sync/google/client.py": "a key of a service account is a JSON file, and Google calls it so",
    "stopbook/google.py": "the same",
    "addin/build/excel.py": "speaks to whoever builds the add-in",
}
"""modules whose messages may use a word of the trade, each with its reason"""


def test_what_people_meet_is_in_the_index():
    texts = {message.text for message in FOUND}
    for sentence in (
        "There is no market ‹market id›. Markets on tab Markets: ‹known›.",
        "‹name› is a PDF. Export the table as CSV or .xlsx and import that.",
        "no market is named. Import again with --market, or add a column Market.",
        "‹settlement id› has nothing to settle any more; void it.",
        "“‹raw›” is not a whole number. Type a whole number.",
        "an opening balance is not below zero",
        "‹the row› was signed off by ‹signed by› and does not change; it counts in what was drafted since",
        "“‹title›” belongs to ‹owners›; the value before stands",
        "Contact ‹who› about ‹stop id› (‹code›), ‹phone›",
        "Ask the driver; choose DELIVERED with evidence, FAILED or NOT_LOADED.",
        "no signed agreement; enter the day it was signed, or let the manager attest that it is on paper",
        "The statement is in ‹file›",
        "Excel has let go of the Stopbook tab; start Excel again.",
    ):
        assert sentence in texts
    assert {message.kind for message in FOUND} == set(KINDS)
    assert len(FOUND) > 300


def test_what_tabs_say_of_their_own_cells_is_in_the_index():
    """Every check and every seal that a tab declares."""
    said = {(message.module, message.kind) for message in FOUND}
    for table in TABLES.values():
        for way in (*(check.wrong for check in table.checks), *([table.sealed] if table.sealed else [])):
            module = f"{way.__module__.replace('.', '/')}.py"
            assert (module, "cell") in said, f"{table.name}: {way.__name__} says nothing in {module}"


def test_every_message_is_a_plain_sentence():
    assert [fault for message in FOUND for fault in faults(message.module, message.kind, message.text)] == []


def faults(module: str, kind: str, text: str) -> list[str]:
    """What is wrong with the way a message speaks."""
    plain = re.sub(r"‹[^›]*›|“[^”]*”|--\w[\w-]*|\w+\.\w+", "", text)
    found = [f"{module}: “{word}” in {text}" for word in JARGON.findall(plain) if module not in MAY]
    if "!" in plain.replace("!=", "") or "  " in text or text.endswith((",", ";")):
        found.append(f"{module}: {text}")
    # a worksheet function says its name first
    if kind == "refused" and not (text[0].isupper() or text[0] in "‹“-") and not module.startswith("addin/"):
        found.append(f"{module} begins small: {text}")
    return found


def test_a_bad_message_is_seen():
    for bad in ("Failed to parse the file.", "Invalid value!", "nothing here.", "Two  blanks.", "Ends with,"):
        assert faults("stopbook/x.py", "refused", bad), bad


def test_each_way_of_saying_something_is_found():
    source = """
raise Refused(f"There is no tab {name}. Tabs: {', '.join(TABLES)}.")
step.refuse(number, f"{by} made it", "Somebody else approves it")
arrival.reject(line, "column", "no market is named", "Add a column")
Problem("it is empty here", remedy="Fill it in now")
wanted.notes.append(f"{len(rows):,} rows wait.")
def f():
    return (f"{x} is late by a day", "Enter the difference"), ()
"""
    assert sorted(_said(ast.parse(source), {"Refused"})) == [
        ("left out", "it is empty here. Fill it in now."),
        ("left out", "no market is named. Add a column."),
        ("left out", "‹by› made it. Somebody else approves it."),
        ("left out", "‹x› is late by a day. Enter the difference."),
        ("note", "‹number› rows wait."),
        ("refused", "There is no tab ‹name›. Tabs: ‹list›."),
    ]


def test_what_a_function_gives_back_is_found():
    source = """
def _sealed(row: Row, column: str) -> str:
    return "was posted and does not change" if row["posted"] else ""
def _line(row: Row) -> str:
    return f"Call {row['name']}"
def _query(name: str) -> str:
    return f"<a title={name}>all of these</a>"
TABLE = Table(needs=(Need(V, _open, _line), Need(V, _open, lambda row: f"Look at {row['tab']}")))
SAYS = {"LATE": lambda seen: "Counted as late; nothing to do.", "says": f"The export of {day} is in"}
"""
    assert sorted(_said(ast.parse(source), set(), of_cells=True)) == [
        ("cell", "Counted as late; nothing to do."),
        ("cell", "‹the row› was posted and does not change"),
        ("done", "The export of ‹day› is in ‹file›"),
        ("today", "Call ‹name›"),
        ("today", "Look at ‹tab›"),
    ]
