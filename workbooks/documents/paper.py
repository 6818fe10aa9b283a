"""A document as a PDF, set by typst. The data goes in as JSON, so whatever a client or driver is called stays text."""

import json
import re
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import typst

from workbooks.documents import Document, Section

_EMBEDDED = re.compile(
    "[\u0000-\u024f\u0370-\u052f\u1e00-\u1fff\u2000-\u206f\u20a0-\u20bf\u2100-\u214f\u2190-\u2199\u2212]*"
)
"""what the fonts inside typst can show; other scripts take the machine's own fonts"""
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f]")
"""marks that could turn the order of figures on paper, and control characters"""


@lru_cache(maxsize=2)
def _compiler(own_fonts: bool) -> typst.Compiler:
    return typst.Compiler(_source(), ignore_system_fonts=own_fonts)


@lru_cache(maxsize=1)
def _source() -> bytes:
    return (files("templates") / "documents" / "statement.typ").read_bytes()


def render(doc: Document) -> bytes:
    """The bytes of the PDF; the same document gives the same bytes."""
    data = json.dumps(_data(doc), ensure_ascii=False, sort_keys=True)
    compiler = _compiler(_EMBEDDED.fullmatch(data) is not None)
    made = compiler.compile(_source(), format="pdf", sys_inputs={"doc": data}, timestamp=0)
    assert isinstance(made, bytes)
    return made


def _data(doc: Document) -> dict[str, Any]:
    period = f"{doc.period[0]:%Y-%m-%d} to {doc.period[1]:%Y-%m-%d}" if doc.period else ""
    return {
        "kind": _text(doc.kind), "number": _text(doc.number), "title": _text(doc.title), "period": period,
        "party": [_text(doc.party.name), *map(_text, doc.party.lines)],
        "issuer": [_text(doc.issuer.name), *map(_text, doc.issuer.lines)],
        "facts": [[_text(label), _text(text)] for label, text in doc.facts],
        "sections": [_section(section) for section in doc.sections if not section.tab and section.rows],
        "totals": [{"label": _text(t.label.strip()), "amount": _shown("money", t.amount), "strong": t.strong} for t in doc.totals],
        "notes": [*map(_text, doc.notes), *_elsewhere(doc)],
        "control": _shown("money", doc.control_total) if doc.totals else "", "currency": doc.currency, "paper": doc.paper, "lang": doc.language,
    }  # fmt: skip


def _elsewhere(doc: Document) -> list[str]:
    return [
        f"{_text(section.title)}: {len(section.rows):,} rows on a tab of the workbook that comes with this document."
        for section in doc.sections
        if section.tab
    ]


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": _text(section.title),
        "columns": [
            {"title": _text(c.title), "width": c.width, "left": c.kind in ("text", "date")} for c in section.columns
        ],
        "rows": [
            [_shown(column.kind, value) for column, value in zip(section.columns, row, strict=True)]
            for row in section.rows
        ],
        "total": "" if section.total is None else _shown("money", section.total),
        "total_at": section.amount_at or 0,
        "note": _text(section.note),
    }


def _text(text: str) -> str:
    return _BIDI.sub("", text)


def _shown(kind: str, value: Any) -> str:
    if value is None:
        return ""
    if kind == "money":
        return f"{value:,.2f}".replace("-", "\u2212")
    if kind == "pct":
        return f"{_plain(Decimal(value) * 100, 2)} %"
    if kind == "rate":
        return _plain(Decimal(value), 2)
    if kind in ("int", "qty"):
        return _plain(Decimal(value), 0)
    if isinstance(value, date):
        return value.isoformat()
    return _text(str(value))


def _plain(value: Decimal, least: int) -> str:
    """The number with as many decimals as it has, at least `least`."""
    text = f"{value:,f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return (f"{whole}.{rest}" if rest else whole).replace("-", "\u2212")
