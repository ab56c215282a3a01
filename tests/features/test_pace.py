"""A relay that stood still gets what the newsletter's pace promises it, and no burst of what it missed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import literal

from app.core.database import UtcTime
from app.domain import house as houses
from app.features.send import claim
from app.features.send.engine import Engine
from app.features.send.stock import SAVED
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.byhand import in_hand
from tests.sending import approved

PACE = 20
SLOWER = 4  # a second
STEP = 0.05  # seconds: a letter at this pace
CROWD = 200
DAY = 24 * 60 * 60.0  # seconds


class Sender:
    """A sender whose relay takes at once whatever may leave, on a clock that the test moves."""

    def __init__(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stock, self.supply = engine._stock, engine._supply
        self.now = houses.now().timestamp()
        self.back = 0.0  # seconds by which the database's clock was set back
        self.stock.clock = lambda: self.now
        monkeypatch.setattr(
            claim, "from_now", lambda: literal(datetime.fromtimestamp(self.now - self.back, UTC), UtcTime)
        )

    def taken(self) -> int:
        """How many leave at this moment."""
        count = 0
        while self.stock.take_now() is not None:
            count += 1
        return count

    async def second(self) -> int:
        """How many leave within a second, while more is claimed and planned."""
        count = 0
        for _ in range(round(1 / STEP)):
            self.now += STEP
            await self.supply._round()
            count += self.taken()
        return count


@asynccontextmanager
async def under_way(cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sender]:
    """An issue goes out to a crowd at this pace, for a second by now."""
    await people.crowd(cast.house, cast.letter, CROWD - 1, clock())
    async with cast.house.database.unit_of_work() as session:
        (await session.merge(cast.letter)).pace = PACE
    async with in_hand(cast.house, await approved(cast, clock())):
        sender = Sender(Worker(cast.house, Courier(cast.house.settings, Mailbox())).engine(), monkeypatch)
        await sender.second()
        yield sender
        await sender.supply._hand.close()


async def test_after_a_standstill_a_second_is_made_up_for_at_most(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with under_way(cast, clock, monkeypatch) as sender:
        for stood_still, at_once in ((0.5, PACE * 0.5), (3.0, PACE * SAVED), (10.0, 0)):
            assert await sender.second() == pytest.approx(PACE, abs=1)
            sender.now += stood_still
            assert sender.taken() == pytest.approx(at_once, abs=1)
            assert await sender.second() == pytest.approx(PACE, abs=1)


async def test_another_pace_holds_for_the_issue_that_is_going_out(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with under_way(cast, clock, monkeypatch) as sender:
        async with cast.house.database.unit_of_work() as session:
            (await session.merge(cast.letter)).pace = SLOWER
        seconds = [await sender.second() for _ in range(6)]
        assert seconds[-2:] == [pytest.approx(SLOWER, abs=1)] * 2  # what was planned before has left by then


async def test_a_clock_that_is_set_back_does_not_keep_the_rest_waiting_until_it_is_there_again(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with under_way(cast, clock, monkeypatch) as sender:
        sender.back = DAY
        seconds = [await sender.second() for _ in range(6)]
        assert seconds[-2:] == [pytest.approx(PACE, abs=1)] * 2  # what was planned before has left by then
