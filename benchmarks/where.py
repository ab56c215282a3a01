"""Where a letter's time goes: which part of the sender uses how much of the processor, as a table.

The worker runs in this process, on PostgreSQL with fsync and against `smtp-sink`. Whenever a few more
milliseconds of the processor are used up a signal comes, and what is being done gets them on its account;
nothing is slowed down in between, as it would be by counting each call. What signing threads use is measured.

    python -m benchmarks.where
    python -m benchmarks.where --readers 50000 --signed
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import FrameType
from uuid import UUID

import uvloop

from app.core import logs
from app.core.settings import Settings
from app.domain import house as houses
from app.domain.issue import State
from app.mail.courier import Courier
from app.mail.dkim import new_keys
from app.mail.mailbox import Mailbox
from app.worker import Worker
from benchmarks.stage import SINK, TOOK, Stage, octets, sink, stage
from tests.sending import look, send

EVERY = 0.002  # seconds of the processor between two looks; a kernel may make it 0.004 or 0.01
PAUSE = 2.0  # seconds until a worker has come to rest, and between looks whether the issue is sent

CLAIM = "find, freeze, claim, close"
LOOP = "event loop"
JOBS = "jobs and outbox: by the clock, not by the letter"

# Files, perhaps with a function: the innermost that is under way says which part it is. Where none does, the
# task that is under way: SQLAlchemy works on a stack of its own.
PLACES = {
    CLAIM: "send/supply send/claim send/runs send/freeze send/close send/start send/postgres:take "
    "send/postgres:_taken Engine.run Supply._round",
    "open the address, fill the gaps": "send/letter send/press mail/plate",
    "write a body and the next envelope": "smtp/connection:put smtp/connection:_advance",
    "read replies and match them": "smtp/connection:_heard smtp/replies smtp/wire:data_received",
    "marks and fates to the database": "send/journal send/postgres core/direct core/reopened Journal.run",
    "steps of a connection": "send/burst send/lane send/stock send/engine send/breaker Lane.run",
}
PARTS = {place: part for part, places in PLACES.items() for place in places.split()}


@cache
def _part(file: str, function: str) -> str | None:
    place = "/".join(Path(file).with_suffix("").parts[-2:])
    return PARTS.get(f"{place}:{function}") or PARTS.get(place)


@dataclass
class Looks:
    """The processor's seconds of each part, and of all threads but this one."""

    spent: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    threads: float = 0.0
    _last: float = 0.0

    def look(self, _number: int, frame: FrameType | None) -> None:
        """What this thread has used since the last look goes to what it is doing now."""
        part, task = None, asyncio.current_task()
        while frame is not None and part is None:
            part = _part(frame.f_code.co_filename, frame.f_code.co_name)
            frame = frame.f_back
        part = part or (PARTS.get(task.get_coro().__qualname__, JOBS) if task else LOOP)
        now = time.thread_time()
        self.spent[part] += now - self._last
        self._last = now

    def __enter__(self) -> None:
        self._last, self.threads = time.thread_time(), time.thread_time() - time.process_time()
        signal.signal(signal.SIGPROF, self.look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        self.threads += time.process_time() - time.thread_time()

    def table(self, readers: int, seconds: float) -> list[tuple[str, float]]:
        """Microseconds a letter of each part; `seconds` is how long it all took."""
        rows = [(part, self.spent[part]) for part in (*PLACES, LOOP, JOBS)]
        loop = sum(spent for _, spent in rows)
        rows += [("fill and sign, in threads", self.threads), ("processor, together", loop + self.threads)]
        rows.append(("waiting for answers, commits, or a turn of the processor", seconds - loop))
        return [(part, max(0.0, spent / readers * 1e6)) for part, spent in rows]


async def _work(settings: Settings, issue_id: UUID, looks: Looks) -> None:
    """A worker as in production, looked at from when an issue is due until it is sent."""
    house = await houses.open_house(settings)
    worker = Worker(house, Courier(settings, Mailbox()))
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(PAUSE)
    with looks:
        await send(house, issue_id)
        while (await look(house, issue_id)).state != State.SENT:  # noqa: ASYNC110  (it is in a table)
            await asyncio.sleep(PAUSE)
    worker.stopping.set()
    await running
    await house.close()


def measure(on: Stage, readers: int) -> list[tuple[str, float]]:
    """Send one issue to so many, in this process."""
    on.fill(readers)
    issue_id = on.service.issue(octets())
    os.environ.update(on.service.environment)
    looks = Looks()
    uvloop.run(_work(Settings(), UUID(issue_id), looks))
    return looks.table(readers, float(on.sql(TOOK, issue_id)))


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--readers", type=int, default=20_000)
    words.add_argument("--signed", action="store_true", help="with RSA-2048 and Ed25519")
    options = words.parse_args()
    if not shutil.which(SINK):
        raise SystemExit("smtp-sink is not here; it comes with: make test-system")
    logs.configure("ERROR")
    with sink() as port, stage(port) as on:
        if options.signed:
            path = on.service.folder / "dkim.json"
            new_keys("example.org", houses.now()).save(path)
            on.service.environment["BODE_DKIM_KEYS"] = str(path)
        rows = measure(on, options.readers)
    sys.stdout.write("| part | µs a letter |\n|---|---|\n")
    sys.stdout.writelines(f"| {part} | {micros:,.1f} |\n" for part, micros in rows)


if __name__ == "__main__":
    main()
