"""That somebody looked at all accounts and roles and found them right, once a quarter (BIO2 5.18.02)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import JSON, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept

EVERY: Final = timedelta(days=91)  # a quarter, for accounts with rights (BIO2 8.02.01)
KEPT: Final = timedelta(days=1095)  # BIO2 5.28.01: what shows who could do what, three years


class Review(Base):
    """One look at all accounts, signed off."""

    __tablename__ = "review"
    __table_args__ = {
        "info": kept(
            what="Reviews of accounts and roles",
            why="to show that only who needs it can get in",
            until="1095 days (three years) after the review",
            length=KEPT,
            since="at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the review")
    )
    at: Mapped[datetime] = mapped_column(UtcTime, index=True, info=held(Kind.STAFF, "when it was signed off"))
    by: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who signed it off"))
    accounts: Mapped[dict[str, list[str]]] = mapped_column(
        JSON, info=held(Kind.STAFF, "the accounts and roles that they saw")
    )


async def last(session: AsyncSession) -> Review | None:
    """The latest one."""
    return (await session.scalars(select(Review).order_by(Review.at.desc()).limit(1))).one_or_none()


async def due(session: AsyncSession, now: datetime) -> bool:
    """Whether it is time for the next one."""
    latest = await last(session)
    return latest is None or now >= latest.at + EVERY


async def sign(session: AsyncSession, by: str, accounts: dict[str, list[str]], now: datetime) -> None:
    """Keep that somebody signed off."""
    session.add(Review(at=now, by=by, accounts=accounts))
