"""One cast for all tests: alice subscribed, bob has asked and not confirmed, chris has gone.

Dana writes, emre approves, fatima is the privacy officer, joost the supervisor, ada administers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.domain import newsletter, staff, subscriber
from app.domain import request as request_
from app.domain.farewell import end
from app.domain.house import House
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.request import Channel, Request
from app.domain.staff import Role, Staff
from app.domain.subscriber import Subscriber
from app.features import confirm

ALICE, BOB, CHRIS = "alice@example.org", "bob@example.org", "chris@example.org"
PEOPLE = {
    "dana": [Role.EDITOR],
    "emre": [Role.APPROVER],
    "fatima": [Role.OFFICER],
    "joost": [Role.SUPERVISOR],
    "ada": [Role.ADMINISTRATOR],
}


@dataclass(frozen=True)
class Stage:
    """Who is there before a test begins."""

    house: House
    letter: Newsletter
    alice: Subscriber
    chris_was: Subscriber

    async def find(self, address: str) -> Subscriber | None:
        """The subscription of an address, if there is one."""
        async with self.house.database.reading() as session:
            return await subscriber.find(session, self.house.ring, self.letter.id, parse(address))

    def link(self, row: Subscriber) -> str:
        """The token in that reader's newsletter."""
        return tokens.mark(self.house.ring, "leave", self.letter.tag, row.id)


async def stage(house: House, now: datetime) -> Stage:
    """Put everyone in place."""
    async with house.database.unit_of_work() as session:
        letter = Newsletter(
            id=uuid4(),
            slug="weerbaar-bestuur",
            title="Weerbaar Bestuur",
            sender_name="Netwerk Weerbaar Bestuur",
            sender_address="nieuwsbrief@example.org",
            language="nl",
            cadence="first tuesday 10:00",
            pace=None,
            created_at=now,
        )
        session.add(letter)
        for name, roles in PEOPLE.items():
            person = Staff(id=uuid4(), name=name, roles=list(roles), created_at=now)
            person.address = staff.sealed(house.ring, person.id, f"{name}@example.org")
            session.add(person)
    alice = await join(house, letter, ALICE, now - timedelta(days=30))
    chris = await join(house, letter, CHRIS, now - timedelta(days=20))
    async with house.database.unit_of_work() as session:
        row = await subscriber.by_id(session, chris.id)
        assert row is not None
        gone_at = now - timedelta(days=10)
        await end(session, row, Reason.LEFT, ring=house.ring, book=house.book, now=gone_at)
    return Stage(house, letter, alice, chris)


def request(
    house: House,
    letter: Newsletter,
    address: str,
    at: datetime,
    language: str = "nl",
    purpose: str = "confirm",
) -> str:
    """The token of a confirmation link, or of "this was not me"."""
    content = {
        "a": address,
        "n": letter.tag.hex(),
        "l": language,
        "w": "",
        "i": at.isoformat(),
        "x": uuid4().hex,
    }
    return tokens.seal(house.ring, purpose, content)


async def press(house: House, session: AsyncSession, token: str, now: datetime) -> confirm.Confirmed:
    """Press the button behind a confirmation link, with these words at it."""

    def shown(letter: Newsletter) -> str:
        return f"Yes, send me {letter.title}"

    return await confirm.confirm(session, token, shown=shown, ring=house.ring, book=house.book, now=now)


async def join(
    house: House, letter: Newsletter, address: str, now: datetime, language: str = "nl"
) -> Subscriber:
    """Somebody signs up and presses the button in the mail."""
    token = request(house, letter, address, now - timedelta(minutes=5), language)
    async with house.database.unit_of_work() as session:
        await press(house, session, token, now)
    async with house.database.reading() as session:
        found = await subscriber.find(session, house.ring, letter.id, parse(address))
    assert found is not None
    return found


def wants(house: House, letter: Newsletter, address: str, now: datetime) -> Request:
    """A privacy request by letter, as a row."""
    words = {"number": "V-2026-000001", "kind": request_.Kind.ACCESS, "channel": Channel.LETTER}
    days = {"received_on": now.date(), "recorded_at": now}
    return request_.new(house.ring, letter.id, parse(address), language="nl", **words, **days)


async def crowd(house: House, letter: Newsletter, count: int, now: datetime) -> list[Address]:
    """Many readers at once, as rows: for tests of sending, not of signing up."""
    addresses = [parse(f"reader{number}@example.net") for number in range(count)]
    async with house.database.unit_of_work() as session:
        session.add_all(
            subscriber.new(house.ring, letter.id, each, language="nl", confirmed_at=now) for each in addresses
        )
    return addresses


__all__ = [
    "ALICE",
    "BOB",
    "CHRIS",
    "PEOPLE",
    "Stage",
    "crowd",
    "join",
    "newsletter",
    "press",
    "request",
    "stage",
    "wants",
]
