"""When one is away: so that colleagues hear in time that nobody is there to approve an issue."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from app.core.days import DAY_MOST, read_day
from app.core.errors import Invalid, TooMany
from app.domain import absence
from app.features import absent
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import ABSENCE, MAKERS
from app.web.templating import READERS_ZONE

doors = Doors()


@doors.look(ABSENCE, kind=Kind.STAFF, roles=MAKERS)
async def show(visit: Entered) -> Response:
    """One's own."""
    return await _page(visit, {}, {})


@doors.act(ABSENCE, kind=Kind.STAFF, roles=MAKERS)
async def note(visit: Entered) -> Response:
    """One more."""
    fields = await visit.fields()
    typed = {name: fields.get(name, "").strip()[:DAY_MOST] for name in ("first", "last")}
    days, wrong = {}, {}
    for name, text in typed.items():
        try:
            days[name] = read_day(text)
        except ValueError:
            wrong[name] = "date"
    if not wrong:
        try:
            async with visit.writing() as db:
                await absent.note(
                    db, visit.person, days["first"], days["last"], zone=READERS_ZONE, now=visit.now
                )
        except Invalid:
            wrong["last"] = "range"
        except TooMany:
            wrong["first"] = "many"
    return await _page(visit, wrong, typed) if wrong else visit.to(ABSENCE)


@doors.act(f"{ABSENCE}/back", kind=Kind.STAFF, roles=MAKERS)
async def back(visit: Entered) -> Response:
    """Not away after all; the number of somebody else's absence does nothing."""
    try:
        chosen = UUID((await visit.fields()).get("absence", ""))
    except ValueError:
        raise Invalid("there is no such absence") from None
    async with visit.writing() as db:
        await absent.take_back(db, visit.person, chosen, now=visit.now)
    return visit.to(ABSENCE)


async def _page(visit: Inside, wrong: dict[str, str], typed: dict[str, str]) -> Response:
    async with visit.reading() as db:
        rows = await absence.of(db, visit.person.id, visit.now)
    return visit.page(
        "staff_absence.html",
        status=WRONG if wrong else OK,
        error="wrong" if wrong else None,
        wrong=wrong,
        typed={"first": "", "last": "", **typed},
        times=[(each.id, each.starts_at, each.ends_at - absent.DAY / 2) for each in rows],
    )
