"""A reader asks for the link to their own data; the answer is the same for every address."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core import paths
from app.core.language import LANGUAGES
from app.domain.newsletter import Newsletter
from app.features import subscribe
from app.features.manage import OPENS_FOR
from app.features.subscribe import Form
from app.web import forms
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind

PATHS = [paths.ask("", code, "{slug}") for code in LANGUAGES]
FORM = "ask.html"
HOUR = 3600  # seconds

doors = Doors()


@doors.look(*PATHS, kind=Kind.PUBLIC)
async def show(visit: Looking, slug: str) -> Response:
    """The form."""
    return await forms.show(visit, slug, FORM)


@doors.act(*PATHS, kind=Kind.PUBLIC)
async def send(visit: Pressed, slug: str) -> Response:
    """Ask for the link."""

    async def write(session: AsyncSession, form: Form) -> None:
        await subscribe.ask(session, form, limits=visit.limits, ring=visit.ring, now=visit.now)

    def done(letter: Newsletter) -> Response:
        hours = int(OPENS_FOR.total_seconds() // HOUR)
        return visit.page("asked.html", letter, valid_hours=hours)

    return await forms.send(visit, slug, FORM, write, done)
