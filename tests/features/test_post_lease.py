"""A mail is one worker's: another takes it when its time is over, not while the relay makes up its mind."""

from __future__ import annotations

import asyncio

import pytest

from app.features.post import carry, lease
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import BOB, Stage
from tests.conftest import Clock
from tests.features.test_post import fill_in, letters, rows
from tests.sending import emptied, over, until
from tests.servers.smtp import Server


async def test_what_another_worker_may_have_by_now_does_not_leave(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill_in(cast, clock, BOB)
    monkeypatch.setattr(carry, "TRUSTED", -1.0)
    async with Server(keep=True) as server:
        house = over(cast.house, server.url)
        assert await Worker(house, Courier(house.settings, Mailbox()), clock=clock).carrier().round()
        assert letters(server, BOB) == []
    assert len(await rows(cast)) == 1


async def test_a_mail_whose_relay_takes_longer_than_a_lease_leaves_once(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill_in(cast, clock, BOB)
    monkeypatch.setattr(lease, "LEASE", 3.0)
    async with Server(keep=True, body_delay=8.0) as server:
        house = over(cast.house, server.url)
        first, second = (
            Worker(house, Courier(house.settings, Mailbox()), clock=clock).carrier() for _ in range(2)
        )
        carrying = asyncio.create_task(emptied(first))

        async def taken() -> bool:
            return (await rows(cast))[0].lease_owner is not None

        await until(taken)
        while not carrying.done():
            await second.round()
            await asyncio.wait({carrying}, timeout=0.2)
        for each in (first, second):
            await each._hang_up()
        assert len(letters(server, BOB)) == 1
    assert await rows(cast) == []
