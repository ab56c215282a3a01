"""A reader's own file: everything that is held about their address, for them to keep or take along."""

from __future__ import annotations

from datetime import UTC

from starlette.responses import JSONResponse, Response

from app.core.paths import ASK
from app.features import manage
from app.web import holding
from app.web.deps import Looking
from app.web.doors import Doors, Kind
from app.web.links import JSON, signed
from app.web.pages.mydata import opened

doors = Doors()


@doors.look(*signed("manage", JSON), kind=Kind.SIGNED_LINK)
async def download(visit: Looking, token: str) -> Response:
    """The file; it covers every newsletter of this address."""
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
        found = await manage.holdings(session, mine.address, ring=visit.ring, now=visit.now)
        held = [holding.fields(each, await holding.numbers(session, each)) for each in found]
    content = {
        "madeAt": visit.now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "address": mine.address.typed,
        "newsletters": held,
    }
    name = f"{ASK[visit.language]}.json"
    return JSONResponse(content, headers={"Content-Disposition": f'attachment; filename="{name}"'})
