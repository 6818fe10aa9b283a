"""One history: people, network and crashes for sixty rounds, then quiet, then what must hold is looked at."""

import random
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sheets_sync.conflicts import contents
from sheets_sync.google.replica import Ambiguous, Overtaken
from sheets_sync.outgoing import RID, STATE
from sheets_sync.rows import COPIED
from sheets_sync.simulator.grid import Formula, Grid, Line, Network, Switches
from sheets_sync.simulator.hub import LIMIT, NAME, Hub
from sheets_sync.simulator.people import KEY, TITLE, Assistants, Dispatchers, Memory, Session, Typed, _shown, text
from sheets_sync.simulator.store import LOST, Leased, MemoryStore, Stale
from sheets_sync.simulator.table import GOOGLE, MEMO, TABLE, ZONE
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
        between = lambda: self.people.act(between=True)  # noqa: E731
        self.network = Network(self.grid, self.dice, between, self._step, self._seen)
        self.hub = self.at_work = self._hub()
        self.former: Hub | None = None
        self.said: set[str] = set()
        for _ in range(5):
            self._system_adds()
        self._begin()

    def _step(self) -> None:
        if self.crashing and self.dice.random() < CRASH:
            raise Crash

    def _seen(self) -> None:
        """A complete read. Not one of a hub that lost its lease: nothing follows from it, and the leader knows nothing of
        it, whether it saw a row that the leader missed before and after or missed one, too.
        """
        if self.at_work is self.hub:
            self.people.read(self.hub)

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
                self.people.act(between=bool(self.network.late))  # what is still on its way was read before
            if self.dice.random() < 0.8:
                self.assistants.act()
            if self.dice.random() < 0.4:
                self._system()
            self.network.tick()
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
        self.at_work = hub
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
        self.hub = self.at_work = self._hub()
        for number in range(QUIET):
            before, changes = self.grid.applied, len(self.store.audit)
            try:
                self.hub.cycle(sure=True)
            except (Ambiguous, Overtaken) as error:
                self.violations.append(f"stuck: {error}")
            changed = self.grid.applied != before or len(self.store.audit) != changes
            if not (changed or self.hub.waits) and number > 1:
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
            if line.get(RID) and not str(line[RID]).endswith(COPIED)
            and (line[RID] == rid_of(NAME, (str(line.get(KEY)),)) or str(line.get(KEY)) not in words)
        ]  # fmt: skip
        left_out = self._late()
        self._rows(records, [line for line in lines if not any(line is other for other in left_out)])
        final = {
            (text(v), str(r.values["k"]), c) for r in records.values() for c, v in r.values.items() if v is not None
        }
        said = " | ".join(
            f"{row.get('sheet_value')} | {row.get('ledger_value')}" for row in self.store.conflicts.values()
        )
        words = set(said.replace(";", " ").replace(":", " ").split())
        put_back = {
            (row["sheet_value"], row["row_key"]) for row in self.store.conflicts.values() if row["column_name"] == "k"
        }
        shown = {
            (value, under, column)
            for (value, key, column), under in self.memory.under.items()
            if (key, under) in put_back
        }
        kept = final | self.memory.seen | self._gave_way(shown)
        self.said = words
        homes = self._homes(put_back)
        for typed, who in self.memory.typed.items():
            if not kept & {(typed[0], key, typed[2]) for key in homes[typed]} and typed[0] not in words:
                self.violations.append(f"lost: {typed} of {who}")
        self._places(homes, self.memory.copied | shown, left_out)
        # a note that stays open for ever is looked at in every round, and its row is looked for
        self.violations += [f"left open: {note.intent}" for note in self.store.notes(GOOGLE.name)]

    def _homes(self, put_back: set[tuple[Any, Any]]) -> dict[Typed, set[str]]:
        """The keys of the row in which each value was typed. `put_back`: a key that was typed, and what it was put back to.

        One that was made by copying a row has the identity of the original until it is seen. Is the original taken away
        before that, it is that row by everything the spreadsheet shows: its key is put back, and Conflicts says so.
        """
        memory = self.memory
        homes = {}
        for typed in memory.typed:
            homes[typed] = {typed[1], memory.also.get(typed, typed[1]), memory.rids.get(typed[1], typed[1])}
            under = memory.under.get(typed, "")
            if (typed[1], under) in put_back:
                homes[typed].add(under)
        return homes

    def _gave_way(self, shown: set[Typed]) -> set[Typed]:
        """Values that gave way, in the ledger, to what a copy of their row showed that counted as the row itself."""
        if not shown:
            return set()
        found: set[Typed] = set()
        before: dict[str, Any] = {}
        for change in self.store.audit:
            key = str(change.values["k"])
            for column, value in before.get(change.rid, {}).items():
                now = text(change.values.get(column) or "")
                if value is not None and text(value) != now and (now, key, column) in shown:
                    found.add((text(value), key, column))
            before[change.rid] = change.values
        return found

    def _late(self) -> list[Line]:
        """Rows that people put back too late, where another stands by now: it says the same, or Conflicts has them."""
        told = {(row["row_key"], row["sheet_value"]) for row in self.store.conflicts.values()}
        stands = (line for line in self.grid.lines if line.get(RID) and not str(line[RID]).endswith(COPIED))
        once = {str(line.get(KEY)): line for line in stands if not line.late}
        found = []
        for line in (line for line in self.grid.lines if line.late and str(line.get(KEY)) in once):
            other = once[str(line.get(KEY))]
            cells = {name: _shown(line.get(title)) for name, title in TITLE.items()}
            same = all(
                not raw or text(raw) == text(_shown(other.get(TITLE[name])) or "") for name, raw in cells.items()
            )
            if same or (line.get(KEY), contents(TABLE, cells, ZONE)) in told:
                found.append(line)
        return found

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

    def _places(self, typed: dict[Typed, set[str]], copied: set[Typed], left_out: list[Line]) -> None:
        """No value in a row or column it was not typed in, or copied to; people's own columns and formulas as left."""
        homes: dict[str, set[tuple[str, str]]] = {}
        for (value, _, column), keys in typed.items():
            homes.setdefault(value, set()).update((key, column) for key in keys)
        for value, key, column in copied:
            if value in homes:
                homes[value].add((key, column))
        names = {title: column for column, title in TITLE.items()}
        for line in self.grid.lines:
            if any(line is other for other in left_out):
                continue
            keys = {str(line.get(KEY)), line.origin}
            for title, cell in line.items():
                value = text(cell.shows if isinstance(cell, Formula) else cell or "")
                if line.get(KEY) in (None, "") and value in self.said:
                    continue  # the rest of a row that was there by mistake for a moment; Conflicts says so
                plain = not isinstance(cell, Formula)  # a formula may show whatever stood there for a moment
                here = {(key, names.get(title, "")) for key in keys}
                if plain and title in names and value in homes and not here & homes[value]:
                    self.violations.append(f"misplaced: {value} in {line.origin} {title}")
                if title not in (*names, MEMO, RID, STATE) and cell not in (None, ""):
                    self.violations.append(f"misplaced: {value} under {title!r}")
        for line in self.grid.lines:
            if line.get(MEMO) != line.memo and line.memo is not None:
                self.violations.append(f"foreign column: {line.origin} lost {line.memo}, has {line.get(MEMO)}")
            if line.formula is not None:
                title, formula = line.formula
                cell = line.get(title)
                # where a write fell on a formula its value is kept, which is all that can be
                traced = (rid_of(NAME, (line.origin,)), title) in self.store.traced
                if not traced and not (isinstance(cell, Formula) and cell.text == formula):
                    self.violations.append(f"formula: {line.origin} lost {formula}")


def run(seed: int, cycles: int = CYCLES) -> Outcome:
    """The history of one seed; a fault of the program is a violation too."""
    history = History(seed)
    try:
        return history.run(cycles)
    except Exception as error:
        return Outcome(seed, [f"error: {type(error).__name__}: {error}"], history.counts)
