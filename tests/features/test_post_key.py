"""A mail that stands under a key which one machine lacks waits for another that has it."""

from __future__ import annotations

from dataclasses import replace

from app.core.crypto import KeyRing, new_key
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import BOB, Stage
from tests.conftest import Clock
from tests.features.test_post import fill_in, letters, rows
from tests.sending import emptied, over
from tests.servers.smtp import Server


async def test_a_worker_whose_key_file_is_old_loses_no_mail(cast: Stage, clock: Clock) -> None:
    house, fresh = cast.house, new_key(clock())
    whole = KeyRing([*house.ring._keys.values(), fresh], active=fresh.id)
    await fill_in(replace(cast, house=replace(house, ring=whole)), clock, BOB)
    async with Server(keep=True) as server:
        carrier = Worker(over(house, server.url), Courier(house.settings, Mailbox()), clock=clock).carrier()
        await emptied(carrier)
        assert letters(server, BOB) == []
        assert [mail.attempts for mail in await rows(cast)] == [0]
        house.ring._keys |= {fresh.id: fresh}  # the file is brought there
        clock.forward(minutes=1)
        await emptied(carrier)
        await carrier._hang_up()
        assert len(letters(server, BOB)) == 1
