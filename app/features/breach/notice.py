"""The notice to the people that a breach is about: an officer writes it, somebody else approves (Art. 34).

It goes by the engine that sends every issue: approving makes an issue of it for each newsletter, which the
door has compiled and planned in the same transaction. Ten minutes are left to stop it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Refused
from app.core.language import LANGUAGES
from app.domain import breach, content, newsletter, staff, version
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.breach import Advice, Breach
from app.domain.content import Content
from app.domain.issue import NOTICED, Issue, State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.domain.typed import Typed
from app.features.breach.record import note, stop_unbegun
from app.features.breach.words import told


class Twice(Refused):
    """A notice goes out once; what is learned later goes by another way."""


class Unfinished(Refused):
    """The law wants the notice to say what may happen and what was done (Art. 34(2), 33(3)(c) and (d))."""


class Alone(Refused):
    """A notice is approved by somebody else than who wrote it."""


class Changed(Refused):
    """The notice is not the one that the approver had before them."""


async def write(
    session: AsyncSession, row: Breach, advice: list[Advice], *, actor: str, now: datetime
) -> None:
    """Choose what people can do; the rest of the text follows from the facts."""
    if not await breach.waiting(session, row):
        raise Twice("the notice of this breach was approved already, or the breach is closed")
    await staff.must_be(session, actor, Role.OFFICER)
    row.advice, row.writer = list(advice), actor
    await note(session, row, Event.BREACH_NOTICE_WRITTEN, actor, ", ".join(advice), now)


async def contents(session: AsyncSession, row: Breach) -> dict[str, dict[str, Content]]:
    """What the notice would say now where it was not approved yet, for each newsletter and in each language.

    What was approved says what its stored bytes say, whatever was learned since (promise 9).
    """
    waiting = await breach.waiting(session, row)
    found = [each for each in await newsletter.every(session) if each.slug in waiting]
    return {letter.slug: {each: told(row, letter, each) for each in LANGUAGES} for letter in found}


def fingerprint(said: dict[str, dict[str, Content]]) -> str:
    """What somebody read: approval counts for this text and no other."""
    whole = hashlib.sha256()
    for slug, languages in sorted(said.items()):
        for language, text in sorted(languages.items()):
            whole.update(f"{slug} {language} {content.dump(text)}\n".encode())
    return whole.hexdigest()


async def approve(session: AsyncSession, row: Breach, seen: str, *, actor: str, now: datetime) -> list[Issue]:
    """Somebody else agrees; returns the issue that is to be compiled and planned for each newsletter."""
    waiting = await breach.waiting(session, row)
    if not waiting:
        raise Twice("the notice of this breach was approved already, or the breach is closed")
    await staff.must_be(session, actor, *NOTICED)
    if row.writer is None:
        raise Refused("nobody has written the notice yet")
    if actor == row.writer:
        raise Alone("a notice is approved by somebody else than who wrote it")
    if not row.measures or not row.effects:
        raise Unfinished("fill in what it may mean and what was done")
    said = await contents(session, row)
    if fingerprint(said) != seen:
        raise Changed("the facts were changed while you read; read it again")
    row.approver, row.approved_at = actor, now
    await stop_unbegun(session, row, waiting, now)
    made = {slug: await _issue(session, slug, said[slug], row.writer, now) for slug in waiting}
    row.issues = {**row.issues, **{slug: each.id.hex for slug, each in made.items()}}
    await note(session, row, Event.BREACH_NOTICE_APPROVED, actor, f"{len(made)} newsletters", now)
    return list(made.values())


async def _issue(
    session: AsyncSession, slug: str, texts: dict[str, Content], writer: str, now: datetime
) -> Issue:
    letter: Newsletter = await newsletter.by_slug(session, slug)
    issue = Issue(
        newsletter_id=letter.id,
        number=await issues.next_number(session, letter.id),
        state=State.DRAFT,
        author=writer,
        notice=True,
        created_at=now,
    )
    session.add(issue)
    await session.flush()
    for text in texts.values():
        written = Typed.of(text.model_dump(mode="json"))
        await version.keep(session, issue.id, written, author=writer, now=now)
    return issue
