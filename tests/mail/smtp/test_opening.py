"""How a connection is made, and how far it came if it is not."""

from __future__ import annotations

from typing import Any

import pytest

from app.mail import smtp
from app.mail.smtp import Connection, Reason, Relay, Stage, Timeouts, Trouble
from app.mail.smtp.relay import Security
from tests.mail.smtp.meeting import (
    CLOSING,
    LETTER,
    envelope,
    impatience,
    meet,
    outcome,
)
from tests.servers.smtp import Server

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
        assert await outcome(trusted(server, **impatience(mischief))) == expected
        await server.idle()


async def trusted(server: Server, **timeouts: float) -> Connection:
    """Connect as someone who knows the test authority."""
    return await smtp.connect(
        Relay.parse(server.url, production=True),
        timeouts=Timeouts(**timeouts),
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


async def test_what_is_slipped_in_before_encryption_is_no_answer_after_it() -> None:
    """RFC 3207 section 4.2: else somebody on the way says what the server offers (CVE-2011-0411)."""
    slipped_in = "220 2.0.0 Go on\r\n250-test\r\n250-DSN\r\n250 X-SLIPPED-IN"
    async with Server(tls="starttls", say={"starttls": slipped_in}) as server:
        connection = await trusted(server)
        assert "x-slipped-in" not in connection.offers
        assert "pipelining" in connection.offers
        connection.put(None, envelope())
        assert (await connection.opened()).go_ahead
        await connection.quit()
        await server.idle()


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


@pytest.mark.parametrize("host", ["::1%nowhere", "x" * 64 + ".localhost"])
async def test_a_name_that_cannot_be_looked_up_is_trouble_at_connecting(host: str) -> None:
    relay = Relay(host, 25, Security.NONE)
    connecting = smtp.connect(relay, timeouts=Timeouts(), hostname="bode.test")
    assert await outcome(connecting) == (Stage.CONNECT, Reason.REFUSED, None)


async def test_every_address_of_a_name_is_tried() -> None:
    async with Server() as server:  # listens on 127.0.0.1 only, and localhost is often ::1 first
        relay = Relay("localhost", server.port, Security.NONE)
        connection = await smtp.connect(relay, timeouts=Timeouts(), hostname="bode.test")
        assert connection.usable
        await connection.quit()


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
