"""A batch of mail that took a worker longer than its lease is trusted may be another worker's by now."""

from __future__ import annotations

import pytest

from app.features.post import carry
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import BOB, Stage
from tests.conftest import Clock
from tests.features.test_post import fill_in, letters, rows
from tests.sending import over
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
