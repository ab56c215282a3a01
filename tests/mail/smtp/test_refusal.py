"""When an envelope is refused: the first no is told, and the connection stays good."""

from __future__ import annotations

from typing import Any

import pytest

from app.mail.smtp import Stage
from tests.mail.smtp.meeting import (
    LETTER,
    envelope,
    met,
    misbehave,
    outcome,
)
from tests.servers.smtp import Server

REFUSALS = [
    pytest.param({"refuse": ["jan@example.org"]}, (Stage.RCPT, 550, "5.1.1"), id="unknown reader"),
    pytest.param({"defer_share": 1}, (Stage.RCPT, 451, "4.2.1"), id="reader deferred"),
    pytest.param(
        {"say": {"rcpt": "450-4.2.1 a\r\n450 4.2.1 b"}}, (Stage.RCPT, 450, "4.2.1"), id="in two lines"
    ),
    pytest.param(
        {"say": {"rcpt": "550 jan@example.org?"}}, (Stage.RCPT, 550, None), id="without enhanced code"
    ),
    pytest.param({"say": {"mail": "550 5.7.1 Not you"}}, (Stage.MAIL, 550, "5.7.1"), id="sender refused"),
    pytest.param({"say": {"mail": "451 4.3.0 Later"}}, (Stage.MAIL, 451, "4.3.0"), id="sender deferred"),
    pytest.param({"say": {"data": "451 4.3.0 Later"}}, (Stage.DATA, 451, "4.3.0"), id="data deferred"),
    pytest.param({"say": {"data": "554"}}, (Stage.DATA, 554, None), id="data refused, a bare code"),
]


@pytest.mark.parametrize(("mischief", "expected"), REFUSALS)
async def test_a_refused_envelope_leaves_the_connection_clean(
    server: Server, mischief: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    async with met(server) as connection:
        misbehave(server, **mischief)
        connection.put(None, envelope())
        assert await outcome(connection.opened()) == expected
        assert connection.usable
        misbehave(server)
        connection.put(None, envelope("piet@example.org"))
        assert (await connection.opened()).go_ahead
        connection.put([LETTER], None)
        assert (await connection.fate()).accepted
    assert {to: len(copies) for to, copies in server.received.recipients.items()} == {"piet@example.org": 1}


async def test_each_answer_reaches_the_question_it_belongs_to(server: Server) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, say={"body": "554 5.7.1 Spam"}, refuse=["piet@example.org"])
        connection.put([LETTER], envelope("piet@example.org"))
        assert await outcome(connection.opened()) == (Stage.RCPT, 550, "5.1.1")
        assert await outcome(connection.fate()) == (Stage.BODY, 554, "5.7.1")
        assert connection.usable


async def test_a_deferred_reader_is_taken_the_second_time(server: Server) -> None:
    misbehave(server, defer_share=1)
    async with met(server) as connection:
        codes = []
        for _ in range(2):
            connection.put(None, envelope())
            codes.append((await connection.opened()).code)
        assert codes == [451, 354]
