"""The front door: the sign-up page of the only newsletter, or a list of several."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from app.core import paths
from app.core.language import LANGUAGES
from app.domain import newsletter
from app.web.deps import Looking
from app.web.doors import Doors, Kind
from app.web.errors import SEE_OTHER
from app.web.links import preferred

doors = Doors()


@doors.look("/", *(f"/{code}" for code in LANGUAGES), kind=Kind.PUBLIC)
async def front(visit: Looking) -> Response:
    """Lead on, or let the visitor choose."""
    async with visit.reading() as session:
        letters = await newsletter.every(session)
    if len(letters) == 1:
        language = visit.language
        if visit.path == "/" and preferred(visit.request.headers.get("accept-language", "")) is None:
            language = letters[0].language
        return RedirectResponse(paths.signup("", language, letters[0].slug), SEE_OTHER)
    found = [(each.title, paths.signup("", visit.language, each.slug)) for each in letters]
    return visit.page("newsletters.html", newsletters=found)
