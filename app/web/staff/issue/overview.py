"""The issues of every newsletter, and one issue: where it is, who wrote it, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core import paths
from app.domain import contribution, edition, handed, newsletter, slot
from app.domain import issue as issues
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.web.deps import Number
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.issue import steps, words
from app.web.staff.rooms import DESK, ISSUES

SHOWN: Final = 24  # two years of a monthly letter fit on a page; older ones are a click further
ONE: Final = f"{ISSUES}/{{issue}}"

doors = Doors()


@dataclass(frozen=True, slots=True)
class Shelf:
    """One newsletter's issues, newest first."""

    letter: Newsletter
    issues: list[Issue]
    subjects: dict[UUID, str]
    older: int | None  # the number below which there are more
    waiting: int  # texts of partners in the tray


@doors.look(ISSUES, kind=Kind.STAFF, roles=DESK)
async def everything(visit: Entered, before: Number | None = None) -> Response:
    """All issues, per newsletter."""
    async with visit.reading() as db:
        shelves = [await _shelf(db, letter, before) for letter in await newsletter.every(db)]
    return visit.page(
        "staff_issues.html",
        shelves=shelves,
        called={state: words.capital(said) for state, said in words.states(visit.say).items()},
        following=partial(words.following, say=visit.say),
        may_write=visit.person.has(Role.EDITOR),
    )


@doors.look(ONE, kind=Kind.STAFF, roles=DESK)
async def one(visit: Entered, issue: UUID) -> Response:
    """One issue."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        letter = await db.get_one(Newsletter, found.newsletter_id)
        subjects = (await edition.subjects(db, found.id))[found.id]
        free = await _free(db, found, letter, visit.now)
        keeper = await handed.keeper(db, found)
    state = State(found.state)
    return visit.page(
        "staff_issue.html",
        here=ISSUES,
        issue=found,
        letter=letter,
        subjects=subjects,
        titles=words.languages(visit.say),
        free=free,
        keeper=keeper.name if keeper and keeper.name != found.author else None,
        web=paths.published("", visit.language, letter.slug, found.number),
        state=words.states(visit.say)[state],
        following=words.following(found, visit.say),
        may_write=visit.person.has(Role.EDITOR),
        steps=steps.of(found, letter, visit.person, visit.say),
    )


async def _shelf(db: AsyncSession, letter: Newsletter, before: int | None) -> Shelf:
    found = await issues.of(db, letter.id, before=before, most=SHOWN + 1)
    shown = found[:SHOWN]
    named = await edition.subjects(db, *(each.id for each in shown))
    subjects = {
        key: each.get(letter.language) or next(iter(each.values()), "") for key, each in named.items()
    }
    older = shown[-1].number if len(found) > SHOWN else None
    return Shelf(letter, shown, subjects, older, await contribution.count(db, letter.id))


async def _free(db: AsyncSession, issue: Issue, letter: Newsletter, now: datetime) -> slot.Free | None:
    """The next day that nobody has, for an issue without one; a correction or notice takes none by itself."""
    open_still = issue.state in {State.DRAFT, State.IN_REVIEW, State.APPROVED}
    waits = issue.due_at is None and issue.corrects_id is None and not issue.notice and open_still
    return await slot.next_free(db, letter, now) if waits else None
