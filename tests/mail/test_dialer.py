"""Which relay is used: the first while it answers, the next when it does not, and the first again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.mail.dialer import FAILED_MOST, PAUSES, Dialer, dialing
from app.mail.smtp import Line, Relay, Timeouts, Trouble
from tests.mail.smtp.meeting import LETTER, envelope
from tests.sending import until
from tests.servers.smtp import Server

SOON = 0.3  # seconds until a relay that failed is asked again: long enough to look before
LONG = 600.0
CONNECTIONS = 10  # as many as a worker has unless it is told otherwise


@asynccontextmanager
async def relays(back_after: float = SOON) -> AsyncIterator[tuple[Server, Server, Dialer]]:
    """Two mail servers, the first of them down, and who dials them."""
    async with Server() as first, Server() as second:
        await first.down()
        known = [Relay.parse(each.url, production=True) for each in (first, second)]
        yield first, second, Dialer(known, dialing(Timeouts(), "bode.test"), back_after=back_after)


async def opened(dialer: Dialer) -> Line:
    line = await dialer.open(asyncio.Event())
    assert line is not None
    return line


async def hang_up(*lines: Line) -> None:
    for each in lines:
        await each.quit()


async def letter(line: Line) -> None:
    """Send one, and learn that it was taken."""
    line.put(None, envelope())
    assert (await line.opened()).go_ahead
    line.put([LETTER], None)
    assert (await line.fate()).accepted


async def unusable(*lines: Line) -> int:
    """How many of the lines take leave, once one does."""

    async def one() -> bool:
        return any(not each.usable for each in lines)

    await until(one)
    return sum(not each.usable for each in lines)


async def test_the_second_is_used_while_the_first_is_away() -> None:
    async with relays(back_after=LONG) as (_, second, dialer):
        line = await opened(dialer)
        await letter(line)
        assert line.usable
        await hang_up(line)
    assert second.received.counts["letters"] == 1


async def test_one_connection_asks_whether_the_first_is_back_and_the_others_follow_it() -> None:
    async with relays() as (first, _, dialer):
        lines = [await opened(dialer) for _ in range(3)]
        await first.up()
        assert await unusable(*lines) == 1
        asked = await opened(dialer)
        assert [each.usable for each in lines] == [False] * 3
        await letter(asked)
        assert asked.usable
        await hang_up(asked, *lines)
    assert first.received.counts["letters"] == 1


async def test_while_the_first_stays_away_the_others_go_on() -> None:
    async with relays() as (first, second, dialer):
        lines = [await opened(dialer) for _ in range(3)]
        assert await unusable(*lines) == 1
        dialer.back_after = LONG
        lines.append(await opened(dialer))
        assert sum(each.usable for each in lines) == 3
        await hang_up(*lines)
    assert first.received.counts["connections"] == 0
    assert second.received.counts["connections"] == 4


async def test_a_letter_whose_envelope_is_open_still_goes_before_the_connection_takes_leave() -> None:
    async with relays() as (first, second, dialer):
        line = await opened(dialer)
        line.put(None, envelope())
        assert (await line.opened()).go_ahead
        await first.up()
        assert await unusable(line) == 1
        line.put([LETTER], None)
        assert (await line.fate()).accepted
        await hang_up(line)
    assert second.received.counts["letters"] == 1
    assert second.received.counts["unfinished"] == 0


async def test_a_connection_to_the_first_is_never_given_up_for_another() -> None:
    async with relays() as (first, _, dialer):
        await first.up()
        line = await opened(dialer)
        assert line.usable
        await hang_up(line)


async def test_without_any_relay_there_is_trouble() -> None:
    async with relays() as (_, second, dialer):
        await second.down()
        with pytest.raises(Trouble):
            await dialer.open(asyncio.Event())
        assert dialer.failures == 1


async def test_after_all_connections_failed_at_once_the_relay_is_asked_again_soon() -> None:
    """They are one event and not ten: a relay that restarts costs no half minute."""
    async with relays() as (first, second, dialer):
        await second.down()
        tried = (dialer.open(asyncio.Event()) for _ in range(CONNECTIONS))
        met = await asyncio.gather(*tried, return_exceptions=True)
        assert all(isinstance(each, Trouble) for each in met)
        await first.up()
        async with asyncio.timeout(PAUSES[-1] / 2):
            await hang_up(await opened(dialer))


async def test_a_wrong_password_is_told_also_when_the_other_relay_is_only_away() -> None:
    """Waiting mends the one, and only people mend the other."""
    async with Server(user="bode", password="right") as first, Server() as second:
        await second.down()
        urls = (first.url.replace("bode:right", "bode:wrong"), second.url)
        for order in (urls, urls[::-1]):
            known = [Relay.parse(each, production=True) for each in order]
            with pytest.raises(Trouble) as trouble:
                await Dialer(known, dialing(Timeouts(), "bode.test")).open(asyncio.Event())
            assert trouble.value.for_good


async def test_a_connection_that_took_long_does_not_bring_back_a_relay_that_takes_no_letters() -> None:
    async with Server() as first, Server() as second:
        known = [Relay.parse(each.url, production=True) for each in (first, second)]
        begun, go_on = asyncio.Event(), asyncio.Event()
        dial = dialing(Timeouts(), "bode.test")

        async def slowly(relay: Relay) -> Line:
            begun.set()
            line = await dial(relay)
            await go_on.wait()
            return line

        dialer = Dialer(known, slowly, back_after=LONG)
        dialled = asyncio.create_task(opened(dialer))
        await begun.wait()
        for _ in range(FAILED_MOST):
            dialer.failed(known[0])
        go_on.set()
        slow, line = await dialled, await opened(dialer)
        assert not slow.usable
        await letter(line)
        await hang_up(slow, line)
    assert (first.received.counts["letters"], second.received.counts["letters"]) == (0, 1)
