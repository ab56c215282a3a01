"""The book of farewells: every end of a subscription, kept outside the main database.

It is written first and committed; then the main database changes. After a restore the service reads
it again before it serves or sends, so that who has gone stays gone (promise 7). It holds keyed
pseudonyms and moments, in a hash chain; who has no key can match none of it with an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, MetaData, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core import chain
from app.core.database import NAMES, NUMBER, UtcTime
from app.core.register import Kind, held, kept

MARGIN = timedelta(days=7)  # beyond the oldest backup, before a segment of the ledger goes


class LedgerBase(DeclarativeBase):
    """Every table of the ledger's own database."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {int: NUMBER}


class Reason(StrEnum):
    """Why a subscription ended; the last five are about blocks, under the block's own pseudonym."""

    LEFT = "left"  # the reader's own button, or one click in the mail program
    ERASED = "erased"  # the reader asked to be forgotten
    CHANGED = "changed"  # the reader moved to another address
    BLOCKED = "blocked"  # never mail this address
    BOUNCED = "bounced"  # the mailbox does not exist any more
    RESTRICTED = "restricted"  # use was restricted while a request is handled
    COMPLAINED = "complained"  # the mail was reported as unwanted
    NOT_ME = "not_me"  # "this was not me": a restored backup must not forget it
    OBJECTION = "objection"  # never mail me again
    COMPLAINT = "complaint"  # blocked since the mail was reported
    BOUNCE = "bounce"  # blocked since the mailbox does not exist
    LIFTED = "lifted"  # the person had a block lifted: a restored backup must not bring it back


BLOCKS = frozenset((Reason.NOT_ME, Reason.OBJECTION, Reason.COMPLAINT, Reason.BOUNCE))


class Entry(LedgerBase):
    """One end."""

    __tablename__ = "ledger_entry"
    __table_args__ = {
        "info": kept(
            what="That a subscription ended, or that an address was blocked",
            why="so that who has gone stays gone when a backup is put back",
            until="until no backup can hold the subscription any more, and a week",
        )
    }
    seq: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=held(Kind.TECHNICAL, "place in the chain")
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "shows that nothing was changed")
    )
    newsletter: Mapped[str] = mapped_column(String(32), info=held(Kind.READER, "which newsletter"))
    key_id: Mapped[str] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of the pseudonym"))
    subject: Mapped[bytes] = mapped_column(
        LargeBinary, index=True, info=held(Kind.PSEUDONYM, "which subscription or address")
    )
    reason: Mapped[Reason] = mapped_column(String(10), info=held(Kind.READER, "why it ended or was blocked"))
    at: Mapped[datetime] = mapped_column(
        UtcTime, index=True, info=held(Kind.READER, "when, to the millisecond: the order matters")
    )

    def covered(self) -> dict[str, Any]:
        """What the chain protects."""
        return {
            "newsletter": self.newsletter,
            "key_id": self.key_id,
            "subject": self.subject.hex(),
            "reason": str(self.reason),
            "at": self.at.isoformat(),
        }


class Head(chain.HeadColumns, LedgerBase):
    """The end of the ledger's chain."""

    __tablename__ = "ledger_head"
    __table_args__ = {
        "info": kept(what="The end of the ledger", why="to add to it", until="as long as it exists")
    }


class Checkpoint(chain.CheckpointColumns, LedgerBase):
    """A signed statement of how far the ledger had come."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = {
        "info": kept(
            what="Signed points of the ledger",
            why="to prove that nothing was changed",
            until="as long as the ledger exists",
        )
    }


class Counter(LedgerBase):
    """Raised every ten seconds, here first and then in the main database, to notice a restore."""

    __tablename__ = "ledger_counter"
    __table_args__ = {
        "info": kept(
            what="A counter", why="to notice a restored backup", until="as long as the ledger exists"
        )
    }
    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=held(Kind.TECHNICAL, "always 1")
    )
    announced: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "written before the main database"))
    settled: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "known to have reached the main database"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "the last raise"))
    trail_seq: Mapped[int | None] = mapped_column(
        info=held(Kind.TECHNICAL, "how far the audit trail had come then")
    )
    trail_seal: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "seal on the trail up to there, to see that nobody rewrote it")
    )


CHAIN = chain.Tables("ledger", Entry, Head, Checkpoint)


def moment(now: datetime) -> datetime:
    """An end's time, up to the next millisecond: enough for the order of two clicks, no more."""
    now = now.astimezone(UTC)
    whole = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return whole if whole == now else whole + timedelta(milliseconds=1)


async def last_end(session: AsyncSession, subjects: Sequence[bytes]) -> datetime | None:
    """When any of these pseudonyms ended for the last time; a restriction ends nothing."""
    ends = Entry.subject.in_(subjects), Entry.reason != Reason.RESTRICTED
    found: datetime | None = await session.scalar(select(func.max(Entry.at)).where(*ends))
    return found


async def ends(session: AsyncSession, subjects: Sequence[bytes]) -> dict[bytes, datetime]:
    """When each of these pseudonyms ended for the last time, of those that did."""
    query = select(Entry.subject, func.max(Entry.at)).where(Entry.subject.in_(subjects))
    rows = await session.execute(query.where(Entry.reason != Reason.RESTRICTED).group_by(Entry.subject))
    return dict(rows.all())


async def of(session: AsyncSession, subjects: Sequence[bytes]) -> list[Entry]:
    """Everything on record under these pseudonyms, oldest first."""
    query = select(Entry).where(Entry.subject.in_(subjects)).order_by(Entry.seq)
    return list(await session.scalars(query))


async def place(session: AsyncSession, seq: int) -> tuple[bytes | None, int | None]:
    """The hash at a place in the chain, if it is there, and the first place that is still kept."""
    found: bytes | None = await session.scalar(select(Entry.hash).where(Entry.seq == seq))
    return found, await session.scalar(select(func.min(Entry.seq)))


async def since(session: AsyncSession, seq: int, limit: int) -> list[Entry]:
    """The next entries after a place in the chain."""
    query = select(Entry).where(Entry.seq > seq).order_by(Entry.seq).limit(limit)
    return list(await session.scalars(query))
