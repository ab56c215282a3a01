"""A list is brought in by a real process that is killed: every line once, and the report is right."""

from __future__ import annotations

import asyncio
import io
import signal
from contextlib import closing
from typing import Any

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import newsletter
from app.features import intake
from app.features.intake import Desk
from tests.journeys import traces
from tests.journeys.service import Service, until

LINES = 3000  # some batches on either database
KILLS = (1, 1200)  # once so many people are in, the process is killed
WORDS = ("--newsletter", "weerbaar-bestuur", "--officer", "fatima", "--released-by", "emre")


def text(name: str) -> str:
    """Many people, and one line that cannot be taken."""
    people = "".join(
        f"{name}{number}@example.net,2024-05-31,folder {number % 7}\n" for number in range(LINES)
    )
    return f"address,consented_at,evidence\n{people}nobody,2024-05-31,folder 1\n"


def asked(service: Service, query: str) -> Any:
    with closing(traces.connected(service.main)) as connection:
        return connection.execute(query).fetchone()[0]


def proofs(service: Service) -> int:
    """How often a yes was brought in."""
    return int(asked(service, "SELECT count(*) FROM consent WHERE event = 'imported'"))


def test_the_command_is_killed_and_run_again(service: Service) -> None:
    path = service.folder / "list.csv"
    path.write_text(text("reader"))
    for kill in KILLS:
        process = service.start("subscribers", "import", str(path), *WORDS)
        until(lambda at=kill: service.count() >= at, "a part is in")
        service.stop(process, signal.SIGKILL)
        assert service.count() < LINES
    before = service.count()
    done = service.told("subscribers", "import", str(path), *WORDS)
    path.unlink()
    assert (done["added"], done["already"], done["lines"]) == (LINES - before, before, LINES + 1)
    assert done["report"] == [{"line": LINES + 2, "reason": "address"}]
    assert (service.count(), proofs(service)) == (LINES, LINES)
    assert b"reader1@" not in b"".join(
        each.read_bytes() for each in service.folder.rglob("*") if each.is_file()
    )


async def _released(service: Service) -> None:
    settings = Settings(
        database_url=service.main,
        ledger_url=service.ledger,
        keys_file=service.folder / "keys.json",
        data_dir=service.folder,
    )
    house, now = await houses.open_house(settings), houses.now()
    async with house.database.reading() as session:
        letter = await newsletter.by_slug(session, "weerbaar-bestuur")
    entries = list(intake.read(io.StringIO(text("listed")), zone=letter.zone, now=now))
    desk = Desk(house.database, house.book, house.ring, letter)
    made = await intake.hand_in(desk, intake.look(entries), entries, officer="fatima", now=now)
    async with house.database.unit_of_work() as session:
        await intake.release(session, made, actor="emre", now=now)
    await house.close()


def test_the_worker_is_killed_and_another_goes_on(service: Service) -> None:
    asyncio.run(_released(service))
    for kill in KILLS:
        worker = service.worker()
        until(lambda at=kill: service.count() >= at, "a part is in")
        service.stop(worker, signal.SIGKILL)
    assert service.count() < LINES
    service.worker()
    until(lambda: asked(service, "SELECT state FROM roster") == "done", "the list is in")
    assert (service.count(), proofs(service)) == (LINES, LINES)
    assert asked(service, "SELECT added FROM roster") == LINES
    assert asked(service, "SELECT count(*) FROM candidate") == 0
