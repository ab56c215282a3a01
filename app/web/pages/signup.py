"""Somebody asks for the newsletter: one field, one button, and the same answer for every address."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from app.core.language import LANGUAGES
from app.domain.newsletter import Newsletter
from app.domain.service import LINK_LIVES
from app.features import subscribe
from app.web import forms
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.forms import Write
from app.web.links import links
from app.web.templating import markup, text_of

PATHS = [f"/{code}/{{slug}}" for code in LANGUAGES]
FORM = "subscribe.html"

doors = Doors()


@doors.look(*PATHS, kind=Kind.PUBLIC)
async def show(visit: Looking, slug: str) -> Response:
    """The form."""
    return await forms.show(visit, slug, FORM)


@doors.act(*PATHS, kind=Kind.PUBLIC)
async def send(visit: Pressed, slug: str) -> Response:
    """Ask for the mail with which to confirm."""

    def writer(letter: Newsletter) -> Write:
        words = shown(letter, visit.language)
        return partial(subscribe.subscribe, shown=words, limits=visit.limits, ring=visit.ring, now=visit.now)

    def done(letter: Newsletter) -> Response:
        return visit.page("subscribed.html", letter, valid_days=LINK_LIVES.days)

    return await forms.send(visit, slug, FORM, writer, done)


def shown(letter: Newsletter, language: str) -> str:
    """The exact words that stand beside the button, to keep with the yes."""
    where = links(letter, language)
    return text_of(markup("subscribe_offer.html", language=language, newsletter=letter, links=where))
