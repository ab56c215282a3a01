"""Whether everybody can read the mail: the browser of who comes by has axe look, and tells what it found.

The mail stands in a frame that is shut off from everything: no cookie, no page of ours and nothing on the
network is within its reach. All it can do is tell the page around it what axe found.
"""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import Invalid, NotFound
from app.domain import issue as issues
from app.domain.issue import Issue
from app.domain.sight import Verdict
from app.features.approve import Desk, seeing
from app.mail.compiled import Compiled
from app.mail.specimen import specimen
from app.web import letter
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue.preview import shaded
from app.web.staff.rooms import DESK, ISSUES, MAKERS
from app.web.templating import AXE, STATIC_URL, static

AGAIN: Final = f"{ISSUES}/{{issue}}/check/again"
SEEN: Final = f"{ISSUES}/{{issue}}/check/seen"
MAIL: Final = f"{ISSUES}/{{issue}}/check/mail/{{language}}"
DONE: Final = 204

doors = Doors()


@doors.look(MAIL, kind=Kind.STAFF, roles=DESK)
async def frame(visit: Entered, issue: UUID, language: str) -> Response:
    """The mail with axe in it, light or dark; never another one than was asked for by its hash."""
    asked = visit.request.query_params
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        digest, compiled = await seeing.mail(db, found, language, base_url=_base(visit))
    if asked.get("of") != digest:
        raise NotFound("that mail is another one by now")
    return await asyncio.to_thread(_framed, visit, compiled, dark=asked.get("as") == "dark")


def _framed(visit: Inside, compiled: Compiled, *, dark: bool) -> Response:
    """Others do not wait while a mail with large pictures is read."""
    message = letter.read(specimen(compiled, visit.now))
    content = shaded(letter.part(message, "html") or "", dark=dark)
    scripts = tuple(static(each) for each in (AXE, "axe.js"))
    # Not every browser knows in a frame without an origin what 'self' is, so it is named as well.
    ours = f"'self' {_base(visit)}{STATIC_URL}/"
    return letter.framed(message, content, links="_blank", scripts=scripts, scripts_from=ours)


@doors.act(SEEN, kind=Kind.STAFF, roles=MAKERS)
async def see(visit: Entered, issue: UUID) -> Response:
    """What axe found in one mail; it counts for that mail only."""
    sent = await visit.fields()
    try:
        verdict = Verdict.model_validate_json(sent.get("verdict", ""))
    except ValidationError:
        raise Invalid("this is not what axe tells") from None
    desk = Desk(visit.person.name, _base(visit), visit.ring, visit.now)
    async with visit.writing() as db:
        found = await issues.get(db, issue, lock=True)
        await seeing.see(db, found, sent.get("language", ""), sent.get("digest", ""), verdict, desk)
    return Response(status_code=DONE)


@doors.act(AGAIN, kind=Kind.STAFF, roles=MAKERS)
async def again(visit: Entered, issue: UUID) -> Response:
    """Forget what a browser found: that of who asks looks as soon as the page is there."""
    async with visit.stepping() as db:
        found = await issues.get(db, issue, lock=True)
        await seeing.again(db, found, actor=visit.person.name, now=visit.now)
    return visit.to(f"{ISSUES}/{issue}/check")


async def waiting(visit: Inside, db: AsyncSession, found: Issue) -> dict[str, str]:
    """For a page: the mails that the browser of who comes by has to look at, by language, with their hash."""
    may = any(visit.person.has(role) for role in MAKERS)
    if not may or found.state not in seeing.OPEN:
        return {}
    return await seeing.unseen(db, found, base_url=_base(visit))


def _base(visit: Inside) -> str:
    base_url: str = visit.house.settings.base_url
    return base_url
