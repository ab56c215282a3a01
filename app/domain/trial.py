"""A test mail: the issue as it would look in a mailbox, for colleagues, marked as a test, gone in a day."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, LargeBinary, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.domain.outbox import LIVES

A_DAY: Final = 40  # rounds of one issue: more is a slip, and each row holds a whole mail


class Trial(Base):
    """The bytes of one round in one language; nobody's address is here."""

    __tablename__ = "trial"
    __table_args__ = {
        "info": kept(
            what="Test mails to colleagues",
            why="to see an issue in a mailbox before it goes out",
            until="24 hours after the test",
            length=LIVES,
            since="created_at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the test")
    )
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), index=True, info=held(Kind.CONTENT, "of which issue")
    )
    language: Mapped[str] = mapped_column(String(2), info=held(Kind.CONTENT, "in which language"))
    compiled: Mapped[bytes] = mapped_column(LargeBinary, info=held(Kind.CONTENT, "the bytes"))
    created_at: Mapped[datetime] = mapped_column(
        UtcTime, index=True, info=held(Kind.CONTENT, "when the test was asked for")
    )


async def lately(session: AsyncSession, issue_id: UUID, now: datetime) -> int:
    """How many there were of this issue in a day."""
    query = select(func.count()).where(Trial.issue_id == issue_id, Trial.created_at > now - LIVES)
    return await session.scalar(query) or 0
