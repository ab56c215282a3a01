"""Somebody asks for the newsletter: one field, one button, and the same answer for every address."""

from __future__ import annotations

from starlette.responses import Response

from app.core.errors import TooMany
from app.core.language import LANGUAGES
from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.domain.service import LINK_LIVES
from app.features import subscribe
from app.features.subscribe import Form
from app.web import forms
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import WRONG
from app.web.links import links
from app.web.templating import markup, text_of

PATHS = [f"/{code}/{{slug}}" for code in LANGUAGES]

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
                await subscribe.subscribe(
                    session,
                    form,
                    shown=shown(letter, visit.language),
                    limits=visit.limits,
                    ring=visit.ring,
                    now=visit.now,
                )
            except TooMany as limit:
                code, status = str(limit), limit.status
    if code is not None and not entry.trapped:
        return _form(visit, letter, entry.typed, code, status)
    return visit.page("subscribed.html", letter, valid_days=LINK_LIVES.days)


def shown(letter: Newsletter, language: str) -> str:
    """The exact words that stand beside the button, to keep with the yes."""
    where = links(letter, language)
    return text_of(markup("subscribe_offer.html", language=language, newsletter=letter, links=where))


def _form(visit: Visit, letter: Newsletter, typed: str, code: str | None, status: int = 200) -> Response:
    return visit.page(
        "subscribe.html",
        letter,
        status=status,
        action=visit.path,
        address=typed,
        error=code,
        stamp=forms.stamp(visit),
    )
