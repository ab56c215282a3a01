"""An officer types a request that came by letter, telephone or mail; the address once, and it is sealed."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.address import Address, BadAddress, parse
from app.core.days import read_day
from app.core.errors import Invalid
from app.core.language import LANGUAGES
from app.domain import newsletter, term
from app.domain.newsletter import Newsletter
from app.domain.request import Channel
from app.domain.request import Kind as Right
from app.features.request.receive import Asked, receive
from app.web.doors import Doors, Kind
from app.web.links import NAMES
from app.web.pages.verify import desk
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import OFFICERS, REQUESTS

NEW: Final = f"{REQUESTS}/new"
CHANNELS: Final = tuple(each for each in Channel if each is not Channel.LINK)

EMPTY: Final = dict.fromkeys(("address", "kind", "channel", "received_on"), "")

doors = Doors()


@doors.look(NEW, kind=Kind.STAFF, roles=OFFICERS)
async def form(visit: Entered) -> Response:
    """What came in."""
    async with visit.reading() as db:
        letters = await newsletter.every(db)
    return _form(visit, letters, {"received_on": term.today(visit.now).isoformat()}, Wrong())


@doors.act(NEW, kind=Kind.STAFF, roles=OFFICERS)
async def add(visit: Entered) -> Response:
    """On record; on to its page."""
    fields, wrong = await visit.fields(), Wrong()
    async with visit.reading() as db:
        letters = await newsletter.every(db)
    asked = _asked(letters, fields, wrong)
    if asked is not None:
        try:
            async with visit.writing() as db:
                row = await _receive(visit, db, asked)
            return visit.to(f"{REQUESTS}/{row}")
        except Invalid:
            wrong.fields["received_on"] = "day"
    return _form(visit, letters, fields, wrong)


async def _receive(visit: Inside, db: AsyncSession, asked: Asked) -> str:
    return str((await receive(db, desk(visit, visit.person.name), asked)).id)


def _asked(letters: list[Newsletter], fields: dict[str, str], wrong: Wrong) -> Asked | None:
    address = _address(fields.get("address", "").strip(), wrong)
    letter = next((each for each in letters if each.slug == fields.get("newsletter")), None)
    day = _day(fields.get("received_on", ""))
    for name, missing in {
        "newsletter": letter is None,
        "kind": fields.get("kind") not in list(Right),
        "channel": fields.get("channel") not in CHANNELS,
        "language": fields.get("language") not in LANGUAGES,
    }.items():
        if missing:
            wrong.fields[name] = "choose"
    if day is None:
        wrong.fields["received_on"] = "day"
    if wrong.fields or address is None or letter is None or day is None:
        return None
    kind, channel = Right(fields["kind"]), Channel(fields["channel"])
    return Asked(letter, address, kind, channel, fields["language"], day)


def _address(typed: str, wrong: Wrong) -> Address | None:
    try:
        return parse(typed)  # also one that our relay cannot mail has rights
    except BadAddress as bad:
        wrong.fields["address"] = bad.code
        return None


def _day(text: str) -> date | None:
    try:
        return read_day(text)
    except ValueError:
        return None


def _form(visit: Inside, letters: list[Newsletter], typed: dict[str, str], wrong: Wrong) -> Response:
    first = letters[0].slug if len(letters) == 1 else ""
    words: dict[str, Any] = {
        "typed": {**EMPTY, "language": visit.language, "newsletter": first, **typed},
        "letters": letters,
        "kinds": list(Right),
        "channels": CHANNELS,
        "languages": list(NAMES.items()),
        "today": term.today(visit.now).isoformat(),
    }
    return visit.page("staff_request_new.html", **words, **wrong.words())
