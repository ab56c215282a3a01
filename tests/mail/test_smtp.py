"""The wire against a real mail server: every answer finds its question, every fault has a name."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.mail import smtp
from app.mail.smtp import Connection, Envelope, Reason, Relay, Reply, Stage, Timeouts, Trouble
from tests.servers.mischief import OFFERS, Mischief
from tests.servers.smtp import Process, Server

ONE_BY_ONE = tuple(offer for offer in OFFERS if offer != "PIPELINING")
LETTER = b"Message-ID: <1@bode.test>\r\nSubject: Dag\r\n\r\nDag\r\n"
IMPATIENT = 0.15  # seconds: longer than a healthy answer on this machine takes, short enough to wait for
CLOSING = "421 4.3.2 <jan@example.org> Enough for now"


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("asyncio", {}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """The service runs on uvloop; the wire must not care."""
    return request.param


@pytest.fixture(params=[OFFERS, ONE_BY_ONE], ids=["pipelined", "one by one"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with Server(keep=True, offers=request.param) as server:
        yield server


async def meet(server: Server, **timeouts: float) -> Connection:
    relay = Relay.parse(server.url, production=True)
    return await smtp.connect(relay, timeouts=Timeouts(**timeouts), hostname="bode.test")


@asynccontextmanager
async def met(server: Server, **timeouts: float) -> AsyncIterator[Connection]:
    connection = await meet(server, **timeouts)
    try:
        yield connection
    finally:
        await connection.quit()
        await server.idle()


def envelope(to: str = "jan@example.org", **more: Any) -> Envelope:
    return Envelope("bounce+1@bode.test", to, len(LETTER), **more)


def misbehave(server: Server, **mischief: Any) -> None:
    server.mischief = Mischief(offers=server.mischief.offers, **mischief)


async def outcome(waiting: Any) -> tuple[Any, ...]:
    """Return a reply or a trouble as one row of a table."""
    try:
        reply = await waiting
    except Trouble as trouble:
        return trouble.stage, trouble.reason, trouble.reply and trouble.reply.code
    return reply.stage, reply.code, reply.enhanced


# When all goes well.


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
            for _ in range(5):
                await connection.opened()
                connection.put([LETTER], envelope())
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


# When an envelope is refused: the connection stays good.

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


# When the conversation breaks off: a name for the fault, and a connection that is not used again.

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
    async with met(server, mail=IMPATIENT, rcpt=IMPATIENT, data=IMPATIENT) as connection:
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
    for session in server.sessions:
        session.transport.resume_reading()
    await server.idle()
    assert server.received.counts["letters"] == server.received.counts["empty"] == 0


async def test_who_stops_waiting_may_come_back_for_the_answer(server: Server) -> None:
    async with met(server) as connection:
        connection.put(None, envelope())
        await connection.opened()
        misbehave(server, body_delay=IMPATIENT)
        connection.put([LETTER], None)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.fate(), 0)
        assert (await connection.fate()).accepted


async def test_quitting_waits_no_longer_than_is_polite(server: Server) -> None:
    connection = await meet(server, quit=IMPATIENT)
    misbehave(server, silent=["quit"])
    for session in server.sessions:
        session.transport.pause_reading()
    await connection.quit()
    assert not connection.usable
    for session in server.sessions:
        session.transport.resume_reading()
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


# How a connection is made.

OPENINGS = [
    pytest.param({"say": {"greeting": CLOSING}}, None, (Stage.GREETING, Reason.REFUSED, 421), id="closing"),
    pytest.param(
        {"say": {"greeting": "554 5.7.1 No"}}, None, (Stage.GREETING, Reason.REFUSED, 554), id="refused"
    ),
    pytest.param({"say": {"greeting": "hello"}}, None, (Stage.GREETING, Reason.PROTOCOL, None), id="garbage"),
    pytest.param({"say": {"greeting": "drop"}}, None, (Stage.GREETING, Reason.DROPPED, None), id="dropped"),
    pytest.param({"silent": ["greeting"]}, None, (Stage.GREETING, Reason.TIMEOUT, None), id="silent"),
    pytest.param({"say": {"ehlo": "502 5.5.1 No"}}, None, (Stage.EHLO, Reason.REFUSED, 502), id="no ehlo"),
    pytest.param({"say": {"ehlo": "drop"}}, None, (Stage.EHLO, Reason.DROPPED, None), id="dropped at ehlo"),
    pytest.param({"silent": ["ehlo"]}, None, (Stage.EHLO, Reason.TIMEOUT, None), id="silent at ehlo"),
    pytest.param(
        {"say": {"auth": "235 Ok\r\n250 Ok"}}, None, (Stage.MAIL, Reason.PROTOCOL, None), id="one too many"
    ),
    pytest.param(
        {"say": {"auth": "535 5.7.8 No"}}, None, (Stage.AUTH, Reason.REFUSED, 535), id="wrong password"
    ),
    pytest.param(
        {"say": {"auth": "454 4.7.0 No"}}, None, (Stage.AUTH, Reason.REFUSED, 454), id="auth deferred"
    ),
    pytest.param({"silent": ["auth"]}, None, (Stage.AUTH, Reason.TIMEOUT, None), id="silent at auth"),
    pytest.param({"say": {"ehlo": "250 a"}}, None, (Stage.AUTH, Reason.PROTOCOL, None), id="no auth offered"),
    pytest.param(
        {"say": {"ehlo": "250 a"}}, "starttls", (Stage.TLS, Reason.TLS, None), id="no starttls offered"
    ),
    pytest.param(
        {"say": {"starttls": "454 4.7.0 No"}}, "starttls", (Stage.TLS, Reason.REFUSED, 454), id="no tls now"
    ),
    pytest.param(
        {"silent": ["starttls"]}, "starttls", (Stage.TLS, Reason.TIMEOUT, None), id="silent at starttls"
    ),
    pytest.param({"expired": True}, "starttls", (Stage.TLS, Reason.TLS, None), id="expired, starttls"),
    pytest.param({"expired": True}, "implicit", (Stage.TLS, Reason.TLS, None), id="expired, tls"),
]


@pytest.mark.parametrize(("mischief", "tls", "expected"), OPENINGS)
async def test_a_connection_that_cannot_be_made_says_how_far_it_came(
    mischief: dict[str, Any], tls: str | None, expected: tuple[Any, ...]
) -> None:
    async with Server(tls=tls, user="bode", password="secret", **mischief) as server:
        assert await outcome(trusted(server, ehlo=IMPATIENT, auth=IMPATIENT)) == expected
        await server.idle()


async def trusted(server: Server, **timeouts: float) -> Connection:
    """Connect as someone who knows the test authority."""
    return await smtp.connect(
        Relay.parse(server.url, production=True),
        timeouts=dataclasses.replace(Timeouts(greeting=IMPATIENT * 4, tls=IMPATIENT * 4), **timeouts),
        hostname="bode.test",
        tls_context=server.authority,
    )


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_encrypted_and_logged_in_letters_arrive(tls: str) -> None:
    async with Server(tls=tls, user="bo:de", password="s/e@c#r", keep=True) as server:
        connection = await trusted(server)
        connection.put(None, envelope())
        await connection.opened()
        connection.put([LETTER], envelope("piet@example.org"))
        assert (await connection.fate()).accepted
        assert (await connection.opened()).go_ahead
        connection.put([b"x" * 1_000_000], None)
        assert (await connection.fate()).accepted
        await connection.quit()
        await server.idle()
        assert [len(copies) for copies in server.received.recipients.values()] == [1, 1]
        assert server.received.commands[-1] == "QUIT"
        assert server.versions <= {"TLSv1.2", "TLSv1.3"} != set()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_an_unknown_authority_or_another_name_is_not_trusted(tls: str) -> None:
    async with Server(tls=tls) as server, Server(tls=tls, host="127.0.0.2") as misnamed:
        with pytest.raises(Trouble) as unknown:
            await meet(server)
        with pytest.raises(Trouble) as other:
            await trusted(misnamed)
        assert {unknown.value.reason, other.value.reason} == {Reason.TLS}
        await server.idle()
        await misnamed.idle()


async def test_nothing_is_said_in_plaintext_to_a_server_without_tls() -> None:
    async with Server(keep=True) as server:
        for scheme in ("smtps", "smtp+starttls"):
            relay = Relay.parse(server.url.replace("smtp", scheme), production=True)
            with pytest.raises(Trouble) as trouble:
                await smtp.connect(relay, timeouts=Timeouts(), hostname="bode.test")
            assert trouble.value.reason is Reason.TLS
        await server.idle()
        assert not any(command.startswith("MAIL") for command in server.received.commands)


async def test_a_server_that_is_down_or_unreachable_is_trouble_at_connecting() -> None:
    server = Server()
    await server.up()
    await server.down()
    assert await outcome(meet(server)) == (Stage.CONNECT, Reason.REFUSED, None)
    await server.up()
    assert await outcome(meet(server, connect=0)) == (Stage.CONNECT, Reason.TIMEOUT, None)
    await (await meet(server)).quit()
    await server.down()


async def test_a_context_that_trusts_anyone_is_refused() -> None:
    async with Server(tls="implicit") as server:
        context = server.authority
        context.check_hostname = False
        with pytest.raises(ValueError, match="verify"):
            await smtp.connect(
                Relay.parse(server.url, production=True),
                timeouts=Timeouts(),
                hostname="bode.test",
                tls_context=context,
            )


async def test_a_server_in_a_process_of_its_own_can_be_steered() -> None:
    with Process() as server:
        await hand_over(server.url, "jan@example.org")
        server.behave(refuse=["piet@example.org"])
        with pytest.raises(AssertionError):
            await hand_over(server.url, "piet@example.org")
        server.down()
        with pytest.raises(Trouble):
            await hand_over(server.url, "jan@example.org")
        server.up()
        server.behave()
        await hand_over(server.url, "jan@example.org")
        report = server.report()
        assert report["recipients"] == {
            "jan@example.org": {
                "copies": 2,
                "message_ids": ["<1@bode.test>"] * 2,
                "sha256": [hashlib.sha256(LETTER).hexdigest()] * 2,
            }
        }
        server.forget()
        assert server.report()["recipients"] == {}


async def hand_over(url: str, to: str) -> None:
    relay = Relay.parse(url, production=True)
    connection = await smtp.connect(relay, timeouts=Timeouts(), hostname="bode.test")
    try:
        connection.put(None, envelope(to))
        assert (await connection.opened()).go_ahead
        connection.put([LETTER], None)
        assert (await connection.fate()).accepted
    finally:
        await connection.quit()
