"""What officers come to when somebody decided already: answers and notices on their way, to be looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

from playwright.async_api import Page

from app.core.address import parse
from app.core.database import Database
from app.domain import issue as issues
from app.domain import request
from app.domain.book import Book
from app.domain.breach import Advice
from app.domain.request import Channel, Delay, Identity, Kind, Refusal, Request
from app.domain.request import State as Step
from app.features import erase
from app.features.breach import notice
from app.features.request import identify, receive, settle
from app.features.request.receive import Asked, Desk
from app.features.request.settle import Gone, Way
from tests.cast import join
from tests.features.test_breach import Case
from tests.web.place import Place
from tests.web.scenes import Act, State


class Office:
    """Fatima decides on requests of readers of her own."""

    def __init__(self, place: Place, language: str) -> None:
        self.place, self.language, self.house = place, language, place.stage.house
        self.count = 0

    async def decided(self, kind: Kind, way: Way, *, refused: bool = False, away: bool = False) -> Request:
        """A request that came by letter, and what became of it; perhaps while the ledger was away."""
        self.count += 1
        now, reader = self.place.clock(), f"case{self.count}@example.net"
        await join(self.house, self.place.letter, reader, now, self.language)
        book = Book(Database("sqlite:////no/such/folder/ledger.db"), None, self.house.ring)
        desk = Desk("fatima", self.house.ring, book if away else self.house.book, "", 35, now)
        what = Asked(
            self.place.letter, parse(reader), kind, Channel.LETTER, self.language, date(2026, 11, 12)
        )
        async with self.house.database.unit_of_work() as db:
            row = await receive.receive(db, desk, what)
            await identify.record(db, desk, row, Identity.DOCUMENT)
            if refused:
                await settle.refuse(db, desk, row, Refusal.UNFOUNDED, way)
            else:
                gone = await self._erased(db, desk, row) if kind == Kind.ERASURE else None
                await settle.carry_out(db, desk, row, way, gone)
        return row

    async def longer(self) -> Request:
        """A request that takes two more months, as the person hears by letter."""
        self.count += 1
        desk = Desk("fatima", self.house.ring, self.house.book, "", 35, self.place.clock())
        reader, on = parse(f"case{self.count}@example.net"), date(2026, 11, 12)
        what = Asked(self.place.letter, reader, Kind.ACCESS, Channel.LETTER, self.language, on)
        async with self.house.database.unit_of_work() as db:
            row = await receive.receive(db, desk, what)
            await settle.extend(db, desk, row, Delay.COMPLEX, Way.LETTER)
        return row

    async def without_a_mailbox(self) -> Request:
        """A request to see what is held, of who lost the mailbox with the office; nothing is decided yet."""
        row = await self.decided(Kind.CORRECTION, Way.LETTER)
        desk = Desk("fatima", self.house.ring, self.house.book, "", 35, self.place.clock())
        reader = parse(f"case{self.count}@example.net")
        what = Asked(self.place.letter, reader, Kind.ACCESS, Channel.LETTER, self.language, row.received_on)
        async with self.house.database.unit_of_work() as db:
            fresh = await receive.receive(db, desk, what)
            await identify.record(db, desk, fresh, Identity.LOST_MAILBOX)
        return fresh

    async def _erased(self, db: Any, desk: Desk, row: Request) -> Gone:
        words = {"ring": desk.ring, "book": desk.book, "actor": "fatima", "now": desk.now}
        done = await erase.erase(db, request.opened(desk.ring, row), request=row.id, **words)
        return Gone(done.removed, done.overtaken, None)

    @staticmethod
    async def ended(page: Page) -> None:
        """Stop the notice, and read what ending it for good means."""
        async with page.expect_navigation():
            await page.click('main form[action$="/stop"] button')
        await page.click("main details.more summary")

    async def noticed(self) -> tuple[str, Act]:
        """The page of a breach whose notice two people agreed on; and how that goes out."""
        case = Case(self.place.stage, self.place.clock)
        await case.begin()
        await case.act(notice.write, [Advice.SUSPECT_MAIL])
        (issue,) = await case.act(notice.approve, await case.seen(), actor="ada")
        await case.plan(issue.id)

        async def goes(page: Page) -> None:
            async with self.house.database.unit_of_work() as db:
                row = await issues.get(db, issue.id, lock=True)
                row.state, row.started_at = issues.State.SENDING, self.place.clock()
                row.frozen_at, row.audience = self.place.clock(), 3
            await page.reload()

        return f"/staff/breaches/{case.id}", goes


async def printed(page: Page) -> None:
    """See the whole copy."""
    async with page.expect_navigation():
        await page.click("section[aria-labelledby=copy] button")


async def under_way(place: Place, language: str) -> list[State]:
    """A name, a path, and what to do there."""
    office = Office(place, language)
    rows = {
        "done": await office.decided(Kind.ACCESS, Way.MAIL),
        "refused": await office.decided(Kind.CORRECTION, Way.MAIL, refused=True),
        "returned": await office.decided(Kind.ACCESS, Way.MAIL),
        "waits for its certificate": await office.decided(Kind.ERASURE, Way.MAIL, away=True),
        "has its certificate": await office.decided(Kind.ERASURE, Way.LETTER),
        "closed": await office.decided(Kind.CORRECTION, Way.LETTER, refused=True),
    }
    async with place.stage.house.database.unit_of_work() as db:
        row = await request.by_id(db, rows["returned"].id)
        row.move_to(Step.RETURNED)
    breach, goes = await office.noticed()
    lost, longer = await office.without_a_mailbox(), await office.longer()
    return [
        *((f"request, {name}", f"/staff/requests/{row.id}", None) for name, row in rows.items()),
        ("requests, decided", "/staff/requests", None),
        ("letter, carried out", f"/staff/requests/{rows['has its certificate'].id}/letter", None),
        ("letter, refused", f"/staff/requests/{rows['closed'].id}/letter", None),
        ("request, takes longer", f"/staff/requests/{longer.id}", None),
        ("letter, takes longer", f"/staff/requests/{longer.id}/longer", None),
        ("request, to be printed", f"/staff/requests/{lost.id}", None),
        ("letter, with the copy", f"/staff/requests/{lost.id}", printed),
        ("request, was printed", f"/staff/requests/{lost.id}", None),
        ("breach, notice approved", breach, None),
        ("breach, notice goes out", breach, goes),
        ("breach, notice stopped", breach, office.ended),
    ]
