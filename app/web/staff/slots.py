"""The coming months of a newsletter: which are free, taken or left out; one is left out or put back here."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from app.core.errors import Refused
from app.domain import newsletter, slot
from app.features import schedule as planning
from app.features.schedule import Why
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue.words import Say
from app.web.staff.rooms import DESK, ISSUES, MAKERS

SLOTS: Final = "/staff/slots/{slug}"
SHOWN: Final = 12  # months: nobody plans further ahead

doors = Doors()


@doors.look(SLOTS, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, slug: str) -> Response:
    """The year ahead."""
    return await _page(visit, slug)


@doors.act(SLOTS, kind=Kind.STAFF, roles=MAKERS)
async def skip(visit: Entered, slug: str) -> Response:
    """Leave a month out, for a reason from the list."""
    fields = await visit.fields()
    chosen = {name: fields.get(name, "") for name in ("period", "why")}
    if chosen["why"] not in set(Why):
        return await _page(visit, slug, error="why", chosen=chosen)
    try:
        async with visit.writing() as db:
            letter = await newsletter.by_slug(db, slug)
            why = Why(chosen["why"])
            await planning.skip(db, letter, chosen["period"], why, actor=visit.person.name, now=visit.now)
    except Refused:  # somebody else was first, or the month has passed
        return await _page(visit, slug, error="period", chosen=chosen)
    return visit.to(f"/staff/slots/{slug}")


@doors.act(f"{SLOTS}/back", kind=Kind.STAFF, roles=MAKERS)
async def put_back(visit: Entered, slug: str) -> Response:
    """Not left out after all."""
    period = (await visit.fields()).get("period", "")
    try:
        async with visit.writing() as db:
            letter = await newsletter.by_slug(db, slug)
            await planning.put_back(db, letter, period, actor=visit.person.name, now=visit.now)
    except Refused:  # somebody else was first, or the month has passed
        return await _page(visit, slug, error="back")
    return visit.to(f"/staff/slots/{slug}")


def reasons(say: Say) -> dict[Why, str]:
    """Why a month is left out."""
    return {
        Why.RECESS: say("recess: the councils are on holiday"),
        Why.NO_NEWS: say("there is no news"),
        Why.MERGED: say("together with the month before or after"),
    }


async def _page(
    visit: Inside, slug: str, error: str | None = None, chosen: dict[str, str] | None = None
) -> Response:
    """`error` is the field that is wrong, or `back`; what was chosen stays chosen."""
    async with visit.reading() as db:
        letter = await newsletter.by_slug(db, slug)
        months = await slot.ahead(db, letter, visit.now, SHOWN)
    called = {
        slot.State.OPEN: visit.say("free"),
        slot.State.CLAIMED: visit.say("taken by an issue"),
        slot.State.SKIPPED: visit.say("left out"),
        slot.State.USED: visit.say("sent"),
        slot.State.MISSED: visit.say("missed: nothing was approved"),
    }
    return visit.page(
        "staff_slots.html",
        status=WRONG if error else OK,
        here=ISSUES,
        letter=letter,
        months=[(period, at, called[state], str(state)) for period, at, state in months],
        reasons=reasons(visit.say),
        error=error,
        chosen=chosen or {"period": "", "why": ""},
        may_act=any(visit.person.has(role) for role in MAKERS),
    )
