"""When the conversation breaks off: a name for the fault, and the connection is not used again."""

from __future__ import annotations

from typing import Any

import pytest

from app.mail.smtp import Reason, Stage, Trouble
from tests.mail.smtp.meeting import (
    CLOSING,
    LETTER,
    envelope,
    impatience,
    met,
    misbehave,
    outcome,
)
from tests.servers.smtp import Server

BREAKS = [
    pytest.param({"goodbye_after": 0}, (Stage.MAIL, Reason.REFUSED, 421), id="closing"),
    pytest.param({"say": {"rcpt": CLOSING}}, (Stage.RCPT, Reason.REFUSED, 421), id="closing at rcpt"),
    pytest.param({"say": {"data": CLOSING}}, (Stage.DATA, Reason.REFUSED, 421), id="closing at data"),
    pytest.param({"say": {"mail": "drop"}}, (Stage.MAIL, Reason.DROPPED, None), id="dropped"),
    pytest.param({"say": {"mail": "hello there"}}, (Stage.MAIL, Reason.PROTOCOL, None), id="garbage"),
    pytest.param({"say": {"mail": "25"}}, (Stage.MAIL, Reason.PROTOCOL, None), id="two digits"),
    pytest.param({"say": {"mail": "999 no"}}, (Stage.MAIL, Reason.PROTOCOL, None), id="no such code"),
    pytest.param({"say": {"mail": "250-a\r\n550 b"}}, (Stage.MAIL, Reason.PROTOCOL, None), id="two minds"),
    pytest.param({"say": {"mail": "250 " + "a" * 5000}}, (Stage.MAIL, Reason.PROTOCOL, None), id="long line"),
    pytest.param(
        {"say": {"mail": "250-a\r\n" * 9000}}, (Stage.MAIL, Reason.PROTOCOL, None), id="without end"
    ),
    pytest.param({"say": {"mail": "354 go"}}, (Stage.MAIL, Reason.PROTOCOL, 354), id="go-ahead for nothing"),
    pytest.param(
        {"say": {"data": "250 ok"}}, (Stage.DATA, Reason.PROTOCOL, 250), id="data accepted, not asked for"
    ),
    pytest.param({"silent": ["mail", "rcpt", "data"]}, (Stage.MAIL, Reason.TIMEOUT, None), id="silent"),
    pytest.param({"silent": ["rcpt", "data"]}, (Stage.RCPT, Reason.TIMEOUT, None), id="silent at rcpt"),
    pytest.param({"silent": ["data"]}, (Stage.DATA, Reason.TIMEOUT, None), id="silent at data"),
]


@pytest.mark.parametrize(("mischief", "expected"), BREAKS)
async def test_a_surprise_while_an_envelope_opens_ends_the_connection(
    server: Server, mischief: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    misbehave(server, **mischief)
    async with met(server, **impatience(mischief)) as connection:
        connection.put(None, envelope())
        assert await outcome(connection.opened()) == expected
        assert not connection.usable
        with pytest.raises(Trouble):
            connection.put(None, envelope())
    assert not server.received.recipients


async def test_more_answers_than_questions_end_the_connection(server: Server) -> None:
    async with met(server) as connection:
        misbehave(server, chatter="250 2.1.5 Once more")
        connection.put(None, envelope())
        with pytest.raises(Trouble) as trouble:
            connection.put([LETTER] if (await connection.opened()).go_ahead else None, None)
        assert trouble.value.reason is Reason.PROTOCOL
        assert not connection.usable
    assert not server.received.recipients


async def test_a_go_ahead_for_a_refused_reader_never_becomes_an_empty_letter(server: Server) -> None:
    misbehave(server, refuse=["jan@example.org"], go_ahead_anyway=True)
    async with met(server) as connection:
        connection.put(None, envelope())
        assert await outcome(connection.opened()) == (Stage.RCPT, 550, "5.1.1")
        pipelined = "pipelining" in connection.offers
        assert connection.usable is not pipelined  # one by one, DATA was never said
    assert server.received.counts["empty"] == 0
    assert server.received.counts["unfinished"] == pipelined
