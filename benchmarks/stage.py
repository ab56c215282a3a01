"""The stage of a measurement: PostgreSQL as production has it, a sink that takes all, readers by the million.

What is measured is the service as people run it: `bode worker` as a process of its own, commands to steer it.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from app.cli.bench import used
from app.core.address import parse
from app.core.settings import Settings
from app.domain import house as houses
from app.domain import newsletter, subscriber
from app.domain.house import House
from tests.journeys.service import BODE, Service, free_port, until
from tests.postgres import Server, running
from tests.sending import TEXT
from tests.servers import smtp

SINK = "/usr/sbin/smtp-sink"
BYTES = 8192
FILLER = "Een alinea met wat meer tekst, zodat de mail ongeveer acht kilobyte weegt."
POLL = 0.02  # seconds between looks at the issue
LONGEST = 1800  # seconds a run may take
FROZEN: LiteralString = "SELECT extract(epoch FROM frozen_at - started_at) FROM issue WHERE id = %s"
TOOK: LiteralString = "SELECT extract(epoch FROM closed_at - started_at) FROM issue WHERE id = %s"
FIRST: LiteralString = "SELECT 1 FROM delivery WHERE issue_id = %s AND state = 'accepted' LIMIT 1"
CLOSED: LiteralString = "SELECT 1 FROM issue WHERE id = %s AND state = 'sent'"
WHOLE: LiteralString = "SELECT 1 FROM issue WHERE id = %s AND frozen_at IS NOT NULL"
COLUMNS: LiteralString = (
    "id, newsletter_id, address, address_index, subject, key_id, language, confirmed_at, bounces"
)


@dataclass(frozen=True)
class Measured:
    """One issue sent."""

    rate: float  # messages a second, from the issue's start, before anybody was counted, to closed books
    processor: float  # microseconds a message, user and system, all worker processes
    memory: int  # MB, the most that one worker process had
    first: float  # seconds from the command's end to the first accepted copy
    freeze: float  # seconds from the issue's start to its frozen audience


def octets() -> str:
    """An issue whose mail weighs about 8 KB, as the source's does."""
    return TEXT + "\n\n" + "\n\n".join([FILLER] * 5)


class Stage:
    """A service on PostgreSQL with readers, and a sink."""

    def __init__(self, folder: Path, server: Server, mail: smtp.Process, sink: int, **more: str) -> None:
        self.server = server
        self.urls = {which: server.create_database() for which in ("main", "ledger")}
        words = {"BODE_SMTP_URL": f"smtp://127.0.0.1:{sink}", "BODE_SMTP_CONNECTIONS": "10"}
        words |= {"BODE_LEASE_SECONDS": "60"}
        self.service = Service(folder, mail, self.urls, **words, **more)
        self.service.prepare()

    def sql(self, query: LiteralString, *values: str) -> Any:
        """One look at the database."""
        with psycopg.connect(self.urls["main"].replace("+psycopg", "")) as connection:
            found = connection.execute(query, values).fetchone()
            return found[0] if found else None

    def execute(self, statement: LiteralString, *values: Any) -> None:
        """One change to the database."""
        with psycopg.connect(self.urls["main"].replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement, values or None)

    def fill(self, upto: int) -> None:
        """Subscribers, sealed as they are in earnest, until there are so many."""
        asyncio.run(self._fill(int(self.sql("SELECT count(*) FROM subscriber")), upto))

    async def house(self) -> House:
        """The service as a process of it opens it."""
        settings = Settings(
            database_url=self.urls["main"],
            ledger_url=self.urls["ledger"],
            keys_file=self.service.folder / "keys.json",
            data_dir=self.service.folder,
        )
        return await houses.open_house(settings)

    async def _fill(self, begin: int, upto: int) -> None:
        house = await self.house()
        async with house.database.reading() as session:
            letter = await newsletter.by_slug(session, "weerbaar-bestuur")
        at = houses.now() - timedelta(days=1)
        with psycopg.connect(self.urls["main"].replace("+psycopg", "")) as connection:
            with connection.cursor().copy(f"COPY subscriber ({COLUMNS}) FROM STDIN") as copy:
                for number in range(begin, upto):
                    address = parse(f"reader{number}@example.net")
                    row = subscriber.new(house.ring, letter.id, address, language="nl", confirmed_at=at)
                    sealed = (row.address, row.address_index, row.subject)
                    copy.write_row((row.id, letter.id, *sealed, row.key_id, "nl", at, 0))
            connection.commit()
            connection.autocommit = True
            connection.execute(b"VACUUM ANALYZE subscriber")
        await house.close()

    def send(self, text: str, *words: str, all_of_them: bool = True) -> Measured:
        """Send an issue with fresh workers (`words` go to `bode worker`) and close its books."""
        begun_at = self.service.log.count("worker.ready")
        worker = self.service.started(BODE, "worker", *words)
        processes = int(words[-1]) if words else 1
        until(lambda: self.service.log.count("worker.ready") >= begun_at + processes, "workers are ready")
        issue_id = self.service.issue(text)
        before = _processor(worker.pid)
        self.service.bode("issue", "send", issue_id)
        first = self._first(issue_id, time.perf_counter())
        self._seen(CLOSED, issue_id)
        took = float(self.sql(TOOK, issue_id))
        count = int(self.sql("SELECT accepted FROM issue WHERE id = %s", issue_id))
        if all_of_them:
            assert count == int(self.sql("SELECT count(*) FROM subscriber")), count
        processor = (_processor(worker.pid) - before) / count * 1e6
        frozen = float(self.sql(FROZEN, issue_id))
        measured = Measured(count / took, processor, _memory(worker.pid), first, frozen)
        self.service.stop(worker)
        return measured

    def freeze(self, text: str, pace: int) -> float:
        """Begin an issue at a pace (messages a second) and stop once its audience is frozen: seconds."""
        self.execute("UPDATE newsletter SET pace = %s", pace)
        worker = self.service.started(BODE, "worker")
        issue_id = self.service.issue(text)
        self.service.bode("issue", "send", issue_id)
        self._seen(WHOLE, issue_id)
        self.service.stop(worker)
        return float(self.sql(FROZEN, issue_id))

    def _first(self, issue_id: str, begun: float) -> float:
        self._seen(FIRST, issue_id)
        return time.perf_counter() - begun

    def _seen(self, query: LiteralString, issue_id: str) -> None:
        end = time.monotonic() + LONGEST
        with psycopg.connect(self.urls["main"].replace("+psycopg", ""), autocommit=True) as connection:
            while connection.execute(query, (issue_id,)).fetchone() is None:
                assert time.monotonic() < end, "it took too long"
                time.sleep(POLL)


def _family(pid: int) -> list[int]:
    """A process and those it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _processor(pid: int) -> float:
    """Seconds of the processor of a process and those it started so far."""
    return sum(used.processor(each) or 0 for each in _family(pid))


def _memory(pid: int) -> int:
    return max(used.memory(each) or 0 for each in _family(pid))


@contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink on a free port."""
    port = free_port()
    process = subprocess.Popen([SINK, "-u", "nobody", f"127.0.0.1:{port}", "1000"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def stage(to: int, **more: str) -> Iterator[Stage]:
    """A stage whose mail goes to a port; gone afterwards."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(durable=True) as server,
        smtp.Process() as mail,
    ):
        made = Stage(Path(folder), server, mail, to, **more)
        try:
            yield made
        finally:
            made.service.close()
