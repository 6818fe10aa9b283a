"""`stopbook doctor`: what the add-in's own doctor finds on this computer, and what a hub needs here besides."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import make_url

from addin import doctor, probes
from addin.probes import Finding, State
from stopbook.app import now
from stopbook.settings import Settings
from workbooks.ledger import Ledger
from workbooks.problems import Refused

_LEFT = {State.GOOD: "good ", State.LOOK: "look ", State.WRONG: "WRONG"}


def ledger(settings: Settings) -> Finding:
    """The ledger is there and can be written."""
    url = settings.ledger
    if url.startswith("sqlite"):
        file = Path(str(make_url(url).database))
        if not file.is_file():
            return probes.look("Ledger", f"There is none in {settings.home} yet.", "Run: stopbook init. On a computer that only has the add-in, nothing has to be done.")  # fmt: skip
    try:
        with Ledger.open(url, now()) as opened:
            opened.try_write()
    except Refused as refused:
        says, _, remedy = str(refused).partition(". ")
        return probes.wrong("Ledger", f"{says.rstrip('.')}.", remedy or "Ask whoever looks after Stopbook.")
    return probes.good("Ledger", "It can be read and written.")


def findings(settings: Settings) -> list[Finding]:
    """Everything, what is wrong first."""
    return doctor.ordered([ledger(settings), *doctor.findings(now(), home=settings.home)])


def examine(settings: Settings, as_json: bool, say: Callable[[str], None]) -> int:
    """Says what was found; 1 when something is wrong, else 0."""
    found = findings(settings)
    bad, odd = (sum(finding.state is state for finding in found) for state in (State.WRONG, State.LOOK))
    if as_json:
        say(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
        return 1 if bad else 0
    for finding in found:
        say(f"{_LEFT[finding.state]}  {finding.about}: {finding.says}")
        if finding.remedy:
            say(f"       {finding.remedy}")
    told = [f"{count:,} {what}" for count, what in ((bad, "wrong"), (odd, "to look at")) if count]
    say(f"{len(found)} things looked at: {', '.join(told) or 'all is well'}.")
    return 1 if bad else 0
