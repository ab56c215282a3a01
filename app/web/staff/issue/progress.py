"""How an issue goes, live or by loading the page again; and how it went: totals, and readers over time.

Nothing here is about what a reader does with the mail: nobody measures that (decision 0008).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse

from app.core.language import decimal
from app.domain import issue as issues
from app.domain import session
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.features import compose, report
from app.features.report import Cause
from app.web import chart
from app.web.doors import Doors, Kind
from app.web.staff import cookies
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import checking, lookout, words
from app.web.staff.issue.lookout import Lookout, Seen
from app.web.staff.rooms import DESK, EDITORS, ISSUES, MAKERS

PROGRESS: Final = f"{ISSUES}/{{issue}}/progress"
LASTS: Final = timedelta(minutes=25)  # shorter than a session may be idle: looking on is no click
MOST: Final = 20  # who may look on at once in one process; others load the page again
NOTHING: Final = 204  # tells the browser not to ask again
MOVING: Final = frozenset({State.SCHEDULED, State.SENDING, State.PAUSED})
MINUTE: Final = 60
SHOWN_DOUBT: Final = 20  # copies in doubt that are listed here; the command has them all

doors = Doors()


@doors.look(PROGRESS, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, issue: UUID) -> Response:
    """The page; without scripts it is loaded again."""
    async with visit.reading() as db:
        seen = await _seen(visit, db, issue)
        found = seen.issue
        shared = await checking.shared(db, found)
        doubt = await report.doubt(db, found, seen.progress.books, SHOWN_DOUBT)
        # Both are counts over hundreds of thousands of rows. Until its books are closed it is about these.
        counting = found.begun and found.closed_at is None
        spans = [] if counting else await report.history(db, shared["letter"], now=visit.now)
    labels = [f"{each.number}" for each in spans]
    return visit.page(
        "staff_issue_progress.html",
        **shared,
        numbers=_numbers(visit, seen),
        moving=found.state in MOVING,
        may_correct=visit.person.has(Role.EDITOR) and compose.correctable(found),
        may_act=any(visit.person.has(role) for role in MAKERS),
        doubt=doubt,
        spans=spans,
        moves=chart.bars(labels, [each.came for each in spans], [each.went for each in spans]),
        readers=chart.bars(labels, [each.readers for each in spans]),
    )


@doors.look(f"{PROGRESS}/live", kind=Kind.STAFF, roles=DESK)
async def live(visit: Entered, issue: UUID) -> Response:
    """The same numbers as they change, as server-sent events.

    At least one is sent: an issue can end between the page and this, and the page must hear of it.
    """
    async with visit.reading() as db:
        await issues.get(db, issue)
    state = visit.request.app.state
    watching = getattr(state, "watching", 0)
    if visit.request.method == "HEAD" or watching >= MOST:
        return Response(status_code=NOTHING)
    headers = {"X-Accel-Buffering": "no"}  # a proxy that waits for more would make it anything but live
    return StreamingResponse(_events(visit, issue), media_type="text/event-stream", headers=headers)


@doors.act(f"{PROGRESS}/correct", kind=Kind.STAFF, roles=EDITORS)
async def correct(visit: Entered, issue: UUID) -> Response:
    """Something was wrong in it: a marked draft to put that right."""
    async with visit.writing() as db:
        sent = await issues.get(db, issue, lock=True)
        letter = await db.get_one(Newsletter, sent.newsletter_id)
        draft = await compose.correct(db, sent, author=visit.person.name, now=visit.now)
    return visit.to(f"{ISSUES}/{draft.id}/write/{letter.language}")


async def _events(visit: Inside, issue: UUID) -> AsyncIterator[str]:
    state = visit.request.app.state
    state.watching = getattr(state, "watching", 0) + 1
    try:
        before = None
        for _ in range(int(LASTS.total_seconds() / lookout.EVERY)):
            numbers = await _look(visit, issue)
            if numbers is None:
                break
            yield f"data: {json.dumps(numbers)}\n\n" if numbers != before else ":\n\n"
            before = numbers
            if not numbers["moving"]:
                break
            await asyncio.sleep(lookout.EVERY)
        yield "event: end\ndata: -\n\n"
    finally:
        state.watching -= 1


async def _look(visit: Inside, issue: UUID) -> dict[str, Any] | None:
    """The numbers now; None when who looks is not signed in any more, or lost the role that looks here."""
    visit.now = visit.porch.clock()
    async with visit.reading() as db:
        found = await session.find(db, cookies.session_of(visit) or "", visit.now)
    if found is None or not any(found[1].has(role) for role in DESK):
        return None

    async def count() -> Seen:
        async with visit.reading() as db:
            return await _seen(visit, db, issue)

    return _numbers(visit, await _lookout(visit).look(issue, count))


def _lookout(visit: Inside) -> Lookout:
    state = visit.request.app.state
    if not hasattr(state, "lookout"):
        state.lookout = Lookout()
    found: Lookout = state.lookout
    return found


async def _seen(visit: Inside, db: AsyncSession, issue: UUID) -> Seen:
    found = await issues.get(db, issue)
    return Seen(found, await report.progress(db, found, now=visit.now))


def _numbers(visit: Inside, seen: Seen) -> dict[str, Any]:
    """The books, in the words of the page."""
    found, progress = seen.issue, seen.progress
    books = progress.books
    done = books["audience"] - books["waiting"]
    share = 100 * done // books["audience"] if books["audience"] else 0
    return {
        **books,
        "causes": [(_cause(visit, each), count) for each, count in report.causes(progress.answers).items()],
        "done": done,
        "share": share,
        "state": words.capital(words.states(visit.say)[State(found.state)]),
        "moving": found.state in MOVING,
        "begun": found.begun,
        "rate": _speed(visit, progress.rate),
        "remaining": _length(visit, progress.seconds_left),
    }


def _speed(visit: Inside, rate: float | None) -> str:
    return "–" if rate is None else visit.say("%(rate)s a second") % {"rate": decimal(rate, visit.language)}


def _length(visit: Inside, seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes = round(seconds / MINUTE)
    return visit.say("%(minutes)s minutes") % {"minutes": minutes} if minutes else visit.say("under a minute")


def _cause(visit: Inside, cause: Cause) -> str:
    return {
        Cause.ADDRESS: visit.say("the address does not exist any more"),
        Cause.MAILBOX: visit.say("the mailbox is closed or full"),
        Cause.POLICY: visit.say("the receiving server does not want our mail"),
        Cause.OTHER: visit.say("something else"),
    }[cause]
