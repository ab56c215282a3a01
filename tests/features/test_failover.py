"""The first relay goes away in the middle and comes back: the second takes over until it is there again."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.issue import State
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_send import crowded
from tests.sending import over, reached, send, until, working
from tests.servers.received import Copy
from tests.servers.smtp import Server

READERS, CONNECTIONS = 400, 4
SOME = 20


async def test_the_second_relay_takes_over_and_the_first_gets_the_rest(cast: Stage, clock: Clock) -> None:
    issue_id = await crowded(cast, clock, READERS)
    async with Server(body_delay=0.02) as first, Server(body_delay=0.02) as second:
        house = over(cast.house, f"{first.url},{second.url}", smtp_connections=CONNECTIONS)
        async with working(house, back_after=0.5):
            await send(house, issue_id)

            async def got(server: Server, count: int) -> bool:
                return server.received.counts["letters"] >= count

            await until(lambda: got(first, SOME))
            await first.down()
            before = first.received.counts["letters"]
            await until(lambda: got(second, SOME))
            await first.up()
            await until(lambda: got(first, before + SOME))
            issue = await reached(house, issue_id, State.SENT)
    copies = list(together(first, second).values())
    assert len(copies) == issue.accepted == READERS
    assert sum(map(len, copies)) - READERS <= issue.in_doubt <= CONNECTIONS
    assert all(len({copy.sha256 for copy in each}) == 1 for each in copies)
    assert second.received.counts["letters"] < READERS - before - SOME
    assert first.received.counts["empty"] == second.received.counts["empty"] == 0


@pytest.mark.parametrize(
    "words",
    [{"say": {"mail": "452 4.3.1 disk full"}}, {"say": {"mail": "421 4.3.2 closing"}}, {"drop": "before"}],
)
async def test_a_relay_that_takes_connections_and_no_letters_is_passed_by(
    cast: Stage, clock: Clock, words: dict[str, Any]
) -> None:
    issue_id = await crowded(cast, clock)
    async with Server(**words) as first, Server() as second:
        house = over(cast.house, f"{first.url},{second.url}", smtp_connections=CONNECTIONS)
        async with working(house):
            await send(house, issue_id)
            issue = await reached(house, issue_id, State.SENT)
    assert first.received.counts["letters"] == 0
    assert second.received.counts["letters"] == issue.accepted == issue.audience


def together(*servers: Server) -> dict[str, list[Copy]]:
    """Every reader's copies, whoever took them."""
    found: dict[str, list[Copy]] = {}
    for server in servers:
        for name, copies in server.received.recipients.items():
            found.setdefault(name, []).extend(copies)
    return found
