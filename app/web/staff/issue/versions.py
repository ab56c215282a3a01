"""Looking back: who saved which version of a text and when, and going back to one of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from app.core.errors import NotFound
from app.domain import edition, version
from app.domain import issue as issues
from app.domain.staff import Role
from app.domain.typed import Typed
from app.features import compose
from app.web.deps import Number
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered
from app.web.staff.issue import words
from app.web.staff.issue.compare import compare
from app.web.staff.issue.sheet import path
from app.web.staff.rooms import DESK, EDITORS, ISSUES

SHOWN: Final = 30  # on one page; older ones are a click further
ALL: Final = f"{ISSUES}/{{issue}}/versions/{{language}}"
ONE: Final = f"{ALL}/{{number:int}}"

doors = Doors()


@doors.look(ALL, kind=Kind.STAFF, roles=DESK)
async def everything(visit: Entered, issue: UUID, language: str, before: Number | None = None) -> Response:
    """All versions of one language, newest first."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        rows = await version.of(db, found.id, language, before=before, most=SHOWN + 1)
        if not rows and language not in await edition.typed(db, found.id):
            raise NotFound("this issue never had a text in that language")
    return visit.page(
        "staff_issue_versions.html",
        here=ISSUES,
        issue=found,
        written=language,
        name=words.languages(visit.say)[language],
        rows=rows[:SHOWN],
        older=rows[SHOWN - 1].number if len(rows) > SHOWN else None,
    )


@doors.look(ONE, kind=Kind.STAFF, roles=DESK)
async def one(visit: Entered, issue: UUID, language: str, number: Number) -> Response:
    """One version: what it says differently from the text as it is now."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        row = await version.get(db, found.id, language, number)
        now = (await edition.typed(db, found.id)).get(language)
    then = Typed.of(row.content)
    return await visit.long(
        "staff_issue_version.html",
        here=ISSUES,
        issue=found,
        row=row,
        name=words.languages(visit.say)[row.language],
        lines=await compare(now or Typed(language, {}), then, visit.say),
        may_go_back=visit.person.has(Role.EDITOR) and found.writable,
    )


@doors.act(ONE, kind=Kind.STAFF, roles=EDITORS)
async def back(visit: Entered, issue: UUID, language: str, number: Number) -> Response:
    """Make it the text again, as a new version."""
    async with visit.writing() as db:
        found = await issues.get(db, issue, lock=True)
        row = await version.get(db, found.id, language, number)
        await compose.go_back(db, found, row, author=visit.person.name, now=visit.now)
    return visit.to(path(found.id, language))
