"""What the law asks us to tell: the privacy statement and the accessibility statement."""

from __future__ import annotations

from starlette.responses import Response

from app.core import paths
from app.core.language import LANGUAGES
from app.domain import newsletter
from app.web import errors, terms
from app.web.deps import Looking
from app.web.doors import Doors, Kind

doors = Doors()


@doors.look(*(paths.privacy("", code, "{slug}") for code in LANGUAGES), kind=Kind.PUBLIC)
async def privacy(visit: Looking, slug: str) -> Response:
    """Made from the register that the deletion job works with (promise 11)."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
    told = terms.told(visit.house.settings.backup_days, visit.language)
    return visit.page("privacy.html", letter, terms=told)


@doors.look(*paths.ACCESSIBILITY.values(), kind=Kind.PUBLIC)
async def accessibility(visit: Looking) -> Response:
    """One statement for all newsletters; with one newsletter it says whom to write to."""
    async with visit.reading() as session:
        letter = await errors.only(session)
    return visit.page("accessibility.html", letter)
