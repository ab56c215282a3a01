"""A block: this address is not to be mailed by this newsletter, on a stated ground.

Held as a keyed pseudonym per newsletter, never one value that two newsletters share, and checked
before every mail, confirmation mails too. It is also in the ledger, under that same pseudonym, so that
a restored backup does not forget it: `farewell.block_address` writes both, `lifting.lift` takes them back.

That a mailbox is not there is the weakest ground: nobody asked for silence. It never takes the place of
another, any other takes its place, and who has the mailbox again comes back by signing up (ER-05).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    UniqueConstraint,
    and_,
    case,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import tokens
from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime, inserting
from app.core.register import Kind, held, kept
from app.core.states import check


class Ground(StrEnum):
    """Why an address is not mailed; the ledger has the same words."""

    NOT_ME = "not_me"  # "this was not me": nobody can sign this address up for a while
    OBJECTION = "objection"  # the person asked never to be mailed
    COMPLAINT = "complaint"  # the mail was reported as unwanted
    BOUNCE = "bounce"  # the mailbox does not exist


LASTS = {
    Ground.NOT_ME: timedelta(days=90),  # long enough to tire out who abuses the form
    Ground.OBJECTION: None,  # until the person has it lifted
    Ground.COMPLAINT: timedelta(days=3 * 365),  # ER-04
    Ground.BOUNCE: timedelta(days=365),  # ER-05
}


LINK = "lift"  # the purpose of the link that lifts a block


class Block(Base):
    """One blocked address of one newsletter."""

    __tablename__ = "block"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "subject"),
        check("ground", Ground),
        {
            "info": kept(
                what="That you do not want our mail",
                why="to keep anyone from signing you up again",
                until=(
                    "90 days after 'this was not me', a year after a mailbox was gone, three years after a "
                    "complaint; without an end if you asked us never to mail you. After a mailbox was gone "
                    "you lift it by signing up again. Else you can have it lifted at any moment, by the link "
                    "that you got with it. If you got none, ask us"
                ),
                length=timedelta(0),
                since="ends_at",
            )
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.READER, "which newsletter")
    )
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.PSEUDONYM, "to recognise the address when it is typed")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    ground: Mapped[Ground] = mapped_column(String(10), info=held(Kind.READER, "why"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.READER, "since when"))
    ends_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.READER, "until when; empty is until you have it lifted")
    )


def link(ring: KeyRing, newsletter_id: UUID, address: Address, now: datetime) -> str:
    """The token of the link that lifts what blocks this address now; it goes to the mailbox itself."""
    content = {"a": address.typed, "n": newsletter_id.hex, "i": now.isoformat()}
    return tokens.seal(ring, LINK, content)


def subjects(ring: KeyRing, newsletter_id: UUID, address: Address) -> list[bytes]:
    """The pseudonyms an address may be blocked under, whatever key was in use then."""
    return [_subject(ring, newsletter_id, address, each) for each in ring.ids]


def subject(ring: KeyRing, newsletter_id: UUID, address: Address) -> tuple[bytes, str]:
    """The pseudonym that an address is blocked under from now on, and its key."""
    key_id = ring.active
    return _subject(ring, newsletter_id, address, key_id), key_id


def _subject(ring: KeyRing, newsletter_id: UUID, address: Address, key_id: str) -> bytes:
    return ring.mac("block", address.canonical.encode(), key_id=key_id, scope=newsletter_id)


def holds(newsletter_id: UUID, known: Collection[bytes], now: datetime) -> ColumnElement[bool]:
    """Whether a block is of one of these pseudonyms, and lasts.

    The newsletter is named because the index begins with it: else every mail would have all blocks read.
    """
    lasts = or_(Block.ends_at.is_(None), Block.ends_at > now)
    return and_(Block.newsletter_id == newsletter_id, Block.subject.in_(known), lasts)


async def active(
    session: AsyncSession,
    newsletter_id: UUID,
    known: list[bytes],
    *,
    now: datetime,
    but: Ground | None = None,
) -> Block | None:
    """The block that holds for these pseudonyms, if one does; the latest when keys have changed.

    `but` is a ground that does not count here.
    """
    query = select(Block).where(holds(newsletter_id, known, now))
    counting = query if but is None else query.where(Block.ground != but)
    return (await session.scalars(counting.order_by(Block.at.desc()))).first()


def until(ground: Ground, at: datetime) -> datetime | None:
    """When a block of that moment ends; None is: when the person has it lifted."""
    lasts = LASTS[ground]
    return at + lasts if lasts is not None else None


async def put(
    session: AsyncSession, newsletter_id: UUID, known_as: tuple[bytes, str], ground: Ground, at: datetime
) -> None:
    """Block an address; asking again may lengthen a block, and never shortens one of the same weight.

    It is as late as the last time that it was asked for: a link from before that does not lift it.
    """
    row = {"ground": ground, "at": at, "ends_at": until(ground, at)}
    statement = inserting(session, Block).values(
        newsletter_id=newsletter_id, subject=known_as[0], key_id=known_as[1], **row
    )
    asked = statement.excluded
    wins = _wins(ground, asked.ends_at, at)
    both = {
        "ground": case((wins, asked.ground), else_=Block.ground),
        "at": case((Block.at < asked.at, asked.at), else_=Block.at),
        "ends_at": case((wins, asked.ends_at), else_=Block.ends_at),
    }
    await session.execute(
        statement.on_conflict_do_update(index_elements=["newsletter_id", "subject"], set_=both)
    )


def _wins(ground: Ground, ends_at: ColumnElement[datetime], at: datetime) -> ColumnElement[bool]:
    """Whether a block takes the place of the one that is there: a mailbox that is gone only of its equal."""
    longer = or_(ends_at.is_(None), Block.ends_at < ends_at)
    bounced = Block.ground == Ground.BOUNCE
    return (
        or_(Block.ends_at <= at, and_(bounced, longer)) if ground is Ground.BOUNCE else or_(bounced, longer)
    )


async def remove(
    session: AsyncSession, newsletter_id: UUID, known: list[bytes], upto: datetime, *only: Ground
) -> list[tuple[bytes, str]]:
    """Delete the blocks of an address made up to a moment; their pseudonyms, each with its key.

    `only` are grounds; without any, whatever the ground is.
    """
    these = Block.newsletter_id == newsletter_id, Block.subject.in_(known), Block.at <= upto
    gone = (
        delete(Block)
        .where(*these, Block.ground.in_(only or list(Ground)))
        .returning(Block.subject, Block.key_id)
    )
    return [(subject, key_id) for subject, key_id in await session.execute(gone)]


async def complaints(session: AsyncSession, newsletter_id: UUID, *, since: datetime) -> int:
    """How many readers of a newsletter reported its mail as unwanted from a moment on."""
    query = select(func.count()).where(
        Block.newsletter_id == newsletter_id, Block.ground == Ground.COMPLAINT, Block.at >= since
    )
    return await session.scalar(query) or 0
