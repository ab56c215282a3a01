"""What of a public issue is taken away from public view: all of it, or one block. The record itself stays.

The page says that something was taken away and when. Why stands in the trail only: a reason can say as
much about somebody as the words that went.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.core.states import check
from app.domain.content import Content
from app.domain.typed import Typed

WHOLE: Final = ""  # the place that is the issue itself
INTRO: Final = "intro"


class Why(StrEnum):
    """The reasons that can be chosen."""

    SAFETY = "safety"  # it puts somebody in danger
    PERSON = "person"  # it says more about somebody than it may
    RIGHTS = "rights"  # somebody else's text or picture
    ORDER = "order"  # a court or an authority says so
    WRONG = "wrong"  # it is not true


class Withheld(Base):
    """One place of one issue that nobody sees any more."""

    __tablename__ = "withheld"
    __table_args__ = (
        check("reason", Why),
        {
            "info": kept(
                what="What was taken away from the archive",
                why="so that it stays away, and can be put back",
                until="as long as the issue, or until it is put back",
            )
        },
    )
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    place: Mapped[str] = mapped_column(
        String(8), primary_key=True, info=held(Kind.CONTENT, "which part; empty is all of it")
    )
    reason: Mapped[Why] = mapped_column(String(10), info=held(Kind.CONTENT, "why it was taken away"))
    taken_by: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who took it away"))
    taken_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was taken away"))


def place(language: str, block: int | str) -> str:
    """The name of one block, by its number, or of the introduction."""
    return f"{language}.{block}"


def every(contents: dict[str, Content]) -> list[str]:
    """Every place of an issue that can be taken away."""
    found = [WHOLE]
    for language, content in contents.items():
        found += [place(language, INTRO)] if content.intro else []
        found += [place(language, number) for number in range(len(content.blocks))]
    return found


def elsewhere(written: Mapping[str, Typed], taken: str) -> list[str]:
    """The places in other languages where the same part stands, as far as the order of the blocks tells."""
    language, _, at = taken.partition(".")
    if taken == WHOLE or language not in written:
        return []
    others = {code: text for code, text in written.items() if code != language}
    if at == INTRO:
        return [place(code, INTRO) for code, text in others.items() if text.top["intro"]]
    found = {code: written[language].pairs(text).get(int(at)) for code, text in others.items()}
    return [place(code, number) for code, number in found.items() if number is not None]


async def of(session: AsyncSession, issue_id: UUID) -> dict[str, Withheld]:
    """What is taken away of one issue, by its place."""
    rows = await session.scalars(select(Withheld).where(Withheld.issue_id == issue_id))
    return {row.place: row for row in rows}


async def rest(session: AsyncSession, issue_id: UUID, written: Typed) -> Typed:
    """What may go out once more: the text without the parts that are taken away, or none of it."""
    gone = await of(session, issue_id)
    if WHOLE in gone:
        return Typed(written.language, dict.fromkeys(written.top, ""))
    away = {number for number in range(len(written.pieces)) if place(written.language, number) in gone}
    pieces = tuple(piece for number, piece in enumerate(written.pieces) if number not in away)
    intro = "" if place(written.language, INTRO) in gone else written.top["intro"]
    return replace(written, top={**written.top, "intro": intro}, pieces=pieces)


async def count(session: AsyncSession, issues: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    """What is taken away of several issues, and when."""
    found: dict[UUID, dict[str, datetime]] = {each: {} for each in issues}
    for row in await session.scalars(select(Withheld).where(Withheld.issue_id.in_(issues))):
        found[row.issue_id][row.place] = row.taken_at
    return found
