"""A subscriber: one address that said yes to one newsletter, and nothing else about that person.

The address is sealed; two keyed values find it again, one for look-ups and one for the ledger.
There is no name, no IP address, no open and no click here, and no state: a row means yes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.address import Address, many, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.database import Base, UtcTime
from app.core.register import Kind, Sealed, held, kept

PLACE = "subscriber|{}|"  # table and column; the row follows

_many = many()


class Subscriber(Base):
    """This address said yes to this newsletter (promise 2)."""

    __tablename__ = "subscriber"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "address_index"),
        Index("ix_subscriber_audience", "newsletter_id", "seq"),
        {
            "sqlite_autoincrement": True,
            "info": kept(
                what="Your subscription",
                why="to send you the newsletter you subscribed to",
                until="until you leave; then it is deleted at once",
            ),
        },
    )
    seq: Mapped[int] = mapped_column(
        primary_key=True, info=held(Kind.TECHNICAL, "order in which an issue is sent")
    )
    id: Mapped[UUID] = mapped_column(
        unique=True, default=uuid4, info=held(Kind.PSEUDONYM, "random number in your links")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.READER, "which newsletter")
    )
    address: Mapped[bytes] = mapped_column(
        LargeBinary,
        info=held(Kind.ADDRESS, "to send the newsletter to", Sealed("address", scope="newsletter_id")),
    )
    address_index: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.PSEUDONYM, "to find your subscription when you ask")
    )
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, index=True, info=held(Kind.PSEUDONYM, "to keep a farewell after a restore")
    )
    key_id: Mapped[str] = mapped_column(
        String(8), index=True, info=held(Kind.TECHNICAL, "which key seals this row")
    )
    language: Mapped[str] = mapped_column(String(2), info=held(Kind.READER, "the language you chose"))
    confirmed_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "when you said yes"))
    paused_until: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.READER, "until when you want no mail")
    )
    restricted_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.READER, "since when use is restricted at your request")
    )
    bounces: Mapped[int] = mapped_column(
        default=0, info=held(Kind.READER, "issues in a row that could not be delivered")
    )
    bounced_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.READER, "the last time delivery failed")
    )

    def wants(self, at: datetime) -> bool:
        """Whether this reader wants mail at that moment; `wanting` asks the same of the database."""
        return self.restricted_at is None and (self.paused_until is None or self.paused_until <= at)


def bound(subscriber_id: UUID, column: str = "address") -> str:
    """Where a sealed address belongs: table, column and row (AAD)."""
    return PLACE.format(column) + subscriber_id.hex


def index(ring: KeyRing, newsletter_id: UUID, canonical: str, key_id: str) -> bytes:
    """The blind index of an address: equal for equal addresses within one newsletter only."""
    return ring.mac("index", canonical.encode(), key_id=key_id, scope=newsletter_id)


def indexes(ring: KeyRing, newsletter_id: UUID, address: Address) -> list[bytes]:
    """The values by which an address may be found, whatever key was in use then."""
    return [index(ring, newsletter_id, address.canonical, each) for each in ring.ids]


def pseudonym(ring: KeyRing, newsletter_id: UUID, canonical: str, key_id: str) -> bytes:
    """The value by which the ledger knows an address of this newsletter."""
    return ring.mac("ledger", canonical.encode(), key_id=key_id, scope=newsletter_id)


def new(
    ring: KeyRing,
    newsletter_id: UUID,
    address: Address,
    *,
    language: str,
    confirmed_at: datetime,
    subscriber_id: UUID | None = None,
) -> Subscriber:
    """A row for an address that has just said yes, sealed under the active key.

    Only a slip that is taken back passes its old `subscriber_id`, so that old links still end it.
    """
    columns = values(
        ring,
        newsletter_id,
        address,
        language=language,
        confirmed_at=confirmed_at,
        subscriber_id=subscriber_id,
    )
    return Subscriber(**columns)


def values(
    ring: KeyRing,
    newsletter_id: UUID,
    address: Address,
    *,
    language: str,
    confirmed_at: datetime,
    subscriber_id: UUID | None = None,
) -> dict[str, Any]:
    """The columns of such a row, for who adds thousands."""
    number = subscriber_id or uuid4()
    return {
        "id": number,
        "newsletter_id": newsletter_id,
        "address": ring.seal("address", _plain(address), bound_to=bound(number), scope=newsletter_id),
        **_keyed(ring, newsletter_id, address),
        "language": language,
        "confirmed_at": confirmed_at,
        "bounces": 0,
    }


def keyed(ring: KeyRing, newsletter_id: UUID, plain: bytes) -> dict[str, Any]:
    """What else of a row is made with the key in use, from what was sealed: for a change of keys."""
    return _keyed(ring, newsletter_id, _parsed(plain, _many))


def _keyed(ring: KeyRing, newsletter_id: UUID, address: Address) -> dict[str, Any]:
    key_id = ring.active
    return {
        "key_id": key_id,
        "address_index": index(ring, newsletter_id, address.canonical, key_id),
        "subject": pseudonym(ring, newsletter_id, address.canonical, key_id),
    }


def _plain(address: Address) -> bytes:
    """As typed, and behind a NUL as mail needs it where that differs: the sender never parses."""
    typed, envelope = address.typed.encode(), address.envelope.encode()
    return typed if typed == envelope else typed + b"\0" + envelope


def opened(ring: KeyRing, row: Subscriber) -> Address:
    """The address of a row, in memory for as long as one act needs it."""
    plain = ring.open("address", row.address, bound_to=bound(row.id), scope=row.newsletter_id)
    return _parsed(plain)


def damaged(ring: KeyRing, row: Subscriber) -> bool:
    """Whether its address can never be read again; raises Unreadable when a person can bring the key back."""
    try:
        opened(ring, row)
    except Unreadable:
        if not ring.has(row.key_id):
            raise
        return True
    return False


def _parsed(plain: bytes, read: Callable[[str], Address] = parse) -> Address:
    return read(plain.partition(b"\0")[0].decode())


def envelope(ring: KeyRing, sealed: bytes, subscriber_id: UUID, newsletter_id: UUID) -> bytes:
    """The address as mail needs it, without parsing."""
    return opener(ring, newsletter_id)(sealed, subscriber_id.bytes)


def opener(ring: KeyRing, newsletter_id: UUID) -> Callable[[bytes, bytes], bytes]:
    """What `envelope` does, for who opens thousands a second.

    Give it what is sealed and the subscriber's id, 16 octets.
    """
    opened, place = ring.opener("address", newsletter_id), PLACE.format("address")

    def address(sealed: bytes, subscriber_id: bytes) -> bytes:
        typed, _, other = opened(sealed, place + subscriber_id.hex()).partition(b"\0")
        return other or typed

    return address


def wanting(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a subscriber wants mail: neither restricted nor, at that moment, paused."""
    return and_(
        Subscriber.restricted_at.is_(None),
        or_(Subscriber.paused_until.is_(None), Subscriber.paused_until <= now),
    )


async def count_wanting(session: AsyncSession, newsletter_id: UUID, now: datetime) -> int:
    """How many readers an issue that went out now would have."""
    query = select(func.count()).where(Subscriber.newsletter_id == newsletter_id, wanting(now))
    return await session.scalar(query) or 0


async def find(
    session: AsyncSession, ring: KeyRing, newsletter_id: UUID, address: Address
) -> Subscriber | None:
    """The subscription of an address to a newsletter, under whatever key it stands."""
    candidates = indexes(ring, newsletter_id, address)
    query = select(Subscriber).where(
        Subscriber.newsletter_id == newsletter_id, Subscriber.address_index.in_(candidates)
    )
    return await session.scalar(query)


async def by_id(session: AsyncSession, subscriber_id: UUID) -> Subscriber | None:
    """The row that a link points at, if it is still there."""
    return await session.scalar(select(Subscriber).where(Subscriber.id == subscriber_id))
