"""The text of an issue in one language: what was typed, and whether it is finished."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.core.errors import Refused
from app.core.register import Kind, held, kept
from app.domain.content import Content
from app.domain.issue import Issue
from app.domain.problem import Problem
from app.domain.typed import Typed


class Edition(Base):
    """An issue's content in one language."""

    __tablename__ = "edition"
    __table_args__ = {
        "info": kept(what="The text of an issue", why="it is what is sent", until="as long as the issue")
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    language: Mapped[str] = mapped_column(
        String(2), primary_key=True, info=held(Kind.CONTENT, "in which language")
    )
    content: Mapped[dict[str, object]] = mapped_column(
        JSON, info=held(Kind.CONTENT, "subject, introduction and blocks")
    )
    number: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "which version of the text it is"))


class Unfinished(Refused):
    """Something in this language has still to be put right; nobody can approve it."""

    def __init__(self, language: str) -> None:
        super().__init__(
            f"the text in '{language}' is not finished; see what has to be put right where it is written"
        )
        self.language = language


async def typed(session: AsyncSession, issue_id: UUID) -> dict[str, Typed]:
    """What was typed per language, finished or not."""
    rows = await session.scalars(select(Edition).where(Edition.issue_id == issue_id))
    return {row.language: Typed.of(row.content) for row in rows}


async def judged(session: AsyncSession, issue_id: UUID) -> dict[str, tuple[Content | None, list[Problem]]]:
    """What each language says, or what has to be put right; others do not wait while a long one is read."""
    written = await typed(session, issue_id)
    return await asyncio.to_thread(lambda: {language: each.judged() for language, each in written.items()})


async def finished(session: AsyncSession, issue_id: UUID) -> dict[str, Content]:
    """The content per language; raises Unfinished, so that what is approved is whole."""
    found = {}
    for language, (content, _) in (await judged(session, issue_id)).items():
        if content is None:
            raise Unfinished(language)
        found[language] = content
    return found


async def whole(session: AsyncSession, issue_id: UUID) -> dict[str, Content]:
    """The content of each language that is finished; the others are left out."""
    found = await judged(session, issue_id)
    return {language: content for language, (content, _) in found.items() if content is not None}


async def subject(session: AsyncSession, issue: Issue, language: str) -> str:
    """What the issue is called among colleagues: its subject in the main language."""
    found = (await subjects(session, issue.id))[issue.id].get(language)
    return found or f"{issue.number}"


async def subjects(session: AsyncSession, *issue_ids: UUID) -> dict[UUID, dict[str, str]]:
    """The subject of each issue per language, finished or not."""
    subject = Edition.content["subject"].as_string()
    query = select(Edition.issue_id, Edition.language, subject).where(Edition.issue_id.in_(issue_ids))
    found: dict[UUID, dict[str, str]] = {each: {} for each in issue_ids}
    for issue_id, language, words in await session.execute(query.order_by(Edition.language)):
        found[issue_id][language] = words or ""
    return found
