"""The address in a subscription was damaged: whoever knows it ends that subscription all the same."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.domain import silence, staff
from app.domain.block import Ground
from app.domain.book import Farewell
from app.domain.delivery import Delivery, State
from app.domain.ledger import Reason
from app.domain.subscriber import Subscriber
from app.features import guard, manage, reply, subscribe
from app.features.subscribe import Form, Limits
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.features.restoring import watching
from tests.features.test_request import plain
from tests.sending import approved, emptied

End = Callable[[AsyncSession, Stage, dict[str, Any]], Awaitable[None]]


async def _answers(session: AsyncSession, on: Stage, tools: dict[str, Any]) -> None:
    dana = await staff.named(session, "dana")
    await reply.sign_off(session, on.letter, parse(ALICE), by=(dana.id, dana.name), **tools)


async def _objects(session: AsyncSession, on: Stage, tools: dict[str, Any]) -> None:
    await silence.begin(session, on.letter.id, parse(ALICE), Ground.OBJECTION, **tools)


async def damage(on: Stage) -> None:
    async with on.house.database.unit_of_work() as session:
        await session.execute(update(Subscriber).where(Subscriber.id == on.alice.id).values(address=b"?"))


@pytest.mark.parametrize("way", [_answers, _objects])
async def test_who_is_known_by_the_typed_address_is_let_go(cast: Stage, clock: Clock, way: End) -> None:
    await damage(cast)
    tools = {"ring": cast.house.ring, "book": cast.house.book, "now": clock()}
    async with cast.house.database.unit_of_work() as session:
        await way(session, cast, tools)
    assert await cast.find(ALICE) is None
    assert len(await cast.house.book.of([cast.alice.subject])) == 1


async def test_an_erasure_that_is_carried_out_again_lets_go_of_the_copies_too(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        session.add(
            Delivery(issue_id=issue_id, subscriber_id=cast.alice.id, state=State.ACCEPTED, attempts=1)
        )
    await cast.house.book.write(
        [Farewell(cast.letter.id, cast.house.ring.active, cast.alice.subject, Reason.ERASED, clock())]
    )
    await damage(cast)
    assert await guard.replay(watching(cast.house), everything=True, now=clock()) == 1
    async with cast.house.database.reading() as session:
        assert [row.subscriber_id == cast.alice.id for row in await session.scalars(select(Delivery))] == [
            False
        ]


@pytest.mark.parametrize("asks", [True, False])
async def test_who_asks_for_their_link_gets_it_with_which_they_are_erased(
    cast: Stage, clock: Clock, *, asks: bool
) -> None:
    await damage(cast)
    form = Form(cast.letter, parse(ALICE), "nl", "192.0.2.0/24")
    tools: dict[str, Any] = {"limits": Limits(9, 9), "ring": cast.house.ring, "now": clock()}
    async with cast.house.database.unit_of_work() as session:
        if asks:
            await subscribe.ask(session, form, **tools)
        else:
            await subscribe.subscribe(session, form, shown="", **tools)
    box = Mailbox()
    await emptied(Worker(cast.house, Courier(cast.house.settings, box), clock=clock).carrier())
    (letter,) = box.letters()
    assert letter.recipient == ALICE
    token = re.search(r"/gegevens/(\S+)", plain(letter.content))
    assert token
    async with cast.house.database.reading() as session:
        with pytest.raises(manage.Damaged):
            await manage.open_link(session, token[1], ring=cast.house.ring, now=clock())
        mine = await manage.open_typed(session, token[1], parse(ALICE), ring=cast.house.ring, now=clock())
        assert mine.row.id == cast.alice.id
