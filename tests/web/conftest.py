"""A visitor without a browser: real requests to the real service, and what the databases hold."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from app.core import logs, tokens
from app.core.database import Database
from app.domain import LEDGER, MAIN, outbox
from app.domain.house import House
from app.domain.outbox import Mail
from app.domain.subscriber import Subscriber
from app.mail.mailbox import Mailbox
from app.main import create_app
from tests import cast as people
from tests.cast import Stage
from tests.conftest import Clock
from tests.servers.identity import idp

__all__ = ["idp"]

SLUG = "weerbaar-bestuur"
ADDRESS = ("192.0.2.7", 4711)  # where the visitor comes from


class Site:
    """The service, and somebody who visits it."""

    def __init__(self, stage: Stage, clock: Clock, client: httpx2.AsyncClient, box: Mailbox) -> None:
        self.stage, self.clock, self.box = stage, clock, box
        self.house = stage.house
        self.client = client
        self.get, self.post, self.request = client.get, client.post, client.request

    def asked(self, address: str, *, at: datetime | None = None, language: str = "nl") -> str:
        """The token in a confirmation mail."""
        return people.request(self.house, self.stage.letter, address, at or self.clock(), language)

    def not_me(self, address: str) -> str:
        """The other token in that mail."""
        return people.request(self.house, self.stage.letter, address, self.clock(), purpose="notme")

    def mydata(self, row: Subscriber | None = None) -> str:
        """The token that a reader asked for."""
        row = row or self.stage.alice
        sealed = {"s": row.id.hex, "n": tokens.tag_of(row.newsletter_id).hex()}
        content = {**sealed, "i": self.clock().isoformat()}
        return tokens.seal(self.house.ring, "manage", content)

    def leaving(self, row: Subscriber | None = None) -> str:
        """The token in a reader's newsletter."""
        return self.stage.link(row or self.stage.alice)

    async def moving(self, address: str) -> str:
        """The token in the mail to a new address, made as the worker makes it."""
        content = (await self.mails())[-1]
        assert content["purpose"] == "address"
        assert content["address"] == address
        names = {"a": "address", "s": "subscriber", "n": "newsletter", "l": "language"}
        names |= {"i": "at", "x": "nonce"}
        sealed = {short: content[long] for short, long in names.items()}
        return tokens.seal(self.house.ring, "address", sealed)

    async def mails(self) -> list[dict[str, Any]]:
        """What waits to be sent, opened."""
        async with self.house.database.reading() as session:
            rows = await session.scalars(select(Mail).order_by(Mail.seq))
            return [outbox.opened(self.house.ring, row) for row in rows]

    async def holds(self) -> dict[str, list[str]]:
        """Every row of every table of both databases."""
        return {**await dump(self.house.database, MAIN), **await dump(self.house.book.database, LEDGER)}


async def dump(database: Database, metadata: Any) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    found = {}
    async with database.reading() as session:
        for table in metadata.sorted_tables:
            rows = await session.execute(select(table))
            found[table.name] = sorted(repr(tuple(row)) for row in rows)
    return found


def field(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


def visitor(house: House, clock: Clock, box: Mailbox | None = None) -> httpx2.AsyncClient:
    """Somebody with an address of their own, straight at the door."""
    app = create_app(house, mailbox=box, clock=clock)
    way = httpx2.ASGITransport(app=app, client=ADDRESS)
    return httpx2.AsyncClient(transport=way, base_url="https://bode.example.org")


@pytest.fixture
async def site(cast: Stage, clock: Clock) -> AsyncIterator[Site]:
    """The service with its one cast."""
    box = Mailbox()
    async with visitor(cast.house, clock, box) as client:
        yield Site(cast, clock, client, box)


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What the service writes in its log, set up as in production."""
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.configure("DEBUG")
    written = StringIO()
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
    yield written
    root.handlers, root.level = before
