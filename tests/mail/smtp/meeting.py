"""How the tests of the wire meet a server, and read what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.mail import smtp
from app.mail.smtp import Connection, Envelope, Relay, Reply, Stage, Timeouts, Trouble
from tests.servers.mischief import OFFERS, Mischief
from tests.servers.smtp import Server

ONE_BY_ONE = tuple(offer for offer in OFFERS if offer != "PIPELINING")
LETTER = b"Message-ID: <1@bode.test>\r\nSubject: Dag\r\n\r\nDag\r\n"
IMPATIENT = 0.15  # seconds: longer than a healthy answer on this machine takes, short enough to wait for
CLOSING = "421 4.3.2 <jan@example.org> Enough for now"


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


def impatience(mischief: dict[str, Any]) -> dict[str, float]:
    """Return timeouts that are short only where the server will be silent: elsewhere it may be slow."""
    stages = [Stage.TLS if step == "starttls" else Stage(step) for step in mischief.get("silent", ())]
    return {stage.value: IMPATIENT for stage in stages[:1]}


async def outcome(waiting: Any) -> tuple[Any, ...]:
    """Return a reply or a trouble as one row of a table."""
    told = (await asyncio.gather(waiting, return_exceptions=True))[0]
    if isinstance(told, Reply):
        return told.stage, told.code, told.enhanced
    assert isinstance(told, Trouble)
    assert told.__cause__ is told.__context__ is None  # another exception would quote the server
    return told.stage, told.reason, told.reply and told.reply.code
