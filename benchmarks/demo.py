"""How long the demo takes from the command to its last screen, its processor time, and the most memory it holds.

Each round plays it anew in a process of its own, as a newcomer would, and ends by itself. The processor time is that of
all its processes; the memory that of the largest, the Google Sheets server is another, smaller one. Run with
`python -m benchmarks.demo [rounds] [options of stopbook demo, such as --quick]`. POSIX only.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory


def main(rounds: int, options: list[str]) -> int:
    """Plays it `rounds` times; prints the median times and the peak memory."""
    seconds, worked = [], []
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            words = [
                sys.executable,
                "-m",
                "stopbook",
                "demo",
                "--no-wait",
                "--out",
                str(Path(folder) / "demo"),
                *options,
            ]
            began, before = time.perf_counter(), _worked()
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - began)
            worked.append(_worked() - before)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    print(f"stopbook demo {' '.join(options)}: {median(seconds):.1f} s ({min(seconds):.1f} to {max(seconds):.1f} in {rounds}), "
          f"{median(worked):.1f} s of processor time ({min(worked):.1f} to {max(worked):.1f}), {peak:,.0f} MB at most")  # fmt: skip
    return 0


def _worked() -> float:
    """Seconds of processor time of everything that was started here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    given = sys.argv[1:]
    number = int(given.pop(0)) if given and given[0].isdigit() else 3
    sys.exit(main(number, given))
