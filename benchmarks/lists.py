"""How fast an existing list is brought in, brought in once more, and sealed anew under another key.

And how long one address among so many takes to be erased, with one key and with two. On PostgreSQL as
production has it. Prints lines a second and the most memory that the command had.

    python -m benchmarks.lists --lines 1000000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from pathlib import Path
from typing import LiteralString

import psycopg

from app.core.address import parse
from app.domain import house as houses
from app.features import erase
from benchmarks.stage import Stage, stage
from tests.journeys.service import BODE
from tests.sending import TEXT

NOWHERE = 9  # nothing is mailed
DOMAINS = 400  # as many town halls as the country has, about
ERASED = 50  # people, from all over the list
DELIVERED: LiteralString = (
    "INSERT INTO delivery (id, issue_id, subscriber_id, state, attempts, in_doubt) "
    "SELECT gen_random_uuid(), %s, id, 'accepted', 1, 0 FROM subscriber"
)
RELEASED = ("--newsletter", "weerbaar-bestuur", "--officer", "fatima", "--released-by", "emre")


def _address(number: int) -> str:
    return f"reader{number}@gemeente{number % DOMAINS}.example.net"


def _write(path: Path, lines: int) -> None:
    """People of as many domains as there are town halls, from a few sign-up sheets."""
    with path.open("w") as out:
        out.write("address,consented_at,evidence\n")
        for number in range(lines):
            out.write(f'{_address(number)},2024-05-31,"sign-up sheet of the congress, folder {number % 7}"\n')


def _timed(on: Stage, lines: int, said: str, *words: str) -> None:
    begun = time.perf_counter()
    process = on.service.started(BODE, *words)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, on.service.log[-2000:]
    own = used.ru_utime + used.ru_stime
    _say(
        f"{said}: {lines} in {took:.0f} s, {lines / took:.0f} a second, "
        f"{own / lines * 1e6:.0f} us of processor each, {used.ru_maxrss // 1024} MB"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}; load {os.getloadavg()[0]:.1f}\n")
    sys.stdout.flush()


def _delivered(on: Stage) -> None:
    """Everybody has had an issue: who is erased also has that copy, as in earnest."""
    issue_id = on.service.issue(TEXT)
    with psycopg.connect(on.urls["main"].replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(DELIVERED, (issue_id,))
        connection.execute("VACUUM ANALYZE delivery")


async def _erase(on: Stage, lines: int, said: str, first: int) -> None:
    """One transaction each, from its begin to its commit, the ledger's included."""
    house, took = await on.house(), []
    words = {"ring": house.ring, "book": house.book, "actor": "fatima"}
    for number in range(first, lines, lines // ERASED):
        address, begun = parse(_address(number)), time.perf_counter()
        async with house.database.unit_of_work() as session:
            done = await erase.erase(session, address, **words, now=houses.now())
        took.append((time.perf_counter() - begun) * 1000)
        assert (done.subscriptions, done.deliveries, done.final) == (1, 1, True)
    await house.close()
    low, *_, high = statistics.quantiles(took, n=10)
    _say(
        f"{said}: {len(took)} times, median {statistics.median(took):.1f} ms, "
        f"eight of ten {low:.1f} to {high:.1f}, first {took[0]:.1f}, longest {max(took):.1f}"
    )


def main() -> None:
    """Bring in, bring in again, erase, change keys, erase."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--lines", type=int, default=200_000)
    lines = words.parse_args().lines
    with stage(NOWHERE) as on:
        path = on.service.folder / "list.csv"
        _write(path, lines)
        bring_in = ("subscribers", "import", str(path), *RELEASED)
        _timed(on, lines, "brought in", *bring_in)
        _timed(on, lines, "brought in again", *bring_in)
        _delivered(on)
        asyncio.run(_erase(on, lines, "erased one of so many", first=1))
        _timed(on, lines, "sealed anew", "keys", "rotate")
        asyncio.run(_erase(on, lines, "erased one of so many, two keys", first=2))


if __name__ == "__main__":
    main()
