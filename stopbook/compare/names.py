"""Who a name in an old file is: known exactly, confirmed once before, or proposed for a person to confirm."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

LIKELY = 80
"""of 100: below, no proposal is made"""
APART = 4
"""of 100: a second one so close makes it a question between two"""


@dataclass(frozen=True)
class Match:
    """Who a name may be. `sure`: nobody needs to be asked. `others` are just as likely."""

    name: str
    party: str = ""
    sure: bool = False
    score: int = 0
    others: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """What a person is asked, or told."""
        if self.sure:
            return ""
        if not self.party:
            return f"“{self.name}” is nobody of ours"
        if self.others:
            return f"“{self.name}” may be {self.party} or {' or '.join(self.others)}"
        return f"“{self.name}” is probably {self.party}"


def key(text: str) -> str:
    """A name as it is compared: without accents, case, order of its parts or signs; “Last, First” is “First Last”."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(sorted(utils.default_process(plain).split()))


class Directory:
    """Everybody of ours with every name they go by; `aliases`: name -> party, confirmed before."""

    def __init__(self, names: Mapping[str, Iterable[str]], aliases: Mapping[str, str]) -> None:
        self._by_key: dict[str, set[str]] = {}
        self._shown: dict[str, str] = {}
        for party, texts in names.items():
            for text in (party, *texts):
                if text:
                    self._by_key.setdefault(key(text), set()).add(party)
            self._shown[party] = next((text for text in texts if text), party)
        self._aliases = {key(text): party for text, party in aliases.items()}

    def shown(self, party: str) -> str:
        """How we call a party."""
        return self._shown.get(party, party)

    def match(self, name: str) -> Match:
        """Who a name is."""
        wanted = key(name)
        if wanted in self._aliases:
            return Match(name, self._aliases[wanted], True, 100)
        exact = sorted(self._by_key.get(wanted, ()))
        if len(exact) == 1:
            return Match(name, exact[0], True, 100)
        if exact:
            return Match(name, exact[0], False, 100, tuple(exact[1:]))
        found = process.extract(wanted, list(self._by_key), scorer=fuzz.token_sort_ratio, score_cutoff=LIKELY, limit=5)
        ranked: dict[str, int] = {}
        for text, score, _ in found:
            for party in sorted(self._by_key[text]):
                ranked.setdefault(party, int(score))
        if not ranked:
            return Match(name)
        (best, score), *rest = ranked.items()
        return Match(name, best, False, score, tuple(party for party, other in rest if score - other < APART))
