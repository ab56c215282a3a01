"""An editor writes an issue in the browser: a first draft, what is typed, another language.

Two may write at once. Whoever saves says on which version of the text they began; when somebody else has
saved since, nothing is overwritten before they have seen it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import IllegalMove, Invalid, Refused
from app.domain import audit, edition, staff, typed, version, withheld
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.edition import Edition
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.domain.typed import Typed
from app.domain.version import Version

BACK: Final = 10  # issues to look back for one that is an example
ANY: Final = None  # what was begun on does not matter: the text is put in place of whatever is there


class Meanwhile(Refused):
    """Somebody else has saved since this editor began; `number` is the version there now, 0 if it is gone."""

    def __init__(self, number: int) -> None:
        super().__init__("somebody else has saved this text in the meantime")
        self.number = number


async def start(session: AsyncSession, letter: Newsletter, *, author: str, now: datetime) -> Issue:
    """A new draft in the order of the last issue, without its words."""
    person = await staff.must_be(session, author, Role.EDITOR)
    return await begin_again(session, letter, author=person.name, now=now)


async def begin_again(session: AsyncSession, letter: Newsletter, *, author: str, now: datetime) -> Issue:
    """The same by whoever it is, the service itself included."""
    before = await last(session, letter)
    issue = Issue(
        newsletter_id=letter.id,
        number=await issues.next_number(session, letter.id),
        state=State.DRAFT,
        author=author,
        created_at=now,
    )
    session.add(issue)
    await session.flush()
    today = now.astimezone(letter.zone).date()
    first = before.again(today) if before else typed.blank(letter.language)
    await version.keep(session, issue.id, first, author=staff.BY_ITSELF, now=now)  # nobody's new words
    await note(session, Event.ISSUE_BEGUN, issue, author, letter.language, now)
    return issue


async def last(session: AsyncSession, letter: Newsletter) -> Typed | None:
    """The newest issue, as far as it has a text in the main language.

    No example is a notice of a data breach, a draft that was thrown away and that nobody got, or what was
    taken away from public view.
    """
    for issue in await issues.of(session, letter.id, before=None, most=BACK):
        thrown_away = issue.state == State.CANCELLED and not issue.begun
        if not issue.notice and not thrown_away:
            written = (await edition.typed(session, issue.id)).get(letter.language)
            left = await withheld.rest(session, issue.id, written) if written else None
            if left is None or left.pieces:
                return left
    return None


async def save(
    session: AsyncSession,
    issue: Issue,
    written: Typed,
    *,
    begun_on: int | None = ANY,
    by_itself: bool = False,
    author: str,
    now: datetime,
) -> int:
    """Keep what was typed, finished or not; returns the number of the version that is there now."""
    person = await staff.must_be(session, author, Role.EDITOR)
    must_be_open(issue)
    if written.length > typed.MOST:
        raise Invalid(f"an issue of more than {typed.MOST} characters cannot be kept")
    row = await session.get(Edition, (issue.id, written.language))
    if row is not None and row.content == written.stored():
        return row.number
    there = row.number if row is not None else 0
    if begun_on not in {ANY, there}:
        raise Meanwhile(there)
    listed = await version.keep(session, issue.id, written, author=person.name, by_itself=by_itself, now=now)
    issue.author = person.name
    number = (await session.get_one(Edition, (issue.id, written.language))).number
    if listed:
        await note(session, Event.ISSUE_WRITTEN, issue, author, f"{written.language} {number}", now)
    return number


async def give_way(
    session: AsyncSession, issue: Issue, written: Typed, *, author: str, now: datetime
) -> None:
    """Leave the text as somebody else saved it; one's own words stay, as a version before it."""
    row = await session.get(Edition, (issue.id, written.language))
    theirs = await session.get(Version, (issue.id, written.language, row.number)) if row else None
    await save(session, issue, written, author=author, now=now)
    if theirs is not None:
        await go_back(session, issue, theirs, author=author, now=now)


async def go_back(
    session: AsyncSession, issue: Issue, before: Version, *, author: str, now: datetime
) -> None:
    """Make an earlier version the text again; the words stay those of who wrote them."""
    await save(session, issue, Typed.of(before.content), author=author, now=now)
    issue.author = before.author


async def add(session: AsyncSession, issue: Issue, language: str, *, author: str, now: datetime) -> None:
    """Begin another language with the same blocks; their words are still to come, and so is its author."""
    person = await staff.must_be(session, author, Role.EDITOR)
    must_be_open(issue)
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    written = await edition.typed(session, issue.id)
    if language in written:
        return
    main = written.get(letter.language)
    first = main.translated(language) if main else typed.blank(language)
    await version.keep(session, issue.id, first, author=staff.BY_ITSELF, now=now)  # nobody's new words
    await note(session, Event.ISSUE_WRITTEN, issue, person.name, f"{language} added", now)


async def drop(session: AsyncSession, issue: Issue, language: str, *, author: str, now: datetime) -> None:
    """Take a further language out; readers of it get the main one. Its versions stay."""
    person = await staff.must_be(session, author, Role.EDITOR)
    must_be_open(issue)
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    if language == letter.language:
        raise Refused("the main language of the newsletter stays")
    await session.execute(delete(Edition).where(Edition.issue_id == issue.id, Edition.language == language))
    issue.author = person.name
    await note(session, Event.ISSUE_WRITTEN, issue, author, f"{language} removed", now)


def must_be_open(issue: Issue) -> None:
    """Raise IllegalMove unless it is a draft: taking an approval away is a step of its own.

    A notice of a data breach that is a draft again, after a restore, is no editor's to write either.
    """
    if not issue.writable:
        raise IllegalMove(f"issue {issue.number} is '{issue.state}'; open it again before changing it")


async def note(
    session: AsyncSession, event: Event, issue: Issue, author: str, reason: str, now: datetime
) -> None:
    """Put it on record."""
    await audit.record(session, author, event, about=f"issue {issue.id}", reason=reason, now=now)
