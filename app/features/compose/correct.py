"""Something was wrong in an issue that went out: a draft that is marked as a correction, from its text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import language as languages
from app.core.errors import IllegalMove
from app.domain import edition, staff, version, withheld
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import ENDED, Image, Issue, State
from app.domain.newsletter import Newsletter
from app.domain.prose import SUBJECT_MOST
from app.domain.staff import Role
from app.domain.typed import Typed
from app.features.compose.desk import note

# In the language of the readers, so not among the texts that are translated for who works here.
MARKS: Final = {"nl": "Rectificatie", "en": "Correction"}
OPENINGS: Final = {
    "nl": "**Rectificatie.** In nummer {number} van {day} stond een fout. Dit is de juiste tekst.",
    "en": "**Correction.** There was an error in issue {number} of {day}. This is the right text.",
}


def correctable(issue: Issue) -> bool:
    """Whether it has gone out, and is no notice of a data breach: that is followed up by who wrote it."""
    return issue.begun and issue.state in ENDED and not issue.notice


async def correct(session: AsyncSession, sent: Issue, *, author: str, now: datetime) -> Issue:
    """A draft with the words and pictures of what went out; the same one while it is not finished.

    What an officer took away from public view does not come along.
    """
    person = await staff.must_be(session, author, Role.EDITOR)
    if not correctable(sent):
        raise IllegalMove(f"issue {sent.number} is '{sent.state}'; only what has gone out is corrected")
    under_way = Issue.corrects_id == sent.id, Issue.state.not_in(ENDED)
    known = (await session.scalars(select(Issue).where(*under_way))).first()
    if known is not None:
        return known
    issue = Issue(
        newsletter_id=sent.newsletter_id,
        number=await issues.next_number(session, sent.newsletter_id),
        state=State.DRAFT,
        author=person.name,
        corrects_id=sent.id,
        created_at=now,
    )
    session.add(issue)
    await session.flush()
    await _copy(session, sent, issue, now)
    await note(session, Event.ISSUE_CORRECTED, issue, author, f"of issue {sent.number}", now)
    return issue


async def _copy(session: AsyncSession, sent: Issue, issue: Issue, now: datetime) -> None:
    letter = await session.get_one(Newsletter, sent.newsletter_id)
    assert sent.started_at is not None
    on = sent.started_at.astimezone(letter.zone).date()
    for written in (await edition.typed(session, sent.id)).values():
        day = languages.day(on, written.language)
        marked = _marked(await withheld.rest(session, sent.id, written), sent.number, day)
        await version.keep(session, issue.id, marked, author=staff.BY_ITSELF, now=now)  # nobody wrote anew
    for each in await issues.images(session, sent.id):
        row = {column: getattr(each, column) for column in ("name", "type", "width", "height", "content")}
        session.add(Image(issue_id=issue.id, **row))


def _marked(written: Typed, number: int, day: str) -> Typed:
    language = written.language
    subject = f"{MARKS[language]}: {written.top['subject']}"[:SUBJECT_MOST]
    intro = f"{OPENINGS[language].format(number=number, day=day)}\n\n{written.top['intro']}"
    return replace(written, top={**written.top, "subject": subject, "intro": intro})
