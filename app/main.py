"""The only place that builds and wires the web service: `create_app` puts every door in its wall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import Depends, FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import Response
from starlette.types import ASGIApp

from app.core import language, logs
from app.domain import house as houses
from app.domain.house import House
from app.mail.mailbox import Mailbox
from app.web import errors
from app.web.api import files, health, held
from app.web.deps import Chore, Porch
from app.web.doors import Door, Kind
from app.web.pages import (
    address,
    archive,
    ask,
    confirm,
    contribute,
    disclosed,
    erase,
    leave,
    lift,
    mydata,
    newsletters,
    proof,
    rights,
    signup,
    statements,
    status,
    verify,
)
from app.web.pages import mailbox as letterbox
from app.web.provider import provider_of
from app.web.security import LARGEST_BODY, Wall, ceiling
from app.web.staff import (
    absence,
    access,
    account,
    closing,
    contributors,
    deciding,
    forgotten,
    gate,
    home,
    keyring,
    lists,
    oidc,
    people,
    register,
    replies,
    review,
    signin,
    slots,
    supervision,
    trail,
)
from app.web.staff import archive as shelf
from app.web.staff import breach as alarm
from app.web.staff import issue as desk
from app.web.staff import request as officers
from app.web.watch import Watchman
from app.worker import JOBS

# What is more precise comes first: /nl/{slug} would take a fixed word for a newsletter's name.
ROOMS = (
    files,
    health,
    signin,
    oidc,
    home,
    account,
    access,
    forgotten,
    people,
    closing,
    review,
    *desk.ROOMS,
    slots,
    contributors,
    deciding,
    replies,
    absence,
    *officers.ROOMS,
    shelf,
    *alarm.ROOMS,
    lists,
    trail,
    supervision,
    register,
    keyring,
    newsletters,
    statements,
    archive,
    ask,
    signup,
    confirm,
    leave,
    lift,
    held,
    erase,
    rights,
    mydata,
    address,
    verify,
    disclosed,
    proof,
    contribute,
    letterbox,
    status,
)

log = logs.get("web")


class Service(FastAPI):
    """FastAPI, with our wall around all of it, its own error pages included."""

    def build_middleware_stack(self) -> ASGIApp:
        """Called by Starlette before the first request."""
        https = self.state.porch.house.settings.base_url.startswith("https://")
        return Wall(super().build_middleware_stack(), https=https, refuse=errors.answer)


def create_app(
    house: House,
    *,
    mailbox: Mailbox | None = None,
    clock: Callable[[], datetime] = houses.now,
) -> FastAPI:
    """The web service of an open house; a mailbox is shown outside production only."""
    demo = not house.settings.production
    app = Service(
        title="Bode",
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=LARGEST_BODY,
        lifespan=_lifespan,
        # No path leaves this machine in a trace: it may be a reader's link.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.porch = Porch(
        house=house,
        clock=clock,
        mailbox=mailbox if demo else None,
        chores=tuple(Chore(each.name, each.every, each.why) for each in JOBS),
        watchman=Watchman(house, clock),
        provider=provider_of(house.settings, oidc.BACK),
    )
    for door in _doors(demo=demo, with_mailbox=mailbox is not None):
        _hang(app, door)
    errors.install(app)
    signin.install(app)
    return app


def _doors(*, demo: bool, with_mailbox: bool) -> list[Door]:
    """Every door of this service; a demonstration has a few more."""
    shut = set() if demo and with_mailbox else {letterbox}
    rooms = [room for room in ROOMS if room not in shut]
    made = [door for room in rooms for door in room.doors.made]
    return [door for door in made if demo or door.kind is not Kind.DEMO]


def _hang(app: FastAPI, door: Door) -> None:
    before = [Depends(gate.gate(door))] if door.kind is Kind.STAFF else []
    app.add_api_route(
        door.path,
        door.answer,
        methods=list(door.methods),
        tags=[door.kind],
        dependencies=before,
        response_class=Response,
        response_model=None,
        max_body_size=ceiling(door.path).body,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Before the first request: the words it needs, and is this a restored backup? (promise 7)."""
    language.learn()
    try:
        await app.state.porch.watchman.look()
    except (DBAPIError, PoolTimeout, OSError) as trouble:
        log.warning("start.waits", trouble=type(trouble).__name__)  # every request asks again
    yield
