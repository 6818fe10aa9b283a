"""One place rounds: `workbooks.money` for amounts, `workbooks.cells` for what a cell may hold."""

from tests.house.source import modules, name_of, uses

HERE = {"workbooks/money.py", "workbooks/cells/moments.py", "workbooks/cells/numbers.py"}
MADE_UP = "stopbook/demo/truth.py"
"""the demo makes up miles and odometers; nothing there is an amount"""
NO_MONEY = {
    ("workbooks/intake/guard.py", "round(size / limits.MB)"): "megabytes in a sentence",
    ("workbooks/intake/parse.py", "round(raw.total_seconds() / 60)"): "whole minutes of a duration",
    ("workbooks/intake/textfile.py", "round(count / len(rows), 1)"): "how well a separator fits",
    ("sheets_sync/plain.py", "round(cell * 86400)"): "seconds of a moment kept as a fraction of a day",
    ("workbooks/rules/mileage/straight.py", "round(2 * EARTH_M * asin(sqrt(min(1.0, half))))"): "metres from the door",
}
CALLS = {"round()", "math.floor()", "math.ceil()", "math.trunc()"}
METHODS = ("quantize()", "to_integral_value()", "to_integral_exact()", "to_integral()")


def _rounding(text: str) -> list[str]:
    return [
        use.call or use.name
        for use in uses(text)
        if use.name in CALLS or use.name.endswith(METHODS) or use.name.startswith("decimal.ROUND_")
    ]


def test_one_place_rounds():
    found = {
        (name_of(path), call)
        for path in modules("workbooks", "sheets_sync", "stopbook")
        if name_of(path) not in HERE | {MADE_UP}
        for call in _rounding(path.read_text("utf-8"))
    }
    assert found == set(NO_MONEY), (
        "round amounts with workbooks.money; what is no amount is named above with its reason"
    )


def test_the_search_finds_what_it_is_for():
    for text in ("round(x, 2)", "x.quantize(CENT)", "(a * b).quantize(c)", "import math\nmath.floor(x)",
                 "from decimal import ROUND_UP\nf(ROUND_UP)", "from math import ceil\nceil(x)"):  # fmt: skip
        assert _rounding(text), text
    assert not _rounding("from workbooks.money import half_up\nhalf_up(x)")
