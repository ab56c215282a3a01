"""How fast an existing list is brought in, brought in once more, and sealed anew under another key.

On PostgreSQL as production has it. Prints lines a second and the most memory that the command had.

    python -m benchmarks.lists --lines 1000000
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.stage import Stage, stage

NOWHERE = 9  # nothing is mailed
DOMAINS = 400  # as many town halls as the country has, about
RELEASED = ("--newsletter", "weerbaar-bestuur", "--officer", "fatima", "--released-by", "emre")


def _write(path: Path, lines: int) -> None:
    """People of as many domains as there are town halls, from a few sign-up sheets."""
    with path.open("w") as out:
        out.write("address,consented_at,evidence\n")
        for number in range(lines):
            address = f"reader{number}@gemeente{number % DOMAINS}.example.net"
            out.write(f'{address},2024-05-31,"sign-up sheet of the congress, folder {number % 7}"\n')


def _timed(on: Stage, lines: int, said: str, *words: str) -> None:
    begun = time.perf_counter()
    process = on.service.start(*words)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, on.service.log[-2000:]
    own = used.ru_utime + used.ru_stime
    sys.stdout.write(
        f"{said}: {lines} in {took:.0f} s, {lines / took:.0f} a second, "
        f"{own / lines * 1e6:.0f} us of processor each, {used.ru_maxrss // 1024} MB\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Bring in, bring in again, change keys."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--lines", type=int, default=200_000)
    lines = words.parse_args().lines
    with stage(NOWHERE) as on:
        path = on.service.folder / "list.csv"
        _write(path, lines)
        bring_in = ("subscribers", "import", str(path), *RELEASED)
        _timed(on, lines, "brought in", *bring_in)
        _timed(on, lines, "brought in again", *bring_in)
        _timed(on, lines, "sealed anew", "keys", "rotate")


if __name__ == "__main__":
    main()
