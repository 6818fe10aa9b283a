"""Many histories: `python -m sheets_sync.simulator --histories N [--resume FILE] [--first SEED] [--workers N]`.

With --resume, what ran is kept in FILE, and the same command goes on where it stopped. Ends with 1 when any history
violated anything, and names its seed: `--first SEED --histories 1` runs it again, the same in every detail.
"""

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from sheets_sync.simulator.history import CYCLES, Outcome, run

PIECE = 200
"""histories after which progress is kept"""


def _piece(first: int, count: int, cycles: int) -> list[Outcome]:
    return [run(seed, cycles) for seed in range(first, first + count)]


def _load(path: Path | None, first: int) -> dict[str, Any]:
    if path is not None and path.exists():
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return kept
    return {"first": first, "next": first, "counts": {}, "violating": {}}


def main() -> int:
    """Runs, prints what came of it, and returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sheets_sync.simulator", description="Many seeded histories of the synchroniser."
    )
    parser.add_argument("--histories", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first history")
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--resume", type=Path, help="file in which progress is kept")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    kept = _load(given.resume, given.first)
    end, began, at_start = kept["first"] + given.histories, time.monotonic(), kept["next"]
    counts = Counter(kept["counts"])
    with ProcessPoolExecutor(given.workers) as pool:
        while kept["next"] < end:
            starts = range(kept["next"], min(end, kept["next"] + PIECE * given.workers), PIECE)
            for outcomes in pool.map(
                _piece, starts, [min(PIECE, end - s) for s in starts], [given.cycles] * len(starts)
            ):
                for outcome in outcomes:
                    counts.update(outcome.counts)
                    if outcome.violations:
                        kept["violating"][str(outcome.seed)] = outcome.violations[:5]
            kept |= {"next": min(end, starts[-1] + PIECE), "counts": dict(counts)}
            if given.resume is not None:
                fresh = given.resume.with_suffix(".new")
                fresh.write_text(json.dumps(kept, indent=1), "utf-8")
                fresh.replace(given.resume)
            rate = (kept["next"] - at_start) / (time.monotonic() - began)
            done = kept["next"] - kept["first"]
            print(f"{done:,} histories, {len(kept['violating'])} violating, {rate:.0f}/s", file=sys.stderr)
    print(
        f"{kept['next'] - kept['first']:,} histories of {given.cycles} rounds ran, {len(kept['violating'])} violated something."
    )
    print(", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items())))
    for seed, violations in kept["violating"].items():
        print(f"seed {seed}: {'; '.join(violations)}")
    return 1 if kept["violating"] else 0


if __name__ == "__main__":
    sys.exit(main())
