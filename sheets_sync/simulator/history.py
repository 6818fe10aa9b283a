"""One history: people, network and crashes for sixty rounds, then quiet, then what must hold is looked at."""

import random
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sheets_sync.google.replica import Ambiguous, Overtaken
from sheets_sync.outgoing import RID, STATE
from sheets_sync.simulator.grid import Formula, Grid, Line, Network, Switches
from sheets_sync.simulator.hub import LIMIT, NAME, Hub
from sheets_sync.simulator.people import KEY, TITLE, Assistants, Dispatchers, Memory, Session, text
from sheets_sync.simulator.store import LOST, Leased, MemoryStore, Stale
from sheets_sync.simulator.table import MEMO, TABLE
from workbooks.plan import Put, Void
from workbooks.problems import Refused
from workbooks.schema import rid_of

CYCLES = 60
QUIET = 9
CRASH = 0.006
"""how likely the hub dies at any one step"""


class Crash(Exception):  # noqa: N818 - it is what happens, not a fault of the program
    """The hub dies."""


@dataclass
class Outcome:
    """What came of one history: what was violated, and how much happened. `trace` is the same for the same seed."""

    seed: int
    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    trace: str = ""


class History:
    """One world and its hub."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311 - a simulation
        self.crashing = False
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self.store = MemoryStore(self._step)
        self.memory = Memory(self.dice)
        switches = Switches(self.dice.random() < 0.5, self.dice.random() < 0.5)
        self.grid = Grid(switches=switches)
        self.people = Dispatchers(self.grid, self.memory, self.dice)
        self.assistants = Assistants(Session(0, []), self.memory, self.dice)
        self.network = Network(self.grid, self.dice, lambda: self.people.act(between=True), self._step)
        self.hub = self._hub()
        self.former: Hub | None = None
        self.said: set[str] = set()
        for _ in range(5):
            self._system_adds()
        self._begin()

    def _step(self) -> None:
        if self.crashing and self.dice.random() < CRASH:
            raise Crash

    def _hub(self) -> Hub:
        return Hub(Leased(self.store, self.store.epoch), self.network, self.assistants)

    def _begin(self) -> None:
        """Both copies are made before people come."""
        self.network.faulty = False
        for _ in range(2):
            self.hub.cycle()
        self.network.faulty = True

    def run(self, cycles: int = CYCLES) -> Outcome:
        """The whole history."""
        self.crashing = True
        for _ in range(cycles):
            for _ in range(self.dice.randint(0, 3)):
                self.people.act()
            if self.dice.random() < 0.8:
                self.assistants.act()
            if self.dice.random() < 0.4:
                self._system()
            self.network.tick()
            self.people.wait()
            self._cycle()
        self._calm()
        self._judge()
        trace = sha256(repr((self.store.audit, self.grid.lines, sorted(self.store.conflicts))).encode()).hexdigest()
        self.counts["edits"] = len(self.memory.typed)
        self.counts.update(self.network.counts)
        return Outcome(self.seed, self.violations, self.counts, trace)

    def _cycle(self) -> None:
        """One round of the hub, which may die in it; sometimes another hub takes over while the old one is at work."""
        hub = self.hub
        if self.former is not None and self.dice.random() < 0.5:
            hub, self.former = self.former, None
        if self.dice.random() < 0.04:
            self.former = self.hub
            self.store.epoch += 1
            self.hub = hub = self._hub()
            self.counts["takeovers"] += 1
        sure = self.dice.random() < 0.1
        before, voided = len(self.store.audit), self._void()
        try:
            hub.cycle(sure)
            self.counts["cycles"] += 1
        except Crash:
            self.counts["crashes"] += 1
            self.hub = self._hub()
        except Ambiguous:
            pass
        except Overtaken:
            self.counts["overtaken"] += 1
        except Stale:
            self.counts["stale"] += 1
        except Refused as refused:
            if str(refused) != LOST:
                raise
            self.counts["fenced"] += 1
        gone = len(self._void() - voided)
        if gone > 2 * LIMIT and not sure:
            self.violations.append(f"brake: {gone} rows were voided at once")
        self._watch(before)

    def _void(self) -> set[str]:
        return {rid for rid, record in self.store.records.items() if record.void}

    def _watch(self, before: int) -> None:
        """Checks on every round: what only Stopbook writes has no person's value, nobody voids what nobody deleted."""
        for change in self.store.audit[before:]:
            key = str(change.values["k"])
            if change.void and key not in self.memory.deleted:
                self.violations.append(f"voided: {key}, which nobody deleted")
            if any(isinstance(value, str) and value != text(value) for value in change.values.values()):
                self.violations.append(f"normaliser: {key} holds {dict(change.values)}")
            system = change.values.get("s")
            if system is not None and not str(system).startswith("s"):
                self.violations.append(f"ownership: {key} system column holds {system}")

    def _system(self) -> None:
        """A job changes, adds or voids a row."""
        alive = [record for record in self.store.records.values() if not record.void]
        chance = self.dice.random()
        self.crashing = False
        if chance < 0.3 or not alive:
            self._system_adds()
        elif chance < 0.95:
            record = self.dice.choice(alive)
            self.memory.count += 1
            values = {"k": record.values["k"], "s": f"s{self.memory.count}"}
            self.store.apply([Put(NAME, (str(record.values["k"]),), values, record.rev)], [], [], NAME)
        else:
            record = self.dice.choice(alive)
            key = str(record.values["k"])
            for column, value in record.values.items():
                self.memory.see(value, key, column)
            self.memory.deleted.add(key)
            self.store.apply([], [Void(NAME, (key,), record.rev, "a job")], [], NAME)
        self.crashing = True

    def _system_adds(self) -> None:
        key = self.memory.key()
        self.memory.count += 1
        values = {**dict.fromkeys(TABLE.by_name), "k": key, "s": f"s{self.memory.count}"}
        self.store.apply([Put(NAME, (key,), values, 0)], [], [], NAME)

    def _calm(self) -> None:
        """Everybody stops, whatever was on its way arrives, and the hub goes on until nothing is left to do."""
        self.crashing = self.network.faulty = False
        self.assistants.save()
        self.people.finish()
        self.network.tick(everything=True)
        self.hub = self._hub()
        for number in range(QUIET):
            before, changes = self.grid.applied, len(self.store.audit)
            try:
                self.hub.cycle(sure=True)
            except (Ambiguous, Overtaken) as error:
                self.violations.append(f"stuck: {error}")
            if self.grid.applied == before and len(self.store.audit) == changes and number > 1:
                self.counts["quiet after"] = number
                break
        else:
            self.violations.append("never quiet: a round without any change still writes")
        self._watch(0)

    def _judge(self) -> None:
        """What must hold at rest."""
        records = {rid: record for rid, record in self.store.records.items() if not record.void}
        words = {
            word
            for row in self.store.conflicts.values()
            for word in str(row.get("sheet_value")).replace(";", " ").split()
        }
        # a copied row that could not be taken in stays as it is, and Conflicts says so
        lines = [
            line for line in self.grid.lines
            if line.get(RID) and (line[RID] == rid_of(NAME, (str(line.get(KEY)),)) or str(line.get(KEY)) not in words)
        ]  # fmt: skip
        self._rows(records, lines)
        final = {
            (text(v), str(r.values["k"]), c) for r in records.values() for c, v in r.values.items() if v is not None
        }
        said = " | ".join(
            f"{row.get('sheet_value')} | {row.get('ledger_value')}" for row in self.store.conflicts.values()
        )
        words = set(said.replace(";", " ").replace(":", " ").split())
        kept = final | self.memory.seen
        self.said = words
        for typed, who in self.memory.typed.items():
            keys = {typed[1], self.memory.also.get(typed, typed[1]), self.memory.rids.get(typed[1], typed[1])}
            if not kept & {(typed[0], key, typed[2]) for key in keys} and typed[0] not in words:
                self.violations.append(f"lost: {typed} of {who}")
        self._places(lines)

    def _rows(self, records: dict[str, Any], lines: list[Line]) -> None:
        rids = Counter(str(line[RID]) for line in lines)
        self.violations += [f"doubled: {rid}" for rid, count in rids.items() if count > 1]
        shown = {str(line[RID]): line for line in lines}
        for rid, record in records.items():
            line = shown.get(rid)
            if line is None:
                self.violations.append(f"not converged: {record.values['k']} is not in the spreadsheet")
                continue
            for column, title in TITLE.items():
                cell = line.get(title)
                if not isinstance(cell, Formula) and text(cell or "") != text(record.values.get(column) or ""):
                    self.violations.append(
                        f"not converged: {record.values['k']} {column} is {cell!r}, not {record.values.get(column)!r}"
                    )
        file = {str(rid): cells for rid, cells in self.assistants.file.rows}
        for rid, record in records.items():
            if rid not in file:
                self.violations.append(f"not converged: {record.values['k']} is not in the workbook")
            elif any(text(file[rid].get(c) or "") != text(v or "") for c, v in record.values.items()):
                self.violations.append(f"not converged: {record.values['k']} in the workbook")
        for rid, record in records.items():
            if rid != rid_of(NAME, (str(record.values["k"]),)):
                self.violations.append(f"identity: {rid}")

    def _places(self, lines: list[Line]) -> None:
        """No value in a row or column it was not typed in; people's own columns and formulas as they were left."""
        homes: dict[str, set[tuple[str, str]]] = {}
        for value, key, column in self.memory.typed:
            homes.setdefault(value, set()).update({(key, column), (self.memory.rids.get(key, key), column)})
        for (value, _, column), key in self.memory.also.items():
            homes[value].add((key, column))
        for value, key, column in self.memory.copied:
            if value in homes:
                homes[value].add((key, column))
        names = {title: column for column, title in TITLE.items()}
        for line in self.grid.lines:
            key = str(line.get(KEY))
            for title, cell in line.items():
                value = text(cell.shows if isinstance(cell, Formula) else cell or "")
                if line.get(KEY) in (None, "") and value in self.said:
                    continue  # the rest of a row that was there by mistake for a moment; Conflicts says so
                typed = not isinstance(cell, Formula)  # a formula may show whatever stood there for a moment
                if typed and title in names and value in homes and (key, names[title]) not in homes[value]:
                    self.violations.append(f"misplaced: {value} in {key} {title}")
                if title not in (*names, MEMO, RID, STATE) and cell not in (None, ""):
                    self.violations.append(f"misplaced: {value} under {title!r}")
        by_key = {str(line.get(KEY)): line for line in lines}
        for key, memo in self.memory.memos.items():
            if key in by_key and by_key[key].get(MEMO) != memo:
                self.violations.append(f"foreign column: {key} lost its memo {memo}, has {by_key[key].get(MEMO)}")
        for key, (title, formula) in self.memory.formulas.items():
            cell = by_key.get(key, {}).get(title)
            traced = (rid_of(NAME, (key,)), title) in self.store.traced  # its value is kept, which is all that can be
            if key in by_key and not traced and not (isinstance(cell, Formula) and cell.text == formula):
                self.violations.append(f"formula: {key} lost {formula}")


def run(seed: int, cycles: int = CYCLES) -> Outcome:
    """The history of one seed; a fault of the program is a violation too."""
    history = History(seed)
    try:
        return history.run(cycles)
    except Exception as error:
        return Outcome(seed, [f"error: {type(error).__name__}: {error}"], history.counts)
