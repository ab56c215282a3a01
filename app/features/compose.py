"""An editor brings in an issue, or another language of it, from a Markdown file with its pictures.

Any change to an issue takes its approval away (promise 9).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, Refused
from app.core.pictures import Cleaned, clean
from app.domain import audit, slot, staff
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import Edition, Image, Issue, State
from app.domain.manuscript import Manuscript
from app.domain.newsletter import Newsletter
from app.domain.staff import Role

PICTURES_MOST = 300_000  # bytes together: they travel inside every mail


async def begin(
    session: AsyncSession,
    letter: Newsletter,
    manuscript: Manuscript,
    files: Mapping[str, bytes],
    *,
    author: str,
    now: datetime,
) -> Issue:
    """A new draft from a manuscript; `files` holds the pictures it asks for, by name."""
    person = await staff.must_be(session, author, Role.EDITOR)
    issue = Issue(
        newsletter_id=letter.id,
        number=await issues.next_number(session, letter.id),
        state=State.DRAFT,
        author=person.name,
        created_at=now,
    )
    session.add(issue)
    await session.flush()
    await write(session, issue, manuscript, files, author=author, now=now)
    return issue


async def write(
    session: AsyncSession,
    issue: Issue,
    manuscript: Manuscript,
    files: Mapping[str, bytes],
    *,
    author: str,
    now: datetime,
) -> None:
    """Put one language of an issue in place of what was there; the approval, if any, is void."""
    person = await staff.must_be(session, author, Role.EDITOR)
    await _back_to_draft(session, issue, person.name, now)
    content = manuscript.content
    fresh = Edition(issue_id=issue.id, language=content.language, content=content.model_dump(mode="json"))
    await session.merge(fresh)
    for name in manuscript.pictures:
        await _keep_picture(session, issue, name, files)
    await session.flush()
    await _drop_unused(session, issue)
    about = f"issue {issue.id}"
    await audit.record(session, author, Event.ISSUE_IMPORTED, about=about, reason=content.language, now=now)


async def _back_to_draft(session: AsyncSession, issue: Issue, author: str, now: datetime) -> None:
    if issue.begun or issue.state in {State.CANCELLED, State.HELD}:
        raise Refused(f"issue {issue.number} is '{issue.state}' and cannot be changed any more")
    issue.author = author
    if issue.state == State.DRAFT:
        return
    if issue.digest is not None:
        await issues.void_approval(session, issue)
        await slot.release(session, issue.id)
        issue.due_at = issue.period = issue.previewed_at = None
        about = f"issue {issue.id}"
        await audit.record(session, author, Event.ISSUE_APPROVAL_VOIDED, about=about, now=now)
    issue.move_to(State.DRAFT)


async def _keep_picture(session: AsyncSession, issue: Issue, name: str, files: Mapping[str, bytes]) -> None:
    if name not in files:
        raise Invalid(f"the picture '{name}' is not beside the file")
    try:
        cleaned: Cleaned = clean(files[name])
    except Invalid as trouble:
        raise Invalid(f"'{name}': {trouble}") from None
    await session.merge(
        Image(
            issue_id=issue.id,
            name=name,
            type=cleaned.type,
            width=cleaned.width,
            height=cleaned.height,
            content=cleaned.content,
        )
    )


async def _drop_unused(session: AsyncSession, issue: Issue) -> None:
    editions = await issues.editions(session, issue.id)
    wanted = {name for content in editions.values() for name in content.pictures()}
    kept = await issues.images(session, issue.id)
    for image in kept:
        if image.name not in wanted:
            await session.execute(delete(Image).where(Image.issue_id == issue.id, Image.name == image.name))
    weight = sum(len(image.content) for image in kept if image.name in wanted)
    if weight > PICTURES_MOST:
        raise Invalid(
            f"the pictures weigh {weight // 1000} KB together and may weigh "
            f"{PICTURES_MOST // 1000} KB, because they travel inside every mail; make them smaller"
        )
