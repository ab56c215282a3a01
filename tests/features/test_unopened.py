"""What a server says about another copy is never taken for an answer about one that did not leave."""

from __future__ import annotations

import pytest

from app.domain import house as houses
from app.features.send.fate import Outcome
from app.features.send.freeze import freeze
from app.features.send.start import start
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.mail.smtp import Trouble
from app.worker import Worker
from tests.cast import Stage
from tests.conftest import Clock
from tests.mail.smtp.meeting import envelope, met
from tests.sending import approved, over, send
from tests.servers.smtp import Server


async def test_a_yes_before_the_end_of_a_letter_is_none_to_the_letter_behind_it(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock())
    await send(cast.house, issue_id)
    async with cast.house.database.unit_of_work() as session:
        await start(session, ring=cast.house.ring, now=houses.now())
    async with cast.house.database.unit_of_work() as session:
        await freeze(session, issue_id, now=houses.now())
    async with Server(hasty=True) as server:
        engine = Worker(over(cast.house, server.url), Courier(cast.house.settings, Mailbox())).engine()
        supply = engine._supply
        async with met(server) as connection:
            connection.put(None, envelope())
            await connection.opened()
            connection.put([b"x" * 70 + b"\r\n"] * 200_000, envelope())
            with pytest.raises(Trouble) as trouble:
                await connection.opened()
        await supply._round()
        (item,) = supply._stock.close()
        assert engine._unopened(item, trouble.value).outcome is Outcome.AGAIN
        await supply._hand.close()
