"""Closing an account: first what its owner has in hand and who goes on with it, then the button."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from app.domain.handed import Kind as Work
from app.features import handover, oversee
from app.features.handover import LEAVE, Changed, Desk, Unchosen
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import words
from app.web.staff.people import ONE, got
from app.web.staff.rooms import ADMINISTRATORS, PEOPLE

FIELD: Final = "hand-"  # and the kind of work: which colleague goes on with it

doors = Doors()


@doors.look(f"{ONE}/close", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def show(visit: Entered, person: UUID) -> Response:
    """What is in their hands, and who can go on with it."""
    return await _page(visit, person)


@doors.act(f"{ONE}/close", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def close(visit: Entered, person: UUID) -> Response:
    """Handed over, closed, and signed out everywhere in the same moment."""
    fields = await visit.fields()
    chosen = {kind.value: fields[FIELD + kind] for kind in Work if FIELD + kind in fields}
    desk = Desk(visit.person.name, visit.house.settings.base_url, visit.ring, visit.now)
    try:
        async with visit.writing() as db:
            found = await oversee.closable(db, visit.person, (await got(db, person)).name)
            became = await handover.hand(db, desk, found, chosen, seen=fields.get("seen", ""))
            await oversee.close(db, visit.person, found.name, reason=became, now=visit.now)
    except Unchosen as missing:
        return await _page(visit, person, chosen=chosen, wrong=missing.kinds)
    except (Changed, oversee.LastAdministrator, oversee.OwnRoles) as refusal:
        return await _page(visit, person, type(refusal).__name__, chosen)
    return visit.to(PEOPLE)


async def _page(
    visit: Inside,
    person: UUID,
    error: str | None = None,
    chosen: dict[str, str] | None = None,
    wrong: list[Work] | None = None,
) -> Response:
    async with visit.reading() as db:
        found = await got(db, person)
        if found.disabled_at is not None:
            return visit.to(f"{PEOPLE}/{person}")
        held = await handover.held_by(db, found)
    return visit.page(
        "staff_close.html",
        status=WRONG if error or wrong else OK,
        found=found,
        held=held,
        seen=handover.fingerprint(held),
        states=words.states(visit.say),
        chosen=chosen or {},
        leave=LEAVE,
        wrong=wrong or [],
        error=error or ("wrong" if wrong else None),
    )
