"""What the service did in a quarter, in figures, for supervisor and officers; and as a signed file."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from app.core.errors import Invalid
from app.domain import request, term, wholeness
from app.domain.dossier import Dossier, Quarter
from app.domain.wholeness import Wholeness
from app.features import supervise
from app.features.supervise import Shelf
from app.web import processing
from app.web.doors import Doors, Kind
from app.web.staff import rooms
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import SUPERVISION, WATCHERS

doors = Doors()


def _choices(visit: Inside) -> list[Quarter]:
    """This quarter and those before it, as far back as all that is counted is kept still."""
    found, oldest = [Quarter.of(term.today(visit.now))], term.today(visit.now) - request.KEPT
    while found[-1].before.first_on > oldest:
        found.append(found[-1].before)
    return found


def _chosen(visit: Inside, asked: str | None) -> Quarter:
    """What was asked for, or this quarter."""
    choices = _choices(visit)
    try:
        wanted = Quarter.parse(asked or "")
    except Invalid:
        return choices[0]
    return wanted if wanted in choices else choices[0]


async def _made(visit: Inside, db: AsyncSession, quarter: Quarter, whole: Wholeness) -> Dossier:
    register = processing.lines(visit.house.settings.backup_days, visit.language)
    return await supervise.gather(db, Shelf(visit.ring, register), quarter, whole, now=visit.now)


async def _known(visit: Inside) -> tuple[Wholeness, datetime]:
    """Whether trail and ledger are whole, as the service found last; looked at now when it never did."""
    async with visit.reading() as db:
        last = await wholeness.last(db)
    return last or (await _looked(visit), visit.now)


async def _looked(visit: Inside) -> Wholeness:
    async with visit.reading() as db:
        return await wholeness.look(db, visit.ring, visit.book)


@doors.look(SUPERVISION, kind=Kind.STAFF, roles=WATCHERS)
async def show(visit: Entered) -> Response:
    """The figures of a quarter."""
    quarter = _chosen(visit, visit.request.query_params.get("quarter"))
    whole, looked_at = await _known(visit)
    async with visit.reading() as db:
        found = await _made(visit, db, quarter, whole)
    return visit.page(
        "staff_supervision.html",
        found=found,
        whole=whole,
        looked_at=looked_at,
        quarters=_choices(visit),
        chosen=quarter,
        called=rooms.titles(visit.say),
    )


@doors.act(f"{SUPERVISION}/file", kind=Kind.STAFF, roles=WATCHERS, fresh=True)
async def take(visit: Entered) -> Response:
    """The same as a signed file; that it was taken is on record."""
    quarter = _chosen(visit, (await visit.fields()).get("quarter"))
    whole = await _looked(visit)
    async with visit.reading() as db:
        found = await _made(visit, db, quarter, whole)
    async with visit.writing() as db:
        await supervise.take(db, found, actor=visit.person.name, now=visit.now)
    name = f"toezichtdossier-{quarter}.json"
    return JSONResponse(found.file(), headers={"Content-Disposition": f'attachment; filename="{name}"'})
