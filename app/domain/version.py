"""The versions of an issue's text: who saved what and when, so that anybody can look back and go back.

Every save is a version. What the page saves by itself while somebody types is one version for each ten
minutes of typing, else nobody could find anything between them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, defer, mapped_column

from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind, held, kept
from app.domain.edition import Edition
from app.domain.typed import Typed

STRETCH: Final = timedelta(minutes=10)  # of typing by one person that is one version
MOST: Final = 300  # for each language of an issue; further back nobody has ever looked
STAYS: Final = timedelta(days=180)  # half a year in which somebody may ask how a sentence came to be


class Version(Base):
    """One language of an issue as somebody saved it."""

    __tablename__ = "version"
    __table_args__ = {
        "info": kept(
            what="Earlier versions of the text of an issue",
            why="to look back, to go back, and to lose nobody's words",
            until="180 days after the issue is finished",
            length=STAYS,
            since="closed_at",
            through=("issue_id", "issue", "id"),
        )
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    language: Mapped[str] = mapped_column(
        String(2), primary_key=True, info=held(Kind.CONTENT, "in which language")
    )
    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=held(Kind.CONTENT, "which version it is")
    )
    author: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who saved it"))
    saved_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was saved"))
    since_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "since when they typed, when the page saved by itself")
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        JSON, info=held(Kind.CONTENT, "subject, introduction and blocks")
    )


async def keep(
    session: AsyncSession,
    issue_id: UUID,
    written: Typed,
    *,
    author: str,
    by_itself: bool = False,
    now: datetime,
) -> bool:
    """Make this the text; returns whether a version was added to those that are listed."""
    row = await session.get(Edition, (issue_id, written.language))
    stored = written.stored()
    if row is None:
        number = await _highest(session, issue_id, written.language)
        row = Edition(issue_id=issue_id, language=written.language, content=stored, number=number)
        session.add(row)
    elif row.content == stored:
        return False
    before = await session.get(Version, (issue_id, written.language, row.number))
    row.content, row.number = stored, row.number + 1
    since = _since(before, author, now) if by_itself else None
    replaces = since is not None and before is not None and since == before.since_at
    if replaces and before is not None:
        await session.delete(before)
    fresh = Version(issue_id=issue_id, language=written.language, number=row.number, author=author)
    fresh.saved_at, fresh.since_at, fresh.content = now, since, stored
    session.add(fresh)
    await session.flush()
    await _prune(session, issue_id, written.language)
    return not replaces


def _since(before: Version | None, author: str, now: datetime) -> datetime:
    """When this stretch of typing began: with the version before, or now."""
    same = before is not None and before.author == author and before.since_at is not None
    if same and before is not None and before.since_at is not None and now - before.since_at < STRETCH:
        return before.since_at
    return now


async def _highest(session: AsyncSession, issue_id: UUID, language: str) -> int:
    """The last number that this language had, also when it was taken out in between."""
    found = await of(session, issue_id, language, before=None, most=1)
    return found[0].number if found else 0


async def _prune(session: AsyncSession, issue_id: UUID, language: str) -> None:
    mine = Version.issue_id == issue_id, Version.language == language
    oldest = select(Version.number).where(*mine).order_by(Version.number.desc()).offset(MOST).limit(1)
    number = await session.scalar(oldest)
    if number is not None:
        await session.execute(delete(Version).where(*mine, Version.number <= number))


async def of(
    session: AsyncSession, issue_id: UUID, language: str, *, before: int | None, most: int
) -> list[Version]:
    """The newest versions, or those with a lower number than `before`; a list needs none of their words."""
    query = select(Version).where(Version.issue_id == issue_id, Version.language == language)
    query = query.options(defer(Version.content))
    if before is not None:
        query = query.where(Version.number < before)
    return list(await session.scalars(query.order_by(Version.number.desc()).limit(most)))


async def get(session: AsyncSession, issue_id: UUID, language: str, number: int) -> Version:
    """One version; raises NotFound."""
    found = await session.get(Version, (issue_id, language, number))
    if found is None:
        raise NotFound("there is no such version any more")
    return found
