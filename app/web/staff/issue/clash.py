"""Somebody else was quicker: both texts are shown, and the editor chooses; nothing typed is lost."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from app.domain import version
from app.domain.issue import State
from app.domain.typed import Typed
from app.features import compose
from app.web.staff.gate import Inside
from app.web.staff.issue import sheet, words
from app.web.staff.issue.compare import compare


async def page(visit: Inside, issue_id: UUID, mine: Typed) -> Response:
    """The form with one's own words in it, and above it what was saved or done meanwhile."""
    async with visit.reading() as db:
        found = await sheet.read(db, issue_id, mine.language)
        last = await version.of(db, issue_id, mine.language, before=None, most=1)
    theirs = found.written or Typed(mine.language, {})
    kind = "saved" if found.written else "gone"
    if not found.issue.writable:
        kind = "open" if compose.changeable(found.issue) else "closed"
    clash = {
        "kind": kind,
        "who": last[0].author if last else found.issue.author,
        "at": last[0].saved_at if last else None,
        "state": words.states(visit.say)[State(found.issue.state)],
        "lines": await compare(theirs, mine, visit.say) if found.written else [],
    }
    seen = sheet.beside(await visit.fields(), mine.language)
    return await sheet.page(visit, found, mine, seen=seen, clash=clash)
