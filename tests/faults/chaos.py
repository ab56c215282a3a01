"""Faults in a random order, several at a time, while an issue goes out: the promise must hold.

    python -m tests.faults.chaos --seed 1 --rounds 4 --readers 400 --seconds 15

The same seed breaks the same things in the same order. Rounds take turns on SQLite (one worker) and
PostgreSQL (three). Prints a line a round; ends with 1 when somebody was lost, got more copies than
what broke may cost, or was in doubt without being named.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core import migrating
from tests import postgres
from tests.faults.breaking import Play
from tests.faults.promise import Outcome, kept_its_promise
from tests.faults.proxy import before
from tests.faults.scene import Scene, furnish
from tests.servers import smtp

WORKERS = {"sqlite": 1, "postgresql": 3}
HEAD = "round  database     readers   lost  extra    most  in doubt  disturbances  seconds"
SETTLING = 0.5  # seconds at most between two faults: some hit while the one before is felt


@dataclass(frozen=True)
class Figures:
    """What a round came to; `broken` says which part of the promise did not hold."""

    round: int
    kind: str
    outcome: Outcome | None
    struck: list[str]
    seconds: float
    broken: str = ""

    def line(self) -> str:
        """For people."""
        told = self.outcome
        numbers = (
            f"{told.readers:9,}{told.lost:7}{told.extra:7}{told.most:8}{told.in_doubt:10}"
            if told
            else " " * 41
        )
        line = f"{self.round:5}  {self.kind:11}{numbers}{len(self.struck):14}{self.seconds:9.1f}"
        return line + (f"\n       BROKEN: {self.broken}\n       {self.struck}" if self.broken else "")


def play(stack: ExitStack, kind: str, folder: Path, readers: int, chance: random.Random) -> Play:
    """Everything a round needs: databases, a mail server, and a way that can break."""
    mail = stack.enter_context(smtp.Process())
    if kind == "sqlite":
        urls = {which: f"sqlite:///{folder}/{which}.db" for which in ("main", "ledger")}
        server = proxy = None
    else:
        server = stack.enter_context(postgres.running(durable=True))
        urls = {which: server.create_database() for which in ("main", "ledger")}
        proxy = stack.enter_context(before(urls["main"]))
    migrating.upgrade(urls["main"], migrating.MAIN)
    migrating.upgrade(urls["ledger"], migrating.LEDGER)
    asyncio.run(furnish(folder, urls, readers))
    scene = Scene(folder, mail, urls, readers)
    stack.callback(scene.close)
    return Play(scene, chance, server=server, proxy=proxy)


def endure(on: Play, workers: int, seconds: float) -> Outcome:
    """Send while things break, then let it finish; the promise is asked at the end."""
    scene = on.scene
    on.begin(workers)
    scene.handed_over(1)
    until = time.monotonic() + seconds
    while time.monotonic() < until and scene.state(scene.issue_id) != "sent":
        on.strike()
        time.sleep(on.chance.random() * SETTLING)
    on.calm()
    scene.reaches("sent")
    scene.end()
    return kept_its_promise(scene, allowed=on.most + scene.mail.count("dropped"))


def rounds(seed: int, count: int, readers: int, seconds: float) -> Iterator[Figures]:
    """Round after round, each with a chance of its own, so that one can be had again."""
    for number in range(1, count + 1):
        kind = sorted(WORKERS)[number % 2]
        begun = time.monotonic()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="bode-chaos-")))
            on = play(stack, kind, folder, readers, random.Random(f"{seed} {number}"))
            broken = ""
            try:
                endure(on, WORKERS[kind], seconds)
            except AssertionError as wrong:
                broken = str(wrong) or "see the log"
            outcome, took = on.scene.outcome, time.monotonic() - begun
            yield Figures(number, kind, outcome, on.struck, took, broken)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="what breaks, and in which order")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--readers", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=15, help="how long things break in a round")
    return parser.parse_args()


def say(line: str) -> None:
    """As soon as it is known: a round takes a while."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    asked = options()
    say(HEAD)
    good = True
    for figures in rounds(asked.seed, asked.rounds, asked.readers, asked.seconds):
        say(figures.line())
        good = good and not figures.broken
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
