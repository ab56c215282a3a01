"""Cutting off and quitting deliver nothing, and mistakes of ours are not sent to anybody."""

from __future__ import annotations

import asyncio

import pytest

from app.mail.smtp import Reason, Stage, Trouble
from tests.mail.smtp.meeting import (
    CLOSING,
    IMPATIENT,
    LETTER,
    envelope,
    meet,
    met,
    misbehave,
    outcome,
)
from tests.servers.smtp import Server


@pytest.mark.parametrize("leave", ["abort", "quit"])
async def test_cutting_off_after_a_go_ahead_delivers_nothing(server: Server, leave: str) -> None:
    connection = await meet(server)
    connection.put(None, envelope())
    await connection.opened()
    if leave == "abort":
        connection.abort()
    else:
        await connection.quit()
    await server.idle()
    assert server.received.counts["unfinished"] == 1
    assert server.received.counts["letters"] == server.received.counts["empty"] == 0
    await connection.quit()


async def test_cutting_off_halfway_a_letter_delivers_nothing(server: Server) -> None:
    misbehave(server, deaf=True)
    connection = await meet(server)
    connection.put(None, envelope())
    await connection.opened()
    connection.put([b"x" * 32_000_000], None)
    connection.abort()
    assert await outcome(connection.fate()) == (Stage.BODY, Reason.DROPPED, None)
    await connection.quit()
    await server.idle()
    assert server.received.counts["letters"] == server.received.counts["empty"] == 0


async def test_who_stops_waiting_may_come_back_for_the_answer(server: Server) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, silent=["body"])
        connection.put([LETTER], None)
        waiting = asyncio.create_task(connection.fate())
        await asyncio.wait({waiting}, timeout=IMPATIENT)
        waiting.cancel()
        await asyncio.wait({waiting})
        for session in server.sessions:
            session.transport.write(b"250 2.0.0 Kept at last\r\n")
        assert (await connection.fate()).accepted


async def test_quitting_waits_no_longer_than_is_polite(server: Server) -> None:
    connection = await meet(server, quit=IMPATIENT)
    misbehave(server, silent=["quit"])
    for session in server.sessions:
        session.transport.pause_reading()
    await connection.quit()
    assert not connection.usable
    await server.idle()


async def test_calls_in_the_wrong_order_are_mistakes_of_ours(server: Server) -> None:
    async with met(server) as connection:
        with pytest.raises(RuntimeError):
            await connection.fate()
        with pytest.raises(RuntimeError):
            connection.put([LETTER], None)
        connection.put(None, envelope())
        with pytest.raises(RuntimeError):
            connection.put(None, envelope())
        await connection.opened()
        with pytest.raises(RuntimeError):
            connection.put(None, envelope())


async def test_no_words_of_the_server_are_kept(server: Server) -> None:
    async with met(server) as connection:
        misbehave(server, say={"rcpt": "550 5.1.1 <jan@example.org> unknown"})
        connection.put(None, envelope())
        assert "jan" not in repr(await connection.opened())
        misbehave(server, say={"rcpt": CLOSING})
        connection.put(None, envelope())
        with pytest.raises(Trouble) as trouble:
            await connection.opened()
        assert str(trouble.value) == "refused at rcpt (421 4.3.2)"
        assert trouble.value.__cause__ is trouble.value.__context__ is None
