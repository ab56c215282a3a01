"""An issue is sent again to who missed it: they get the same mail, and nobody gets it twice."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.errors import IllegalMove, Refused
from app.domain import house as houses
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.subscriber import Subscriber
from app.features import guard, resend, schedule, unsubscribe
from app.features.guard import Watch
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_send import READERS, crowded, once_each
from tests.sending import change, look, over, reached, readers, send, working
from tests.servers.mischief import Mischief
from tests.servers.smtp import Server

GIVES_UP_AT_ONCE = 0.1  # seconds: less than the first pause


async def missed(cast: Stage, clock: Clock, server: Server, **settings: float) -> UUID:
    """An issue that is sent, and that some readers missed."""
    issue_id = await crowded(cast, clock)
    server.mischief = Mischief(defer_share=0.3, defer_once=False)
    async with working(over(cast.house, server.url, **{"give_up_seconds": GIVES_UP_AT_ONCE, **settings})):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    server.mischief = Mischief()
    assert issue.given_up == READERS - len(readers(server)) > 0
    return issue_id


async def again(cast: Stage, issue_id: UUID, server: Server) -> None:
    """Send it again and wait until the books are closed."""
    await change(cast.house, issue_id, resend.resend)
    assert (await look(cast.house, issue_id)).closed_at is None
    async with working(over(cast.house, server.url)):
        await reached(cast.house, issue_id, State.SENT)


async def test_who_missed_it_gets_the_same_mail_and_nobody_gets_two(cast: Stage, clock: Clock) -> None:
    async with Server(keep=True) as server:
        issue_id = await missed(cast, clock, server)
        before, first = await look(cast.house, issue_id), set(readers(server))
        await again(cast, issue_id, server)
        issue = await look(cast.house, issue_id)
    once_each(server)
    assert (issue.accepted, issue.given_up, issue.audience) == (READERS, 0, READERS)
    assert issue.started_at == before.started_at
    assert issue.closed_at is not None
    dates = {
        name in first: message_from_bytes(copy.letter, policy=policy.default)["Date"]
        for name, (copy,) in readers(server).items()
    }
    assert dates[True] == dates[False]
    async with cast.house.database.reading() as session:
        resent = select(Record.actor).where(Record.event == Event.ISSUE_RESENT)
        assert list(await session.scalars(resent)) == ["dana"]


async def test_who_got_it_after_doubt_is_not_mailed_again(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(drop="after", times=1, defer_share=0.2, defer_once=False) as server:
        async with working(over(cast.house, server.url, give_up_seconds=2)):
            await send(cast.house, issue_id)
            issue = await reached(cast.house, issue_id, State.SENT)
        server.mischief = Mischief()
        assert issue.in_doubt == 1
        assert issue.given_up > 0
        await again(cast, issue_id, server)
        after = await look(cast.house, issue_id)
    assert sorted(len(each) for each in readers(server).values()) == [1] * (READERS - 1) + [2]
    assert (after.accepted, after.in_doubt) == (READERS, 1)


async def test_who_left_paused_or_asked_for_restraint_since_does_not_get_it(
    cast: Stage, clock: Clock
) -> None:
    async with Server() as server:
        issue_id = await missed(cast, clock, server)
        everyone = [f"reader{number}@example.net" for number in range(READERS - 1)]
        without = [each for each in everyone if each not in readers(server)]
        left, paused, restricted = [await cast.find(each) for each in without[:3]]
        assert left and paused and restricted  # noqa: PT018  (for the type checker)
        house = cast.house
        async with house.database.unit_of_work() as session:
            link = cast.link(left)
            await unsubscribe.leave(session, link, ring=house.ring, book=house.book, now=houses.now())
            (await session.get_one(Subscriber, paused.seq)).paused_until = houses.now().replace(year=2099)
            (await session.get_one(Subscriber, restricted.seq)).restricted_at = clock()
        await again(cast, issue_id, server)
        issue = await look(cast.house, issue_id)
    assert set(without) - set(readers(server)) == set(without[:3])
    assert (issue.accepted, issue.left, issue.given_up) == (READERS - 3, 3, 0)


async def test_only_what_is_sent_and_was_missed_is_sent_again(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    with pytest.raises(IllegalMove, match="'scheduled'"):
        await change(cast.house, issue_id, resend.resend)
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    with pytest.raises(Refused, match="nobody is left"):
        await change(cast.house, issue_id, resend.resend)
    with pytest.raises(IllegalMove, match="bode issue resend"):
        await change(cast.house, issue_id, schedule.resume)
    assert (await look(cast.house, issue_id)).state == State.SENT


async def test_a_second_person_who_sends_again_is_told_that_it_goes_out(cast: Stage, clock: Clock) -> None:
    async with Server() as server:
        issue_id = await missed(cast, clock, server)
    await change(cast.house, issue_id, resend.resend)
    with pytest.raises(IllegalMove, match="'sending'"):
        await change(cast.house, issue_id, resend.resend)


async def test_what_is_sent_is_not_held_after_a_silence(cast: Stage, clock: Clock) -> None:
    async with Server() as server:
        issue_id = await missed(cast, clock, server)
    watch = Watch(cast.house.database, cast.house.book, cast.house.ring)
    await guard.raise_counter(watch, now=clock())
    await guard.silent(watch, now=clock.forward(days=3))
    assert (await look(cast.house, issue_id)).state == State.SENT


async def test_the_time_to_give_up_counts_from_when_it_is_sent_again(cast: Stage, clock: Clock) -> None:
    async with Server() as server:
        issue_id = await missed(cast, clock, server)
        async with cast.house.database.unit_of_work() as session:
            issue = await session.get_one(Issue, issue_id)
            assert issue.started_at is not None
            issue.started_at -= timedelta(days=10)
        await change(cast.house, issue_id, resend.resend)
        server.mischief = Mischief(defer_share=1, defer_once=True)
        async with working(over(cast.house, server.url, give_up_seconds=259_200)):
            issue = await reached(cast.house, issue_id, State.SENT)
    assert (issue.accepted, issue.given_up) == (READERS, 0)
