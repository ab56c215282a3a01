"""The archive: issues of a newsletter that went out, for anybody to read.

An issue is in it from the moment its books are closed for the first time, and nobody can change it then.
A notice of a data breach never is: it goes to those whom it concerns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound, Refused
from app.domain import edition, withheld
from app.domain.content import Content
from app.domain.edition import Edition
from app.domain.issue import Image, Issue
from app.domain.newsletter import Newsletter
from app.domain.withheld import WHOLE, Withheld

MOST: Final = 600  # issues on one page: fifty years of a monthly letter
NUMBER_MOST: Final = 2**31 - 1  # what the column holds; a longer number in an address is no issue


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue as a list or a feed shows it, in the language that a reader gets."""

    issue_id: UUID
    number: int
    sent_on: date
    published_at: datetime
    updated_at: datetime
    withdrawn_at: datetime | None
    blanked: int  # parts of it that were taken away
    language: str
    subject: str
    preheader: str


class Withdrawn(Refused):
    """It was public and is taken away."""

    status = 410

    def __init__(self, at: datetime) -> None:
        super().__init__("this was withdrawn")
        self.at = at


def public(letter: Newsletter) -> Select[Issue]:
    """What is in the archive, newest first."""
    mine = Issue.newsletter_id == letter.id, Issue.published_at.is_not(None)
    return select(Issue).where(*mine).order_by(Issue.number.desc())


async def begun(session: AsyncSession, letter: Newsletter) -> bool:
    """Whether there is anything to read."""
    return bool(await session.scalar(select(exists(public(letter)))))


async def find(session: AsyncSession, letter: Newsletter, number: int) -> Issue:
    """One issue; raises NotFound, also for one that has not gone out yet."""
    if number <= NUMBER_MOST:
        found = await session.scalar(public(letter).where(Issue.number == number))
        if found is not None:
            return found
    raise NotFound("there is no such issue")


async def get(session: AsyncSession, issue_id: UUID) -> Issue:
    """One issue by its id, withdrawn or not; raises NotFound."""
    found = await session.get(Issue, issue_id)
    if found is None or found.published_at is None:
        raise NotFound("there is no such issue in the archive")
    return found


async def gone(session: AsyncSession, issue: Issue, language: str) -> set[int | str]:
    """The blocks, and perhaps the introduction, that are taken away; raises Withdrawn when all of it is."""
    rows = await withheld.of(session, issue.id)
    if WHOLE in rows:
        raise Withdrawn(rows[WHOLE].taken_at)
    places = [place.removeprefix(f"{language}.") for place in rows if place.startswith(f"{language}.")]
    return {int(each) if each.isdigit() else each for each in places}


async def correction(session: AsyncSession, letter: Newsletter, issue: Issue) -> int | None:
    """The number of the newest issue that puts right what was wrong in this one, once it can be read."""
    withdrawn = exists().where(Withheld.issue_id == Issue.id, Withheld.place == WHOLE)
    corrects = public(letter).where(Issue.corrects_id == issue.id, ~withdrawn)
    found = await session.scalar(corrects.limit(1))
    return found.number if found else None


async def read(session: AsyncSession, letter: Newsletter, issue: Issue, language: str) -> Content:
    """What it says in this language, else in the newsletter's own; raises NotFound.

    What today's rules for a text refuse is not shown, also when it once went out: they keep readers safe.
    """
    written = await edition.whole(session, issue.id)
    found = written.get(language) or written.get(letter.language)
    if found is None:
        raise NotFound("this issue cannot be shown")
    return found


async def picture(session: AsyncSession, issue: Issue, content: Content, block: int) -> Image:
    """The picture in that block; raises NotFound or Withdrawn. Its own name may say more than was meant."""
    shown = content.blocks[block] if block < len(content.blocks) else None
    if shown is None or shown.kind != "picture" or block in await gone(session, issue, content.language):
        raise NotFound("there is no picture in that place")
    return await session.get_one(Image, (issue.id, shown.image))


async def entries(
    session: AsyncSession, letter: Newsletter, language: str, *, most: int = MOST
) -> list[Entry]:
    """The newest issues, each in this language or else in the newsletter's own."""
    found = list(await session.scalars(public(letter).limit(most)))
    heads = await _heads(session, [each.id for each in found])
    taken = await withheld.count(session, [each.id for each in found])
    return [
        _entry(letter, each, heads[each.id], taken[each.id], language)
        for each in found
        if letter.language in heads[each.id]
    ]


def sent_on(letter: Newsletter, issue: Issue) -> date:
    """The day on which it began to go out, on the newsletter's own clock."""
    assert issue.started_at is not None
    return issue.started_at.astimezone(letter.zone).date()


def _entry(
    letter: Newsletter,
    issue: Issue,
    heads: dict[str, tuple[str, str]],
    taken: dict[str, datetime],
    wanted: str,
) -> Entry:
    assert issue.published_at is not None
    language = wanted if wanted in heads else letter.language
    subject, preheader = heads[language]
    return Entry(
        issue_id=issue.id,
        number=issue.number,
        sent_on=sent_on(letter, issue),
        published_at=issue.published_at,
        updated_at=max(issue.published_at, *taken.values()) if taken else issue.published_at,
        withdrawn_at=taken.get(WHOLE),
        blanked=len(taken),
        language=language,
        subject=subject,
        preheader=preheader,
    )


async def _heads(session: AsyncSession, issues: list[UUID]) -> dict[UUID, dict[str, tuple[str, str]]]:
    """Subject and preheader per issue and language; the texts themselves are not fetched."""
    words = [Edition.content[name].as_string() for name in ("subject", "preheader")]
    query = select(Edition.issue_id, Edition.language, *words).where(Edition.issue_id.in_(issues))
    found: dict[UUID, dict[str, tuple[str, str]]] = {each: {} for each in issues}
    for issue, language, subject, preheader in await session.execute(query):
        found[issue][language] = subject or "", preheader or ""
    return found
