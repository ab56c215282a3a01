"""Letters go out once and whole, with one round trip each or command by command."""

from __future__ import annotations

import hashlib

import pytest

from app.mail import smtp
from app.mail.smtp import Reply, Stage
from tests.mail.smtp.meeting import (
    LETTER,
    ONE_BY_ONE,
    envelope,
    met,
)
from tests.servers.smtp import Server


async def test_letters_follow_each_other_and_arrive_once_and_whole(server: Server) -> None:
    letters = {f"reader{number}@example.org": LETTER + b"%d\r\n" % number for number in range(20)}
    async with met(server) as connection:
        connection.put(None, envelope("reader0@example.org"))
        for number, letter in enumerate(letters.values(), start=1):
            assert (await connection.opened()).go_ahead
            following = envelope(f"reader{number}@example.org") if number < 20 else None
            connection.put([letter], following)
            assert await connection.fate() == Reply(Stage.BODY, 250, "2.0.0")
        assert connection.sent == 20
    arrived = {to: [copy.letter for copy in copies] for to, copies in server.received.recipients.items()}
    assert arrived == {to: [letter] for to, letter in letters.items()}
    assert server.received.counts["connections"] == 1
    assert server.received.commands[-1] == "QUIT"


async def test_a_letter_and_the_next_envelope_leave_together() -> None:
    async with Server(patient=True) as server, met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        connection.put([LETTER], envelope())  # this server answers the letter only after the next DATA
        assert (await connection.fate()).accepted
        assert (await connection.opened()).go_ahead


async def test_without_pipelining_nothing_is_said_before_its_turn() -> None:
    async with Server(offers=ONE_BY_ONE) as server:
        async with met(server) as connection:
            connection.put(None, envelope())
            for number in range(5):
                await connection.opened()
                connection.put([LETTER], envelope() if number % 2 else None)
                if not number % 2:
                    connection.put(None, envelope())
                await connection.fate()
            await connection.opened()
        assert server.received.counts["letters"] == 5
        assert server.received.counts["early"] == 0


@pytest.mark.parametrize("octets", [300_000, 8_000_000])
async def test_a_large_letter_arrives_whole(server: Server, octets: int) -> None:
    line = b".".ljust(76, b"x") + b"\r\n"
    letter = LETTER + line * (octets // len(line))
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        connection.put([letter[:70_001], letter[70_001:]], envelope("next@example.org"))
        assert (await connection.fate()).accepted
        assert (await connection.opened()).go_ahead
    (copy,) = server.received.recipients["jan@example.org"]
    assert copy.sha256 == hashlib.sha256(letter).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        b".",
        b"..",
        b".\r\n",
        b"..\r\n.",
        b".\r\n.\r\n",
        b"\r\n.\r\n",
        b"\r\n..\r\n",
        b"\0\x80\xff.\r\n.x",
        b"DATA",
    ],
)
async def test_no_content_ends_a_letter_early(server: Server, content: bytes) -> None:
    letter = b"Subject: x\r\n\r\n" + content
    async with met(server) as connection:
        for whole in (letter, content):
            connection.put(None, envelope())
            await connection.opened()
            connection.put([whole[at : at + 1] for at in range(len(whole))], None)
            assert (await connection.fate()).accepted
    arrived = [copy.letter for copy in server.received.recipients["jan@example.org"]]
    assert arrived == [whole if whole.endswith(b"\r\n") else whole + b"\r\n" for whole in (letter, content)]


async def test_a_prepared_letter_is_sent_as_it_is(server: Server) -> None:
    letter = LETTER + b".dot\r\n"
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        connection.put(smtp.stuff([letter]), None, stuffed=True)
        await connection.fate()
    assert server.received.recipients["jan@example.org"][0].letter == letter


@pytest.mark.parametrize(
    ("chunks", "stuffed"), [([], False), ([b""], False), ([b"", b""], True), ([b"x"], True)]
)
async def test_a_letter_without_an_end_never_leaves(
    server: Server, chunks: list[bytes], stuffed: bool
) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        with pytest.raises(smtp.BadEnvelope):
            connection.put(chunks, None, stuffed=stuffed)
        connection.put([LETTER], None)
        assert (await connection.fate()).accepted
    assert server.received.counts["empty"] == 0
    assert server.received.counts["letters"] == 1


async def test_the_envelope_says_what_the_server_understands() -> None:
    async with Server(keep=True) as server:
        async with met(server) as connection:
            connection.put(None, envelope("jörg@xn--bcher-kva.example", smtputf8=True, envid="d1"))
            assert (await connection.opened()).go_ahead
        assert server.received.commands[1:3] == [
            f"MAIL FROM:<bounce+1@bode.test> SIZE={len(LETTER)} SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=d1",
            "RCPT TO:<jörg@xn--bcher-kva.example> NOTIFY=FAILURE",
        ]


async def test_what_the_server_does_not_understand_is_not_said() -> None:
    async with Server(keep=True, offers=()) as server:
        async with met(server) as connection:
            connection.put(None, envelope(envid="d1"))
            assert (await connection.opened()).go_ahead
        assert server.received.commands[1:3] == [
            "MAIL FROM:<bounce+1@bode.test>",
            "RCPT TO:<jan@example.org>",
        ]


async def test_an_address_that_the_server_cannot_take_is_refused_on_its_behalf() -> None:
    async with Server(offers=("PIPELINING",)) as server:
        async with met(server) as connection:
            connection.put(None, envelope())
            await connection.opened()
            connection.put([LETTER], envelope("jörg@example.org", smtputf8=True))
            assert (await connection.fate()).accepted
            assert await connection.opened() == Reply(Stage.RCPT, 550, "5.6.7")
            connection.put(None, envelope("piet@example.org"))
            assert (await connection.opened()).go_ahead
        assert server.received.counts["letters"] == 1
