"""An editor brings in an issue, or another language of it, from a Markdown file with its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.core.pictures import Cleaned, clean
from app.domain import audit, staff, version
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import Issue, State
from app.domain.manuscript import Manuscript
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.domain.typed import Typed
from app.features.compose import pictures
from app.features.compose.reopen import reopen


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
    await reopen(session, issue, actor=person.name, now=now)
    issue.author = person.name
    content = manuscript.content
    written = Typed.of(content.model_dump(mode="json"))
    await version.keep(session, issue.id, written, author=person.name, now=now)
    for name in manuscript.pictures:
        await _keep_picture(session, issue, name, files)
    await session.flush()
    await _weigh(session, issue)
    about = f"issue {issue.id}"
    await audit.record(session, author, Event.ISSUE_IMPORTED, about=about, reason=content.language, now=now)


async def _keep_picture(session: AsyncSession, issue: Issue, name: str, files: Mapping[str, bytes]) -> None:
    if name not in files:
        raise Invalid(f"the picture '{name}' is not beside the file")
    try:
        cleaned: Cleaned = clean(files[name])
    except Invalid as trouble:
        raise Invalid(f"'{name}': {trouble}") from None
    await pictures.put(session, issue, name, cleaned)


async def _weigh(session: AsyncSession, issue: Issue) -> None:
    weight = await pictures.weight(session, issue)
    if weight > pictures.TOGETHER_MOST:
        raise Invalid(
            f"the pictures weigh {weight // 1000} KB together and may weigh "
            f"{pictures.TOGETHER_MOST // 1000} KB, because they travel inside every mail; make them smaller"
        )
