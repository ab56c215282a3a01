"""A reader asks for the link to their own data; the answer is the same for every address."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from app.core import paths
from app.core.language import LANGUAGES
from app.domain.newsletter import Newsletter
from app.features import subscribe
from app.features.manage import OPENS_FOR
from app.web import forms
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.forms import Write

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

    def writer(_: Newsletter) -> Write:
        return partial(subscribe.ask, limits=visit.limits, ring=visit.ring, now=visit.now)

    def done(letter: Newsletter) -> Response:
        hours = int(OPENS_FOR.total_seconds() // HOUR)
        return visit.page("asked.html", letter, valid_hours=hours)

    return await forms.send(visit, slug, FORM, writer, done)
