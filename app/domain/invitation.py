"""A link that lets a member of staff set what they sign in with: once, for a limited time.

There is no first password anywhere: whoever gets an account chooses their own behind such a link.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime, changed
from app.core.errors import LinkProblem
from app.core.register import Kind, held, kept
from app.core.states import check
from app.domain.session import TOKEN_BYTES, hash_of
from app.domain.staff import Staff


class Purpose(StrEnum):
    """What the link lets them set."""

    INVITED = "invited"  # everything: a new account, or one whose owner lost all
    PASSWORD = "password"  # noqa: S105  (the word, not one)  # a new password, with the second factor they have
    FACTOR = "factor"  # a new second factor, with the password they have


LIVES: Final = {
    Purpose.INVITED: timedelta(days=7),  # people are away for a week
    Purpose.PASSWORD: timedelta(hours=1),  # they asked for it a moment ago
    Purpose.FACTOR: timedelta(days=2),  # an administrator started it: until the next working day
}


class Invitation(Base):
    """A link that was mailed and not used yet."""

    __tablename__ = "invitation"
    __table_args__ = (
        check("purpose", Purpose),
        {
            "info": kept(
                what="Links with which staff set their password",
                why="so that nobody has a password that somebody else knows",
                until="until it is used, 7 days at most",
                length=timedelta(0),
                since="gone_at",
            )
        },
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, info=held(Kind.TECHNICAL, "hash of the link's random text")
    )
    staff_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff.id"), index=True, info=held(Kind.STAFF, "for whom")
    )
    purpose: Mapped[Purpose] = mapped_column(String(10), info=held(Kind.STAFF, "what they may set"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was made"))
    gone_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "until when it works"))


async def make(session: AsyncSession, staff_id: UUID, purpose: Purpose, now: datetime) -> str:
    """A new link instead of an earlier one for the same; returns its random text, which is nowhere else."""
    same = Invitation.staff_id == staff_id, Invitation.purpose == purpose
    await session.execute(delete(Invitation).where(*same))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        Invitation(
            hash=hash_of(token),
            staff_id=staff_id,
            purpose=purpose,
            created_at=now,
            gone_at=now + LIVES[purpose],
        )
    )
    return token


async def opened(session: AsyncSession, token: str, now: datetime) -> tuple[Invitation, Staff]:
    """What a link is for; raises LinkProblem when it was used, replaced, is too old or was never ours."""
    query = select(Invitation, Staff).join(Staff, Staff.id == Invitation.staff_id)
    row = (await session.execute(query.where(Invitation.hash == hash_of(token)))).one_or_none()
    if row is None or row[1].disabled_at is not None:
        raise LinkProblem("void")
    if now >= row[0].gone_at:
        raise LinkProblem("expired")
    return row[0], row[1]


async def use(session: AsyncSession, row: Invitation) -> None:
    """Take the link; raises LinkProblem when somebody else was first."""
    if not await changed(session, delete(Invitation).where(Invitation.hash == row.hash)):
        raise LinkProblem("used")


async def void(session: AsyncSession, staff_id: UUID) -> None:
    """No link of theirs works any more."""
    await session.execute(delete(Invitation).where(Invitation.staff_id == staff_id))


async def void_all(session: AsyncSession) -> None:
    """No link of anybody works any more: a backup knows links that were used since it was made."""
    await session.execute(delete(Invitation))
