"""A backup is put back: mail that waited in it may have gone out before, and does not leave."""

from __future__ import annotations

from app.core.settings import Settings
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.backups import Backups, reopen
from tests.cast import BOB, Stage
from tests.conftest import Clock
from tests.features.restoring import tick
from tests.features.test_post import fill_in, letters
from tests.sending import emptied, over
from tests.servers.smtp import Server


async def test_mail_that_waited_in_a_backup_does_not_leave_after_it_was_put_back(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    await fill_in(on, clock, BOB)
    backup = backups.take(settings)
    await tick(on.house, clock)
    await on.house.close()
    house = await reopen(on.house, backups.put_back(settings, backup, main=True, ledger=False))
    async with Server(keep=True) as server:
        carrier = Worker(over(house, server.url), Courier(house.settings, Mailbox()), clock=clock).carrier()
        await emptied(carrier)
        await carrier._hang_up()
        assert letters(server, BOB) == []
        assert server.received.counts["letters"] > 0  # officers hear of the restore
    await house.close()
