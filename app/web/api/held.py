"""A reader's own file: everything that is held about their address, for them to keep or take along."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from app.core.address import Address
from app.core.paths import ASK
from app.features import manage
from app.features.disclose import disclose
from app.web import holding, shape
from app.web.deps import Looking, Visit
from app.web.doors import Doors, Kind
from app.web.links import JSON, signed
from app.web.pages.mydata import opened

SCHEMA = "/schema/my-data.json"

doors = Doors()


@doors.look(*signed("manage", JSON), kind=Kind.SIGNED_LINK)
async def download(visit: Looking, token: str) -> Response:
    """The file; it covers every newsletter of this address."""
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
        return await _file(visit, session, mine.address)


@doors.look(*signed("held", JSON), kind=Kind.SIGNED_LINK)
async def answered(visit: Looking, token: str) -> Response:
    """The file for who asked an officer for it."""
    async with visit.reading() as session:
        theirs = await disclose(session, token, ring=visit.ring, now=visit.now)
        return await _file(visit, session, theirs.address)


@doors.look(SCHEMA, kind=Kind.PUBLIC)
async def form(_visit: Looking) -> Response:
    """What such a file looks like, for programs."""
    return JSONResponse(shape.schema(), media_type="application/schema+json")


async def _file(visit: Visit, session: AsyncSession, address: Address) -> JSONResponse:
    """Everything about an address, as it is saved."""
    found = await manage.holdings(session, address, ring=visit.ring, book=visit.book, now=visit.now)
    held = [holding.fields(each, await holding.numbers(session, each)) for each in found]
    looks, ends = await manage.lookups(session, address, ring=visit.ring, book=visit.book)
    content = {
        "$schema": f"{visit.house.settings.base_url}{SCHEMA}",
        "madeAt": visit.now.astimezone(UTC),
        "address": address.typed,
        "newsletters": held,
        "lookups": [holding.columns(each, shape.Lookup) for each in looks],
        "lookupEnds": holding.ended(ends),
    }
    whole = shape.Held.model_validate(content).model_dump(mode="json", by_alias=True)
    name = f"{ASK[visit.language]}.json"
    return JSONResponse(whole, headers={"Content-Disposition": f'attachment; filename="{name}"'})
