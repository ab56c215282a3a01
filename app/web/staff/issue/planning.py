"""When an issue goes out: in its slot, at another time, or in ten minutes; and the button that stops it.

The notice of a data breach can be stopped here, and no more than that: about the rest of it officers decide,
in a room of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core import calendar
from app.core.days import DAY_MOST, read_clock, read_day
from app.core.errors import Invalid
from app.domain import issue as issues
from app.domain import slot, subscriber
from app.domain.issue import ENDED, Issue, State
from app.domain.newsletter import Newsletter
from app.features import schedule as planning
from app.web.deps import FORBIDDEN
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import checking, counting
from app.web.staff.rooms import DESK, ISSUES, MAKERS

PLAN: Final = f"{ISSUES}/{{issue}}/schedule"

Step = Callable[..., Awaitable[None]]

doors = Doors()


@doors.look(PLAN, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, issue: UUID) -> Response:
    """Where it is, and what can be done about it."""
    return await page(visit, issue)


@doors.act(f"{PLAN}/slot", kind=Kind.STAFF, roles=MAKERS)
async def in_slot(visit: Entered, issue: UUID) -> Response:
    """In the newsletter's next free slot, by who typed how many readers it goes to."""
    return await _decide(visit, issue, planning.slot_in, "slot")


@doors.act(f"{PLAN}/time", kind=Kind.STAFF, roles=MAKERS)
async def at_a_time(visit: Entered, issue: UUID) -> Response:
    """On a day and at an hour of one's own, by who typed how many readers it goes to."""
    fields = await visit.fields()
    typed = {name: fields.get(name, "").strip()[:DAY_MOST] for name in ("on", "at")}
    typed["readers-time"] = counting.shown(fields)
    async with visit.reading() as db:
        letter = await db.get_one(Newsletter, (await _ours(db, issue)).newsletter_id)
        counted = await counting.counted(db, letter.id, fields, visit.now)
    at, wrong = _moment(typed, letter)
    later = calendar.skipped(at) if at else None
    wrong |= {"at": "skipped"} if later else {}
    wrong |= {} if counted else {"readers-time": "count"}
    if at is None or wrong:
        return await page(visit, issue, wrong=wrong, typed=typed, later=later)
    try:
        async with visit.stepping() as db:
            found = await issues.get(db, issue, lock=True)
            due = calendar.to_come(at, visit.now)
            await planning.choose(db, found, due, actor=visit.person.name, now=visit.now)
    except Invalid:
        return await page(visit, issue, wrong={"on": "range"}, typed=typed)
    return visit.to(path(issue))


@doors.act(f"{PLAN}/now", kind=Kind.STAFF, roles=MAKERS)
async def now(visit: Entered, issue: UUID) -> Response:
    """In ten minutes, by who typed how many readers it goes to."""
    return await _decide(visit, issue, planning.soon, "now")


@doors.act(f"{PLAN}/stop", kind=Kind.STAFF, roles=MAKERS)
async def stop(visit: Entered, issue: UUID) -> Response:
    """Stop; nothing is asked, because stopping is always safe."""
    return await _take(visit, issue, partial(planning.stop, ring=visit.ring))


@doors.act(f"{PLAN}/go", kind=Kind.STAFF, roles=MAKERS)
async def go(visit: Entered, issue: UUID) -> Response:
    """Let it go on."""
    return await _decide(visit, issue, planning.resume)


@doors.act(f"{PLAN}/cancel", kind=Kind.STAFF, roles=MAKERS)
async def cancel(visit: Entered, issue: UUID) -> Response:
    """To nobody else, by who typed the issue's number: this cannot be undone."""
    typed = (await visit.fields()).get("number", "").strip()
    async with visit.reading() as db:
        number = (await _ours(db, issue)).number
    if typed != str(number):
        return await page(visit, issue, wrong={"number": "other"}, typed={"number": typed[:10]})
    return await _take(visit, issue, planning.cancel)


def path(issue: UUID) -> str:
    """Where an issue is planned."""
    return f"{ISSUES}/{issue}/schedule"


async def _ours(db: AsyncSession, issue_id: UUID) -> Issue:
    """An issue that is decided about here; the notice of a data breach is not."""
    found = await issues.get(db, issue_id)
    if found.notice:
        raise HTTPException(FORBIDDEN)
    return found


async def _decide(visit: Inside, issue: UUID, step: Step, form: str = "") -> Response:
    """Take a step that is more than stopping."""
    async with visit.reading() as db:
        await _ours(db, issue)
    return await _take(visit, issue, step, form)


async def _take(visit: Inside, issue: UUID, step: Step, form: str = "") -> Response:
    """Take a step; when a colleague was first, or it was pressed twice, the page shows where it is.

    `form` is the form in which the number of readers had to be typed, where there is one.
    """
    fields = await visit.fields()
    try:
        async with visit.stepping() as db:
            found = await issues.get(db, issue, lock=True)
            await step(db, found, actor=visit.person.name, now=visit.now)
            if form:
                await counting.confirm(db, found, fields, visit.now)
    except counting.Unsure as unsure:
        field = f"{counting.READERS}-{form}"
        return await page(visit, issue, wrong={field: unsure.code}, typed={field: counting.shown(fields)})
    return visit.to(path(issue))


def _moment(typed: dict[str, str], letter: Newsletter) -> tuple[datetime | None, dict[str, str]]:
    """The moment on the newsletter's clock, and what is wrong with day or hour."""
    wrong, on, at = {}, None, None
    try:
        on = read_day(typed["on"])
    except ValueError:
        wrong["on"] = "date"
    try:
        at = read_clock(typed["at"])
    except ValueError:
        wrong["at"] = "time"
    return (datetime.combine(on, at, letter.zone) if on and at else None), wrong


async def page(
    visit: Inside,
    issue: UUID,
    *,
    wrong: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    later: datetime | None = None,
) -> Response:
    """The page as it is now, with what is wrong with which field.

    `later` is the first moment that can be chosen in place of one that the clock skips.
    """
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        words = await checking.shared(db, found)
        letter: Newsletter = words["letter"]
        free = await slot.next_free(db, letter, visit.now)
        readers = await subscriber.count_wanting(db, letter.id, visit.now)
    there = _fields(found, free)
    if wrong and not there.issuperset(wrong):  # a colleague was first: the page says where it is
        return visit.to(path(issue))
    may_act = any(visit.person.has(role) for role in MAKERS)
    more: dict[str, Any] = {"wrong": wrong or {}, "typed": defaultdict(str, typed or {})}
    return visit.page(
        "staff_issue_schedule.html",
        status=WRONG if wrong else OK,
        error="wrong" if wrong else None,
        **words,
        **more,
        free=free,
        later=later,
        turn=_turn(found, letter),
        readers=readers,
        may_act=may_act,
        may_decide=may_act and not found.notice,
        there=there,
    )


def _turn(issue: Issue, letter: Newsletter) -> str | None:
    """Which of both it is when it goes out at an hour that comes twice, as summer time ends."""
    at = issue.due_at.astimezone(letter.zone) if issue.due_at else None
    if at is None or not calendar.twice(at):
        return None
    return "second" if at.fold else "first"


def _fields(issue: Issue, free: slot.Free | None) -> set[str]:
    """What there is to fill in now."""
    if issue.notice:
        return set()
    there = set() if issue.state in ENDED else {"number"}
    if issue.state in {State.APPROVED, State.SCHEDULED}:
        there |= {"on", "at", "readers-time", "readers-now"}
        there |= {"readers-slot"} if free and not issue.period and not issue.corrects_id else set()
    return there
