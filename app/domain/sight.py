"""What axe, a program that looks for what keeps people from reading, found in a mail before it is approved.

A colleague's browser looks, because the server has none. A verdict is about exactly one mail: when a word of
it changes, nobody has looked yet.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import JSON, ForeignKey, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept

KEPT: Final = timedelta(days=30)  # as long as what is known of links: an issue is a month's work
RULES_MOST: Final = 100  # axe has about as many rules in all
PLACES_MOST: Final = 5  # who has mended five of a kind finds the sixth
WORDS_MOST: Final = 200  # characters: a sentence of axe, or enough to find a place by
TIMES_MOST: Final = 10_000  # more pieces than the heaviest mail can have
_ADDRESS = re.compile(r"\S*(?:@|%40)\S*")


class Impact(StrEnum):
    """How much axe says it matters to a reader whom it hinders."""

    MINOR = "minor"
    MODERATE = "moderate"
    SERIOUS = "serious"
    CRITICAL = "critical"


GRAVE: Final = frozenset({Impact.SERIOUS, Impact.CRITICAL})  # who meets these cannot read on


def _without_address(words: str) -> str:
    """Nothing that reads as an e-mail address is kept (promise 3)."""
    return _ADDRESS.sub("…", words)


Words = Annotated[str, Field(min_length=1, max_length=WORDS_MOST), AfterValidator(_without_address)]


class Hindrance(BaseModel):
    """One rule of axe that the mail breaks, and where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rule: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,60}$")]
    impact: Impact
    help: Words  # what axe itself says, in English
    places: Annotated[list[Words], Field(min_length=1, max_length=PLACES_MOST)]
    times: Annotated[int, Field(ge=1, le=TIMES_MOST)]

    @property
    def grave(self) -> bool:
        """Whether it keeps an issue from being approved."""
        return self.impact in GRAVE


class Verdict(BaseModel):
    """Everything that axe found in one mail, as a browser sends it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    found: Annotated[list[Hindrance], Field(max_length=RULES_MOST)]


class Sight(Base):
    """The latest look at the mail for readers of one language."""

    __tablename__ = "sight"
    __table_args__ = {
        "info": kept(
            what="Whether everybody can read the mail of an issue",
            why="so that no reader is kept out by how it is made",
            until="30 days after it was looked at",
            length=KEPT,
            since="looked_at",
        )
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    language: Mapped[str] = mapped_column(
        String(2), primary_key=True, info=held(Kind.CONTENT, "for readers of which language")
    )
    digest: Mapped[str] = mapped_column(String(64), info=held(Kind.CONTENT, "hash of the mail looked at"))
    looked_at: Mapped[datetime] = mapped_column(
        UtcTime, index=True, info=held(Kind.CONTENT, "when it was looked at")
    )
    verdict: Mapped[dict[str, Any]] = mapped_column(JSON, info=held(Kind.CONTENT, "what was found"))

    def read(self) -> list[Hindrance]:
        """What was found."""
        return Verdict.model_validate(self.verdict).found


async def known(session: AsyncSession, issue_id: UUID) -> dict[str, Sight]:
    """The latest look at the mail of each language."""
    rows = await session.scalars(select(Sight).where(Sight.issue_id == issue_id))
    return {row.language: row for row in rows}


async def forget(session: AsyncSession, issue_id: UUID) -> None:
    """What was found counts no more: nobody has looked yet."""
    await session.execute(delete(Sight).where(Sight.issue_id == issue_id))


async def keep(
    session: AsyncSession, issue_id: UUID, language: str, digest: str, verdict: Verdict, now: datetime
) -> None:
    """Write down what was found now; what was found before of another text is of no more use."""
    row = await session.get(Sight, (issue_id, language))
    if row is None:
        row = Sight(issue_id=issue_id, language=language)
        session.add(row)
    row.digest, row.looked_at, row.verdict = digest, now, verdict.model_dump(mode="json")
