"""A reader asks for the link to their own data; the answer is the same for every address."""

from __future__ import annotations

from starlette.responses import Response

from app.core import paths
from app.core.errors import TooMany
from app.core.language import LANGUAGES
from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.features import subscribe
from app.features.manage import OPENS_FOR
from app.features.subscribe import Form
from app.web import forms
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import WRONG

PATHS = [paths.ask("", code, "{slug}") for code in LANGUAGES]
HOUR = 3600  # seconds

doors = Doors()


@doors.look(*PATHS, kind=Kind.PUBLIC)
async def show(visit: Looking, slug: str) -> Response:
    """The form."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
    return _form(visit, letter, "", None)


@doors.act(*PATHS, kind=Kind.PUBLIC)
async def send(visit: Pressed, slug: str) -> Response:
    """Write the request down, or show the form again with what to mend."""
    entry = await forms.entry(visit)
    code, status = entry.code, WRONG
    async with visit.writing() as session:
        letter = await newsletter.by_slug(session, slug)
        if entry.address is not None and code is None and not entry.trapped:
            form = Form(letter, entry.address, visit.language, visit.network)
            try:
                await subscribe.ask(session, form, limits=visit.limits, ring=visit.ring, now=visit.now)
            except TooMany as limit:
                code, status = str(limit), limit.status
    if code is not None and not entry.trapped:
        return _form(visit, letter, entry.typed, code, status)
    hours = int(OPENS_FOR.total_seconds() // HOUR)
    return visit.page("asked.html", letter, valid_hours=hours)


def _form(visit: Visit, letter: Newsletter, typed: str, code: str | None, status: int = 200) -> Response:
    return visit.page(
        "ask.html",
        letter,
        status=status,
        action=visit.path,
        address=typed,
        error=code,
        stamp=forms.stamp(visit),
    )
