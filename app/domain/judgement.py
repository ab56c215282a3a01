"""What a colleague said of an issue: approved or sent back, with the text they read.

The text is kept so that who looks again sees what has changed since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.domain.content import Content
from app.domain.delivery import DETAIL_STAYS

REMARK_MOST: Final = 1000  # characters: what takes more is better said than written


class Outcome(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    RETURNED = "returned"  # sent back to its author


class Judgement(Base):
    """One decision about one issue."""

    __tablename__ = "judgement"
    __table_args__ = {
        "info": kept(
            what="What colleagues said of an issue",
            why="to show what has changed since somebody last read it",
            until="90 days after the issue is finished",
            length=DETAIL_STAYS,
            since="closed_at",
            through=("issue_id", "issue", "id"),
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the decision")
    )
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), index=True, info=held(Kind.CONTENT, "of which issue")
    )
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was decided"))
    by: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who decided"))
    outcome: Mapped[Outcome] = mapped_column(String(10), info=held(Kind.STAFF, "approved, or sent back"))
    remark: Mapped[str] = mapped_column(
        String(REMARK_MOST), default="", info=held(Kind.STAFF, "what the author was told")
    )
    contents: Mapped[dict[str, Any]] = mapped_column(
        JSON, info=held(Kind.CONTENT, "the text as it was then, per language")
    )

    def read(self) -> dict[str, Content]:
        """The text as it was then."""
        return {language: Content.model_validate(each) for language, each in self.contents.items()}


def keep(
    session: AsyncSession,
    issue_id: UUID,
    outcome: Outcome,
    contents: Mapping[str, Content],
    *,
    by: str,
    remark: str = "",
    now: datetime,
) -> None:
    """Write a decision down."""
    stored = {language: each.model_dump(mode="json") for language, each in contents.items()}
    row = Judgement(issue_id=issue_id, at=now, by=by, outcome=outcome, remark=remark, contents=stored)
    session.add(row)


async def last(session: AsyncSession, issue_id: UUID) -> Judgement | None:
    """The latest decision, if there is one."""
    query = select(Judgement).where(Judgement.issue_id == issue_id).order_by(Judgement.at.desc()).limit(1)
    return (await session.scalars(query)).one_or_none()
