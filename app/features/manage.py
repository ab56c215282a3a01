"""A reader looks at what is held, and changes address, language or pause, behind a short-lived link.

The link is sent to the mailbox itself, so a forwarded newsletter never opens this (promise 6). It
may be opened more than once until it expires, because looking must not use it up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address
from app.core.calendar import add_months
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import BookClosed, Invalid, LinkProblem, Refused
from app.domain import (
    block,
    candidate,
    consent,
    delivery,
    farewell,
    lookup,
    newsletter,
    outbox,
    request,
    subscriber,
)
from app.domain.book import Book
from app.domain.candidate import Listed
from app.domain.ledger import Entry
from app.domain.lookup import Lookup
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.request import Request
from app.domain.subscriber import Subscriber

OPENS_FOR = timedelta(hours=4)  # mail can be slow; a link that lies about longer is a risk
PAUSES = (1, 3, 6)  # months

Looked = tuple[list[Lookup], list[Entry] | None]  # look-ups, and what the ledger says of earlier ones


@dataclass(frozen=True, slots=True)
class Mine:
    """A reader's own subscription, opened by their own link."""

    newsletter: Newsletter
    row: Subscriber
    address: Address
    until: datetime


class Damaged(Refused):
    """The address of this subscription was damaged: nothing can be done with it until its owner types it."""

    def __init__(self, letter: Newsletter) -> None:
        super().__init__("the address of this subscription cannot be read any more")
        self.letter = letter


class NotTheirs(Refused):
    """The address that was typed is not the one of this subscription."""


async def open_link(session: AsyncSession, text: str, *, ring: KeyRing, now: datetime) -> Mine:
    """What the link opens, changing nothing; raises LinkProblem, and Damaged."""
    letter, row, until = await _behind(session, text, ring=ring, now=now)
    if subscriber.damaged(ring, row):
        raise Damaged(letter)
    return Mine(letter, row, subscriber.opened(ring, row), until)


async def open_typed(
    session: AsyncSession, text: str, address: Address, *, ring: KeyRing, now: datetime
) -> Mine:
    """The same with the address that its owner typed, where it was damaged; raises NotTheirs."""
    letter, row, until = await _behind(session, text, ring=ring, now=now)
    found = await subscriber.find(session, ring, letter.id, address)
    if found is None or found.id != row.id:
        raise NotTheirs("that is another address")
    return Mine(letter, row, address, until)


async def _behind(
    session: AsyncSession, text: str, *, ring: KeyRing, now: datetime
) -> tuple[Newsletter, Subscriber, datetime]:
    """Which subscription a link is of, and until when it works."""
    try:
        content = tokens.unseal(ring, "manage", text)
    except Unreadable:
        raise LinkProblem("broken") from None
    issued_at = datetime.fromisoformat(content["i"])
    until = issued_at + OPENS_FOR
    # So that who has only this link finds the way to a new one, also when the row has gone.
    letter = await newsletter.by_tag(session, bytes.fromhex(content["n"]))
    if letter is None:
        raise LinkProblem("broken")
    if now > until:
        raise LinkProblem("expired", slug=letter.slug)
    row = await subscriber.by_id(session, UUID(content["s"]))
    if row is None or issued_at < row.confirmed_at:  # it was mailed to an address that is not theirs any more
        raise LinkProblem("void", slug=letter.slug)
    return letter, row, until


def set_language(mine: Mine, language: str) -> None:
    """The language of the next issues and of the frame around them."""
    mine.row.language = language


async def pause(mine: Mine, months: int, now: datetime) -> None:
    """No mail for 1, 3 or 6 months; what is going out now stops for this reader too."""
    if months not in PAUSES:
        raise Invalid("a pause lasts 1, 3 or 6 months")
    day = add_months(now.date(), months)
    mine.row.paused_until = now.replace(year=day.year, month=day.month, day=day.day)


def resume(mine: Mine) -> None:
    """Mail again from the next issue."""
    mine.row.paused_until = None


def lift(session: AsyncSession, mine: Mine, *, ring: KeyRing, now: datetime) -> None:
    """Use the data again: a new yes, so that the ledger's restriction of before holds no more (Art. 18)."""
    if mine.row.restricted_at is None:
        return  # pressed twice
    mine.row.restricted_at, mine.row.confirmed_at = None, now
    consent.record(session, ring, mine.newsletter.id, mine.address, consent.Event.CONFIRMED, at=now)


async def request_address(
    session: AsyncSession, mine: Mine, address: Address, *, ring: KeyRing, now: datetime
) -> None:
    """Ask the new address to say yes; until then nothing changes. The answer is always the same."""
    content = {
        "address": address.typed,
        "newsletter": mine.newsletter.id.hex,
        "language": mine.row.language,
        "subscriber": mine.row.id.hex,
        "nonce": uuid4().hex,
        "at": now.isoformat(),
    }
    outbox.write(session, ring, Purpose.ADDRESS, content, now)


@dataclass(frozen=True, slots=True)
class Holding:
    """Everything held about an address for one newsletter, ready to show or hand out.

    `row` is None for who has left: then there may still be a proof, a block or a request.
    `ends` is what the ledger says, None while it cannot be asked.
    """

    newsletter: Newsletter
    row: Subscriber | None
    consents: list[consent.Consent]
    wordings: dict[str, str]
    deliveries: list[delivery.Delivery]
    blocked: block.Block | None
    requests: list[Request]
    ends: list[Entry] | None
    lists: list[Listed]

    @property
    def empty(self) -> bool:
        """Whether nothing is held."""
        known = self.row or self.consents or self.blocked or self.requests or self.ends
        return not (known or self.lists)


async def holdings(
    session: AsyncSession, address: Address, *, ring: KeyRing, book: Book, now: datetime
) -> list[Holding]:
    """All that is held about an address, over all newsletters (GDPR Art. 15)."""
    letters = await newsletter.every(session)
    found = [await _holding(session, each, address, ring=ring, book=book, now=now) for each in letters]
    return [each for each in found if not each.empty]


async def lookups(session: AsyncSession, address: Address, *, ring: KeyRing, book: Book) -> Looked:
    """Who of us looked this address up, why, and what the ledger has of it; it is of no newsletter."""
    known = lookup.subjects(ring, address)
    return await lookup.of(session, known), await _ends(book, known)


async def _holding(
    session: AsyncSession, letter: Newsletter, address: Address, *, ring: KeyRing, book: Book, now: datetime
) -> Holding:
    row = await subscriber.find(session, ring, letter.id, address)
    known, blocks = consent.proofs(ring, letter.id, address), block.subjects(ring, letter.id, address)
    subjects = farewell.pseudonyms(ring, letter.id, address)
    consents = await consent.of(session, known)
    wanted = {each.wording_id for each in consents if each.wording_id}
    texts = await session.scalars(select(consent.Wording).where(consent.Wording.id.in_(wanted)))
    return Holding(
        newsletter=letter,
        row=row,
        consents=consents,
        wordings={each.id: each.text for each in texts},
        deliveries=await _deliveries(session, row) if row else [],
        blocked=await block.active(session, letter.id, blocks, now=now),
        requests=await request.of(session, known),
        ends=await _ends(book, [*subjects, *known, *blocks]),
        lists=await candidate.listed(session, ring, subjects),
    )


async def _ends(book: Book, subjects: list[bytes]) -> list[Entry] | None:
    try:
        return await book.of(subjects)
    except BookClosed:  # the page must open, for there one also stops
        return None


async def _deliveries(session: AsyncSession, row: Subscriber) -> list[delivery.Delivery]:
    query = select(delivery.Delivery).where(delivery.Delivery.subscriber_id == row.id)
    return list(await session.scalars(query.order_by(delivery.Delivery.seq)))
