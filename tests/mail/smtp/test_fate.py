"""What became of a letter is known, or named as trouble."""

from __future__ import annotations

from typing import Any

import pytest

from app.mail.smtp import Reason, Stage, Trouble
from tests.mail.smtp.meeting import (
    CLOSING,
    IMPATIENT,
    LETTER,
    envelope,
    met,
    misbehave,
    outcome,
)
from tests.servers.smtp import Server

FATES = [
    # what the server does, what is known, copies that arrived
    pytest.param({"say": {"body": "550 5.7.26 No"}}, (Stage.BODY, 550, "5.7.26"), 0, id="refused"),
    pytest.param({"say": {"body": "451 4.3.0 Later"}}, (Stage.BODY, 451, "4.3.0"), 0, id="deferred"),
    pytest.param({"say": {"body": CLOSING}}, (Stage.BODY, 421, "4.3.2"), 0, id="closing"),
    pytest.param({"body_delay": IMPATIENT}, (Stage.BODY, 250, "2.0.0"), 1, id="slow"),
    pytest.param({"drop": "before"}, (Stage.BODY, Reason.DROPPED, None), 0, id="dropped before keeping"),
    pytest.param({"drop": "after"}, (Stage.BODY, Reason.DROPPED, None), 1, id="dropped after keeping"),
    pytest.param({"cut": 10}, (Stage.BODY, Reason.DROPPED, None), 0, id="dropped halfway"),
    pytest.param({"say": {"body": "354 more"}}, (Stage.BODY, Reason.PROTOCOL, 354), 0, id="asks for more"),
    pytest.param({"say": {"body": "oops"}}, (Stage.BODY, Reason.PROTOCOL, None), 0, id="garbage"),
]


@pytest.mark.parametrize(("mischief", "expected", "copies"), FATES)
async def test_the_fate_of_a_letter_is_known_or_named_as_trouble(
    server: Server, mischief: dict[str, Any], expected: tuple[Any, ...], copies: int
) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, **mischief)
        connection.put([LETTER], None)
        assert await outcome(connection.fate()) == expected
        assert connection.usable is (isinstance(expected[1], int) and expected[1] != 421)
    assert len(server.received.recipients["jan@example.org"]) == copies


async def test_a_silent_server_is_given_up_though_it_may_have_kept_the_letter(server: Server) -> None:
    async with met(server, body=IMPATIENT) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, silent=["body"])
        connection.put([LETTER], None)
        assert await outcome(connection.fate()) == (Stage.BODY, Reason.TIMEOUT, None)
    assert len(server.received.recipients["jan@example.org"]) == 1


async def test_a_server_that_stops_reading_is_given_up(server: Server) -> None:
    misbehave(server, deaf=True)
    async with met(server, block=IMPATIENT) as connection:
        connection.put(None, envelope())
        await connection.opened()
        connection.put([b"x" * 32_000_000 + b"\r\n"], envelope())
        assert connection._wire._transport.get_write_buffer_size() < 1_000_000  # the rest waits with us
        assert await outcome(connection.fate()) == (Stage.BODY, Reason.TIMEOUT, None)
        assert await outcome(connection.opened()) == (Stage.MAIL, Reason.TIMEOUT, None)
    assert server.received.counts["letters"] == 0


@pytest.mark.parametrize(
    ("mischief", "fate", "opened"),
    [
        ({"say": {"body": CLOSING}}, (Stage.BODY, 421, "4.3.2"), (Stage.MAIL, Reason.REFUSED, 421)),
        ({"drop": "after"}, (Stage.BODY, Reason.DROPPED, None), (Stage.MAIL, Reason.DROPPED, None)),
        ({"goodbye_after": 1}, (Stage.BODY, 250, "2.0.0"), (Stage.MAIL, Reason.REFUSED, 421)),
    ],
    ids=["closing at the letter", "dropped", "closing after the letter"],
)
async def test_what_ends_the_connection_is_told_to_letter_and_envelope(
    server: Server, mischief: dict[str, Any], fate: tuple[Any, ...], opened: tuple[Any, ...]
) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, **mischief)
        connection.put([LETTER], envelope("piet@example.org"))
        assert await outcome(connection.opened()) == opened
        assert await outcome(connection.fate()) == fate


@pytest.mark.parametrize("waits", [False, True], ids=["idle", "after 354"])
async def test_a_goodbye_that_nobody_asked_for_is_heard_before_anything_leaves(
    server: Server, waits: bool
) -> None:
    async with met(server) as connection:
        if waits:
            connection.put(None, envelope())
            await connection.opened()
        for session in server.sessions:
            session.transport.write(f"{CLOSING}\r\n".encode())
        await server.idle()
        assert not connection.usable
        with pytest.raises(Trouble) as trouble:
            connection.put([LETTER] if waits else None, envelope())
        assert trouble.value.stage is (Stage.BODY if waits else Stage.MAIL)
        assert trouble.value.reply is not None
        assert trouble.value.reply.closing
    assert not server.received.recipients


@pytest.mark.parametrize("alone", [True, False])
async def test_a_yes_before_the_end_of_a_letter_is_not_believed(server: Server, *, alone: bool) -> None:
    misbehave(server, hasty=True)
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        connection.put([b"x" * 70 + b"\r\n"] * 200_000, None if alone else envelope())
        assert await outcome(connection.fate()) == (Stage.BODY, Reason.PROTOCOL, 250)
        assert not connection.usable
    assert not server.received.recipients
