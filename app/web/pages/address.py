"""The link that was mailed to a new address: its owner says yes with one button."""

from __future__ import annotations

from starlette.responses import Response

from app.domain.newsletter import Newsletter
from app.features import move
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.links import signed
from app.web.templating import markup, text_of

doors = Doors()


@doors.look(*signed("address"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """The button."""
    async with visit.reading() as session:
        found = await move.look(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return visit.page("address_confirm.html", found.newsletter, action=visit.path)


@doors.act(*signed("address"), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """The subscription goes on at the new address."""

    def seen(letter: Newsletter) -> str:
        return shown(letter, visit.language)

    async with visit.writing() as session:
        letter = await move.change_address(
            session, token, shown=seen, ring=visit.ring, book=visit.book, now=visit.now
        )
    return visit.page("address_changed.html", letter)


def shown(letter: Newsletter, language: str) -> str:
    """The exact words at the button, to keep with the yes."""
    return text_of(markup("address_offer.html", language=language, newsletter=letter, action=""))
