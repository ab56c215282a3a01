"""The mail server refuses, delays, hangs up or is away: everyone once all the same, and doubt is named."""

from __future__ import annotations

from app.domain import issue as issues
from app.domain.issue import State
from app.features import schedule
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_send import READERS, crowded, once_each
from tests.sending import approved, change, over, reached, send, until, working
from tests.servers.smtp import Server


async def test_a_passing_refusal_is_tried_again(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(defer_share=0.3, defer_once=True) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert issue.accepted == READERS


async def test_a_mailbox_that_is_not_there_is_refused_and_its_subscription_ends(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(refuse=("reader7@example.net",)) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)

        async def ended() -> bool:
            return await cast.find("reader7@example.net") is None

        await until(ended)
    assert (issue.accepted, issue.refused) == (READERS - 1, 1)


async def test_a_connection_lost_after_the_dot_leaves_named_doubt_and_nobody_lost(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(drop="after", times=3) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.SENT)
    copies = [len(each) for each in server.received.recipients.values()]
    assert len(copies) == READERS
    assert sum(copies) == READERS + 3
    assert issue.in_doubt == 3
    for again in (each for each in server.received.recipients.values() if len(each) > 1):
        assert len({copy.sha256 for copy in again}) == 1


async def test_trouble_that_is_ours_pauses_the_issue_and_tells_people(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(say={"mail": "550 5.7.1 not you"}) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        issue = await reached(cast.house, issue_id, State.PAUSED)
        assert issue.reason == "550 5.7.1 at mail"
        server.mischief.say.clear()

        async def told() -> bool:
            return {"dana@example.org", "emre@example.org"} <= set(server.received.recipients)

        await until(told)
        await change(cast.house, issue_id, schedule.resume)
        issue = await reached(cast.house, issue_id, State.SENT)
    assert issue.accepted == READERS


async def test_a_server_that_is_down_at_the_start_is_waited_for(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server() as server:
        await server.down()
        async with working(over(cast.house, server.url)):
            await send(cast.house, issue_id)
            await reached(cast.house, issue_id, State.SENDING)
            await server.up()
            issue = await reached(cast.house, issue_id, State.SENT)
    once_each(server)
    assert issue.accepted == READERS


async def test_without_pipelining_it_goes_command_by_command(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(offers=("8BITMIME",)) as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.SENT)
    once_each(server)


async def test_bytes_that_differ_from_the_approval_are_not_sent(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    async with cast.house.database.unit_of_work() as session:
        frozen = await session.get_one(issues.Frozen, (issue_id, "nl"))
        frozen.compiled = frozen.compiled.replace(b"alinea", b"ALINEA")
    async with Server() as server, working(over(cast.house, server.url)):
        await send(cast.house, issue_id)
        await reached(cast.house, issue_id, State.HELD)
    assert set(server.received.recipients) <= {"dana@example.org", "emre@example.org"}  # who are told of it
