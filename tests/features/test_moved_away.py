"""A mailbox is gone, and its reader has another address by now: that one is not gone."""

from __future__ import annotations

from sqlalchemy import select

from app.domain import house as houses
from app.domain.delivery import Delivery
from app.domain.issue import State
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.features.test_counting import NEW, moves
from tests.sending import approved, over, reached, readers, send, until, working
from tests.servers.smtp import Server


async def test_who_changes_address_while_a_worker_has_their_copy_is_not_ended_for_the_old_mailbox(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock())
    async with Server(greeting_delay=3.0, refuse=(ALICE,)) as server:
        async with working(over(cast.house, server.url)):
            await send(cast.house, issue_id)

            async def claimed() -> bool:
                async with cast.house.database.reading() as session:
                    held = select(Delivery).where(
                        Delivery.issue_id == issue_id, Delivery.lease_owner.is_not(None)
                    )
                    return (await session.scalars(held)).first() is not None

            await until(claimed)
            await moves(cast, houses.now())
            issue = await reached(cast.house, issue_id, State.SENT)
        assert await cast.find(NEW) is not None
        assert list(readers(server)) == [NEW]
        assert (issue.accepted, issue.refused) == (1, 0)
