"""The whole data directory is copied and put back: who left in between stays gone, and gets nothing."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.address import parse
from app.core.settings import Settings
from app.domain import audit
from app.domain import issue as issues
from app.domain.house import House
from app.domain.issue import State
from app.domain.outbox import Mail
from app.domain.service import Job
from app.features import erase, schedule
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests import cast as people
from tests.backups import reopen
from tests.cast import ALICE, PEOPLE, Stage
from tests.conftest import Clock
from tests.features.restoring import tick
from tests.sending import approved, until
from tests.web.conftest import SLUG, Site, visitor

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

CLICKS, PRESSES, FORGETS, ASKED = GOERS = tuple(
    f"{each}.lezer@example.nl" for each in ("klik", "knop", "wist", "vroeg")
)
STAFF = {f"{name}@example.org" for name in PEOPLE}


class Place:
    """A service in one directory, and a place elsewhere for what is kept."""

    def __init__(self, stage: Stage, clock: Clock, settings: Settings, elsewhere: Path) -> None:
        self.stage, self.clock, self.settings, self.elsewhere = stage, clock, settings, elsewhere

    @property
    def house(self) -> House:
        return self.stage.house

    def keep(self) -> None:
        """Copy the directory as it is, while the service is open."""
        shutil.copytree(self.settings.data_dir, self.elsewhere / "kept")

    async def put_back(self) -> None:
        """The copy in the directory's place, and the service opened on it."""
        await self.house.close()
        shutil.rmtree(self.settings.data_dir)
        shutil.copytree(self.elsewhere / "kept", self.settings.data_dir)
        self.stage = Stage(await reopen(self.house, self.settings), *self._rest())

    def _rest(self) -> tuple[people.Newsletter, people.Subscriber, people.Subscriber]:
        return self.stage.letter, self.stage.alice, self.stage.chris_was

    async def go(self) -> None:
        """Everybody but alice goes, each in a way of their own."""
        async with visitor(self.house, self.clock) as client:
            site = Site(self.stage, self.clock, client, Mailbox())
            rows = {each: await self.stage.find(each) for each in GOERS}
            answers = [
                await client.post(
                    f"/afmelden/{site.leaving(rows[CLICKS])}", data={"List-Unsubscribe": "One-Click"}
                ),
                await client.post(f"/afmelden/{site.leaving(rows[PRESSES])}/nu"),
                await client.post(f"/gegevens/{site.mydata(rows[FORGETS])}/wissen"),
            ]
        assert [each.status_code for each in answers] == [200] * len(answers)
        words = {"ring": self.house.ring, "book": self.house.book, "actor": "fatima", "now": self.clock()}
        async with self.house.database.unit_of_work() as session:
            await erase.erase(session, parse(ASKED), **words)
        assert await self.readers() == [ALICE]

    async def readers(self) -> list[str]:
        """Who is subscribed."""
        return [each for each in (ALICE, *GOERS) if await self.stage.find(each) is not None]

    async def issue(self, issue_id: UUID) -> tuple[State, str]:
        async with self.house.database.reading() as session:
            found = await issues.get(session, issue_id)
            return found.state, found.reason

    async def works(self, issue_id: UUID, *then: State) -> set[str]:
        """Who gets mail from a worker that runs until the issue is there and all mail has left."""
        box = Mailbox()
        worker = Worker(self.house, Courier(self.house.settings, box), clock=self.clock)
        self.clock.forward(seconds=10)

        async def done() -> bool:
            async with self.house.database.reading() as session:
                job = await session.get(Job, "counter")
                waits = await session.scalar(select(func.count()).select_from(Mail))
            raised = job is not None and job.finished_at == self.clock()
            return raised and not waits and (await self.issue(issue_id))[0] in then

        task = asyncio.create_task(worker.run())
        await until(done)
        worker.stopping.set()
        await task
        return {each.recipient for each in box.letters()}

    async def faults(self) -> list[str]:
        async with self.house.database.reading() as session:
            trail = await audit.verify(session, self.house.ring, await self.house.book.seen())
        return [*trail, *await self.house.book.verify(self.house.ring)]


async def begun(cast: Stage, clock: Clock, settings: Settings, copy: Path, elsewhere: Path) -> Place:
    """Five readers, and what goes out next is approved."""
    settings = settings.model_copy(update={"ledger_copy": copy})
    place = Place(cast, clock, settings, elsewhere)
    place.stage = Stage(await reopen(cast.house, settings), *place._rest())
    await place.house.book.fill(None)
    for each in GOERS:
        await people.join(place.house, cast.letter, each, clock())
    clock.forward(minutes=1)
    return place


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


async def test_with_the_copy_of_the_ledger_elsewhere_they_are_gone_before_the_first_answer(
    cast: Stage, clock: Clock, settings: Settings, elsewhere: Path
) -> None:
    place = await begun(cast, clock, settings, elsewhere / "lines", elsewhere)
    issue_id = await approved(place.stage, clock())
    await tick(place.house, clock)
    place.keep()
    await place.go()
    async with place.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await schedule.send_now(session, issue, actor="dana", now=clock())
    assert ALICE in await place.works(issue_id, State.SENT)
    await place.put_back()
    assert await place.readers() == [ALICE, *GOERS]
    async with visitor(place.house, clock) as client:
        assert (await client.get(f"/nl/{SLUG}")).status_code == 200
    assert await place.readers() == [ALICE]
    assert await place.works(issue_id, State.HELD) <= STAFF  # alice has it already
    assert await place.issue(issue_id) == (State.HELD, "restored")
    assert await place.faults() == []
    await place.house.close()


async def test_without_a_copy_elsewhere_nothing_is_sent_after_a_day_until_a_person_decides(
    cast: Stage, clock: Clock, settings: Settings, elsewhere: Path
) -> None:
    place = await begun(cast, clock, settings, settings.data_dir / "lines", elsewhere)
    issue_id = await approved(place.stage, clock())
    await tick(place.house, clock)
    place.keep()
    await place.go()
    await place.put_back()
    clock.forward(days=20)  # long past the issue's moment
    told = await place.works(issue_id, State.HELD)
    assert await place.issue(issue_id) == (State.HELD, "silence")
    assert {"dana@example.org", "emre@example.org", "fatima@example.org"} <= told <= STAFF
    await place.house.close()
