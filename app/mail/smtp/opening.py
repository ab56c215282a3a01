"""How a connection to the relay is made: reach it, hear its greeting, encrypt, log in, ask what it offers.

aiosmtplib does this part. After the last answer our own protocol takes the transport over, at a
moment when nothing has been asked and so nothing that the server says can be an answer.
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import ssl
from collections.abc import Awaitable
from typing import cast

import aiosmtplib

from app.mail.smtp.connection import Connection
from app.mail.smtp.relay import Relay, Security
from app.mail.smtp.replies import Reason, Reply, Stage, Trouble
from app.mail.smtp.wire import Timeouts

ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
HANDSHAKE_FAULTS = (ssl.SSLError, ssl.CertificateError)


async def connect(
    relay: Relay,
    *,
    timeouts: Timeouts,
    hostname: str,
    tls_context: ssl.SSLContext | None = None,
) -> Connection:
    """Return a connection that is ready for envelopes, or raise Trouble with the stage it came to.

    `hostname` is our own name, for EHLO. `tls_context` is for a relay whose certificate comes from
    an authority of one's own; it must verify certificates and names.
    """
    context = None
    if relay.security is not Security.NONE:
        context = _verified(tls_context or _public_authorities())
    reached = await _dial(relay, seconds=timeouts.connect)
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        local_hostname=hostname,
        sock=reached,
        use_tls=relay.security is Security.TLS,
        start_tls=False,  # done below as a step of its own, which fails if it is not offered
        tls_context=context,
    )
    try:
        return await _converse(client, relay, timeouts)
    except BaseException:
        _drop(client, reached)
        raise


async def _converse(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> Connection:
    await _step(Stage.GREETING, client.connect(timeout=timeouts.greeting))
    if relay.security is Security.STARTTLS:
        await _step(Stage.EHLO, client.ehlo(timeout=timeouts.ehlo))
        await _step(Stage.TLS, client.starttls(timeout=timeouts.tls))
    await _step(Stage.EHLO, client.ehlo(timeout=timeouts.ehlo))
    if relay.user is not None:
        await _step(Stage.AUTH, client.login(relay.user, relay.password or "", timeout=timeouts.auth))
    return _take_over(client, timeouts)


def _take_over(client: aiosmtplib.SMTP, timeouts: Timeouts) -> Connection:
    protocol, transport = client.protocol, client.transport
    if protocol is None or transport is None:
        raise Trouble(Stage.MAIL, Reason.DROPPED)
    if protocol._buffer:  # noqa: SLF001  (said without being asked; nothing public shows it)
        raise Trouble(Stage.MAIL, Reason.PROTOCOL)
    connection = Connection(client.esmtp_extensions.copy(), timeouts)
    connection.take_over(cast("asyncio.Transport", transport))
    return connection


async def _dial(relay: Relay, *, seconds: float) -> socket.socket:
    """Try every address of the relay in turn, all within the time."""
    reason = Reason.REFUSED
    try:
        async with asyncio.timeout(seconds):
            loop = asyncio.get_running_loop()
            for family, kind, protocol, _, place in await loop.getaddrinfo(
                relay.host, relay.port, type=socket.SOCK_STREAM
            ):
                if reached := await _reach(socket.socket(family, kind, protocol), place):
                    return reached
    except TimeoutError:
        reason = Reason.TIMEOUT
    except (OSError, UnicodeError):  # the name does not exist, or cannot be looked up
        pass
    raise Trouble(Stage.CONNECT, reason)


async def _reach(sock: socket.socket, place: tuple[object, ...]) -> socket.socket | None:
    sock.setblocking(False)  # noqa: FBT003  (socket's own signature)
    try:
        await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            return None
        raise
    return sock


@functools.cache
def _public_authorities() -> ssl.SSLContext:
    """Read the system's list once: it takes longer than a handshake."""
    return ssl.create_default_context()


def _verified(context: ssl.SSLContext) -> ssl.SSLContext:
    """Refuse a context that would talk to anyone (RFC 8314); TLS 1.2 is the least there is."""
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ValueError("The TLS context must verify the certificate and the name.")
    context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
    return context


def _drop(client: aiosmtplib.SMTP, reached: socket.socket) -> None:
    if client.transport is not None:
        cast("asyncio.Transport", client.transport).abort()
    client.close()
    reached.close()


async def _step(stage: Stage, doing: Awaitable[object]) -> None:
    """Turn what aiosmtplib and ssl raise into Trouble, and leave their words (the server's) behind."""
    trouble = None
    try:
        await doing
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
        trouble = _read(stage, error)
    if trouble:
        raise trouble  # outside the `except`: it would keep the other exception as its context


def _read(stage: Stage, error: Exception) -> Trouble:
    cause = error.__cause__ or error
    if isinstance(cause, HANDSHAKE_FAULTS):
        return Trouble(Stage.TLS, Reason.TLS)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refusal(stage, error)
    if isinstance(error, TimeoutError):
        return Trouble(stage, Reason.TIMEOUT)
    if isinstance(error, OSError):  # among them aiosmtplib's SMTPServerDisconnected
        return Trouble(stage, Reason.DROPPED)
    return Trouble(stage, Reason.TLS if stage is Stage.TLS else Reason.PROTOCOL)  # not offered


def _refusal(stage: Stage, error: aiosmtplib.SMTPResponseException) -> Trouble:
    if not 200 <= error.code < 600:  # noqa: PLR2004  (aiosmtplib's -1: it could not be read)
        return Trouble(stage, Reason.PROTOCOL)
    enhanced = ENHANCED.match(error.message)
    return Trouble(stage, Reason.REFUSED, Reply(stage, error.code, enhanced and enhanced.group()))
