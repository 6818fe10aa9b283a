"""Figures for the charts on *Today*, counted from the rows of the workbook itself."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbooks.schema import Record
from workbooks.tables.exceptions import DONE
from workbooks.tables.flag_rules import TABLE as FLAG_RULES

MOST = 8
"""bars in one chart; what is rarer is counted together"""


@dataclass(frozen=True)
class Chart:
    """One bar chart: `series` are (name, named style, one count per category); `share` stacks them to 100 %."""

    title: str
    categories: tuple[str, ...]
    series: tuple[tuple[str, str, tuple[int, ...]], ...]
    share: bool = False


@dataclass(frozen=True)
class Figures:
    """The charts worth drawing, in order; those without any figure are left out."""

    charts: tuple[Chart, ...]


def _split(
    title: str, pairs: Sequence[tuple[str, str]], names: Mapping[str, tuple[str, str]], share: bool = False
) -> Chart:
    """Stacked bars: `pairs` are (category, value); `names` maps each value to (what it is called, style)."""
    counts = Counter(pair for pair in pairs if pair[1] in names)
    sizes: Counter[str] = Counter()
    for (category, _), count in counts.items():
        sizes[category] += count
    shown = tuple(sorted(sizes, key=lambda name: (-sizes[name], name))[:MOST])
    series = tuple(
        (name, style, tuple(counts[category, value] for category in shown)) for value, (name, style) in names.items()
    )
    return Chart(title, shown, tuple(one for one in series if any(one[2])), share)


def _ranked(title: str, names: Sequence[str], style: str) -> Chart:
    """Plain bars, the most frequent first; the tail is one bar "other"."""
    counts = Counter(names)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    shown = [(name, counts[name]) for name in ranked[:MOST]]
    if rest := sum(counts[name] for name in ranked[MOST:]):
        shown.append(("other", rest))
    return Chart(title, tuple(name for name, _ in shown), (("Rows", style, tuple(n for _, n in shown)),))


_OUTCOMES = {
    "DELIVERED": ("Delivered", "good"), "PARTIAL": ("Partial", "warn"), "FAILED": ("Failed", "bad"),
    "MISSING": ("No scan", "dark"), "CANCELLED": ("Cancelled", "muted"), "NOT_LOADED": ("Not loaded", "muted"),
    "REJECTED": ("Rejected", "muted"),
}  # fmt: skip
_ON_TIME = {
    "ON_TIME": ("On time", "good"), "EARLY": ("Early", "warn"), "LATE": ("Late", "bad"),
    "UNPROVEN": ("Unproven", "muted"),
}  # fmt: skip

_SELF_CLOSING = {row["flag"]: row["self_closes"] for row in FLAG_RULES.defaults}


def figures(records: Mapping[str, Sequence[Record]]) -> Figures:
    """Outcomes and punctuality by account, open cases by reason, and flags that wait for a decision."""

    def texts(table: str, read: Callable[[Mapping[str, object]], object]) -> list[str]:
        return [str(read(record.values) or "(none)") for record in records.get(table, ()) if not record.void]

    account = texts("recon", lambda row: row.get("account_id"))
    outcome = texts("recon", lambda row: row.get("final") or row.get("outcome"))
    on_time = texts("recon", lambda row: row.get("on_time"))
    live = [r.values for r in records.get("exceptions", ()) if not r.void and r.values.get("status") not in DONE]
    flags = [
        flag
        for record in records.get("recon", ())
        if not record.void and record.values.get("status") == "OPEN"
        for flag in record.values.get("flags") or ()
        if not _SELF_CLOSING[flag]
    ]
    charts = (
        _split("Stops by account", list(zip(account, outcome, strict=True)), _OUTCOMES),
        _split("On time by account", list(zip(account, on_time, strict=True)), _ON_TIME, share=True),
        _ranked("Open cases by reason", [str(row.get("code") or "(none)") for row in live], "bad"),
        _ranked("Flags that wait for a decision", flags, "warn"),
    )
    return Figures(tuple(chart for chart in charts if chart.categories))
