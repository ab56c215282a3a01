"""The running service as a browser comes to it, furnished for each page that needs something to show."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from playwright.async_api import Browser
from sqlalchemy import update

from app.core import paths, tokens
from app.core.address import parse
from app.domain.newsletter import Newsletter
from app.domain.request import Channel
from app.domain.request import Kind as Right
from app.domain.subscriber import Subscriber
from app.features import guard
from app.features.request import identify, receive
from app.features.request.receive import Asked, Desk
from tests.cast import BOB, Stage, join, request
from tests.conftest import Clock
from tests.rules.tree import ROOT
from tests.sending import approved, sent

SAMPLE = ROOT / "docs" / "sample"


class Place:
    """The running service, as a browser comes to it."""

    def __init__(self, url: str, stage: Stage, clock: Clock, browser: Browser) -> None:
        self.url, self.stage, self.clock, self.browser = url, stage, clock, browser
        self.letter = stage.letter
        self.seen: set[str] = set()  # paths that axe has looked at

    def sealed(self, purpose: str, **content: str) -> str:
        """A value that we sealed a moment ago."""
        given = {"i": self.clock().isoformat(), **content}
        return tokens.seal(self.stage.house.ring, purpose, given)

    def asked(self, language: str, name: str = "bob", days: int = 0, purpose: str = "confirm") -> str:
        """The token in a confirmation mail, so many days old."""
        address, at = f"{name}-{language}@example.net", self.clock() - timedelta(days=days)
        return request(self.stage.house, self.letter, address, at, language, purpose)

    async def reader(self, name: str, language: str) -> Subscriber:
        """A reader of one page's own, because that page ends or moves the subscription."""
        return await join(
            self.stage.house, self.letter, f"{name}-{language}@example.net", self.clock(), language
        )

    async def mydata(self, name: str, language: str) -> str:
        """The token of such a reader's own page."""
        row = await self.reader(name, language)
        return self.sealed("manage", s=row.id.hex, n=self.letter.tag.hex())

    async def damaged(self, language: str) -> str:
        """The token of the own page of a reader whose stored address a disk changed."""
        row = await self.reader("damaged", language)
        change = update(Subscriber).where(Subscriber.seq == row.seq).values(address=b"a broken disk")
        async with self.stage.house.database.unit_of_work() as session:
            await session.execute(change)
        return self.sealed("manage", s=row.id.hex, n=self.letter.tag.hex())

    async def leaving(self, name: str, language: str) -> str:
        """The token in such a reader's newsletter."""
        return self.stage.link(await self.reader(name, language))

    async def moving(self, language: str) -> str:
        """The token in the mail to a new address."""
        row = await self.reader("moves", language)
        words = {"n": self.letter.id.hex, "l": language, "x": row.id.hex}
        return self.sealed("address", a=f"moved-{language}@example.net", s=row.id.hex, **words)

    async def published(self) -> None:
        """An issue in the archive that has every block, in Dutch only."""
        text = (SAMPLE / "weerbaar-bestuur.md").read_text()
        files = {"raadzaal.png": (SAMPLE / "raadzaal.png").read_bytes()}
        await sent(self.stage, self.clock(), text, files=files)

    async def another(self, language: str) -> None:
        """A second newsletter, so that the front page has something to choose from."""
        own = {
            "slug": f"tweede-{language}",
            "title": "Tweede nieuwsbrief",
            "cadence": "",
            "language": language,
        }
        sender = {"sender_name": self.letter.sender_name, "sender_address": self.letter.sender_address}
        async with self.stage.house.database.unit_of_work() as session:
            session.add(Newsletter(id=uuid4(), **own, **sender, pace=None, created_at=self.clock()))

    async def on_hold(self) -> None:
        """An issue that waits for a decision after a backup was put back."""
        house, now = self.stage.house, self.clock()
        await approved(self.stage, now)
        async with house.database.unit_of_work() as session:
            await guard.hold(session, "restored", ring=house.ring, now=now)

    async def asking(self, language: str) -> str:
        """The path in the mail that asks who made a request."""
        house, now = self.stage.house, self.clock()
        desk = Desk("fatima", house.ring, house.book, "", 35, now)
        what = Asked(self.letter, parse(BOB), Right.ERASURE, Channel.LETTER, language, now.date())
        async with house.database.unit_of_work() as session:
            row = await receive.receive(session, desk, what)
            await identify.ask(session, desk, row, suspends=False)
        token = self.sealed("request", r=row.id.hex)
        return paths.link("", "request", language, token)
