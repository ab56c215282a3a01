"""What a monitor and a load balancer ask: is it alive, and may it serve."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from app.web.deps import Looking
from app.web.doors import Doors, Kind
from app.web.errors import UNREADY

doors = Doors()


@doors.look("/health/live", kind=Kind.MACHINE)
async def live(_visit: Looking) -> Response:
    """The process answers."""
    return JSONResponse({"live": True})


@doors.look("/health/ready", kind=Kind.MACHINE)
async def ready(visit: Looking) -> Response:
    """Whether it may serve, and why not; reasons name no person and no machine."""
    found = await visit.porch.watchman.reasons()
    return JSONResponse({"ready": not found, "reasons": found}, 200 if not found else UNREADY)
