"""The drop-downs in the bytes of a workbook: which choices they offer, set anew where people keep things of their own.

Short choices stand in the rule itself, the others under a name on the hidden sheet of lists. Rules that people laid
over other cells, or over several columns at once, stay as they are.
"""

import html
import re
from collections.abc import Collection, Mapping, Sequence

from workbooks.intake.grid import letter, position_of

_RULE = re.compile(rb"<dataValidation\b([^>]*)(?<!/)>(.*?)</dataValidation>", re.DOTALL)
_INLINE = re.compile(rb"(<formula1>)&quot;.*?&quot;(</formula1>)|(<formula1>)\".*?\"(</formula1>)", re.DOTALL)
_ALL = re.compile(rb"<dataValidations\b[^>]*>(.*?)</dataValidations>|<dataValidations\b[^>]*/>", re.DOTALL)
_AFTER = re.compile(
    rb"<(?:hyperlinks|printOptions|pageMargins|pageSetup|headerFooter|rowBreaks|colBreaks|customProperties|cellWatches|"
    rb"ignoredErrors|smartTags|drawing|legacyDrawing|legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|"
    rb"extLst)\b|</worksheet>"
)
"""what may follow the rules in a sheet"""
_NAME = re.compile(rb"(<definedName\b[^>]*\bname=\"([^\"]+)\"[^>]*>)\s*('?_lists'?)!\$([A-Z]+)\$1(?::\$[A-Z]+\$(\d+))?\s*(</definedName>)")  # fmt: skip
_SAYS = "Choose one of: "
_ERROR = re.compile(rb'(\berror=")Choose one of: [^"]*(")')


def offered(
    xml: bytes, words: Mapping[int, Sequence[str]], lists: Mapping[int, str], new: Collection[int], last: int
) -> bytes:
    """The sheet with these choices in the drop-downs of its columns, from 0.

    `words` stand in the rule itself, `lists` under a name. `new` columns get a rule down to row `last` where they have none.
    """
    for place, choices in words.items():
        xml = _set(xml, place, choices)
    for place in sorted(new):
        if _rules(xml, place):
            continue
        if place in words:
            xml = _added(xml, place, _literal(words[place]), f' error="{_said(words[place])}"', last)
        elif place in lists:
            xml = _added(xml, place, lists[place].encode(), ' errorStyle="warning"', last)
    return xml


def _literal(words: Sequence[str]) -> bytes:
    return b'"' + html.escape(",".join(words), quote=False).encode("utf-8") + b'"'


def _rules(xml: bytes, place: int) -> list[re.Match[bytes]]:
    """The rules that lie over cells of this column and no other."""
    return [rule for rule in _RULE.finditer(xml) if b'type="list"' in rule[1] and _columns(rule[1]) == {place}]


def _columns(head: bytes) -> set[int]:
    said = re.search(rb'\bsqref="([^"]*)"', head)
    return {position_of(name.decode()) for name in re.findall(rb"([A-Z]+)\d+", said[1])} if said else set()


def _set(xml: bytes, place: int, words: Sequence[str]) -> bytes:
    for rule in reversed(_rules(xml, place)):
        if _INLINE.search(rule[2]) is None:
            continue  # it takes its choices from cells
        body = _INLINE.sub(lambda one: (one[1] or one[3]) + _literal(words) + (one[2] or one[4]), rule[2], count=1)
        head = _ERROR.sub(lambda one: one[1] + _said(words).encode("utf-8") + one[2], rule[1])
        xml = xml[: rule.start()] + b"<dataValidation" + head + b">" + body + b"</dataValidation>" + xml[rule.end() :]
    return xml


def _said(words: Sequence[str]) -> str:
    text = f"{_SAYS}{', '.join(words)}"
    return html.escape(text if len(text) <= 255 else f"{text[:254]}…")


def _added(xml: bytes, place: int, formula: bytes, more: str, last: int) -> bytes:
    column = letter(place)
    head = (
        f'type="list"{more} allowBlank="1" showInputMessage="1" showErrorMessage="1" sqref="{column}2:{column}{last}"'
    )
    rule = b"<dataValidation " + head.encode("utf-8") + b"><formula1>" + formula + b"</formula1></dataValidation>"
    every = _ALL.search(xml)
    if every is not None:
        inner = (every[1] or b"") + rule
        count = str(inner.count(b"<dataValidation ")).encode()
        whole = b'<dataValidations count="' + count + b'">' + inner + b"</dataValidations>"
        return xml[: every.start()] + whole + xml[every.end() :]
    end = xml.rfind(b"</sheetData>")
    after = _AFTER.search(xml, end)
    if end < 0 or after is None:
        return xml
    return xml[: after.start()] + b'<dataValidations count="1">' + rule + b"</dataValidations>" + xml[after.start() :]


def named(book: bytes, wanted: Mapping[str, Sequence[str]]) -> tuple[bytes, dict[str, tuple[int, int]]]:
    """xl/workbook.xml with these names reaching over their choices; and for each that is there, its column on the sheet of
    lists and how many cells it had."""
    known: dict[str, tuple[int, int]] = {}

    def longer(found: re.Match[bytes]) -> bytes:
        name = found[2].decode("utf-8", "replace")
        if not wanted.get(name):
            return found[0]
        known[name] = (position_of(found[4].decode()), int(found[5] or 1))
        reach = b"$" + found[4] + b"$1:$" + found[4] + b"$" + str(len(wanted[name])).encode()
        return found[1] + found[3] + b"!" + reach + found[6]

    return _NAME.sub(longer, book), known
