"""An address is typed once, to end what it gets: an editor's for an answer, an officer's for a complaint.

Who types reads the same whoever it was, so that nobody finds out here who is on the list.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from app.core.address import BadAddress, parse
from app.core.errors import TooMany
from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.features import complain, reply
from app.web.doors import Doors, Kind
from app.web.errors import retry_after
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import COMPLAINTS, EDITORS, OFFICERS, REPLIES

EMPTY: Final = {"address": "", "newsletter": ""}

doors = Doors()


@dataclass(frozen=True, slots=True)
class Errand:
    """What is done with the address, on which page; `limit` is the code of too many on a day."""

    template: str
    limit: str
    act: Callable[..., Awaitable[None]]


SIGN_OFF: Final = Errand("staff_replies.html", "replies", reply.sign_off)
COMPLAINT: Final = Errand("staff_complaints.html", "complaints", complain.complain)


@doors.look(REPLIES, kind=Kind.STAFF, roles=EDITORS, fresh=True)
async def form(visit: Entered) -> Response:
    """A reader answered "please sign me off": which address, of which newsletter."""
    return _page(visit, SIGN_OFF, await _letters(visit), EMPTY, Wrong())


@doors.act(REPLIES, kind=Kind.STAFF, roles=EDITORS, fresh=True)
async def sign_off(visit: Entered) -> Response:
    """Done; the page no longer has the address."""
    return await _carry_out(visit, SIGN_OFF)


@doors.look(COMPLAINTS, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def complained(visit: Entered) -> Response:
    """Somebody said that our mail is unwanted: which address, of which newsletter."""
    return _page(visit, COMPLAINT, await _letters(visit), EMPTY, Wrong())


@doors.act(COMPLAINTS, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def record(visit: Entered) -> Response:
    """Blocked; the page no longer has the address."""
    return await _carry_out(visit, COMPLAINT)


async def _carry_out(visit: Inside, errand: Errand) -> Response:
    fields, wrong, letters = await visit.fields(), Wrong(), await _letters(visit)
    typed = {name: fields.get(name, "").strip() for name in EMPTY}
    letter = next((each for each in letters if each.slug == typed["newsletter"]), None)
    if letter is None:
        wrong.fields["newsletter"] = "choose"
    try:
        address = parse(typed["address"])
    except BadAddress as bad:
        wrong.fields["address"] = bad.code
    if letter is None or wrong.fields:
        return _page(visit, errand, letters, typed, wrong)
    person = visit.person.id, visit.person.name
    keys: dict[str, Any] = {"ring": visit.ring, "book": visit.book, "now": visit.now}
    try:
        async with visit.writing() as db:
            await errand.act(db, letter, address, by=person, **keys)
    except TooMany as limit:
        return _limited(visit, errand, letters, typed, limit)
    return _page(visit, errand, letters, {**EMPTY, "newsletter": letter.slug}, wrong, done=letter)


async def _letters(visit: Inside) -> list[Newsletter]:
    async with visit.reading() as db:
        return await newsletter.every(db)


def _limited(
    visit: Inside, errand: Errand, letters: list[Newsletter], typed: dict[str, str], limit: TooMany
) -> Response:
    wrong = Wrong({"address": errand.limit})
    answer = _page(visit, errand, letters, typed, wrong, status=TooMany.status)
    answer.headers.update(retry_after(limit.wait))
    return answer


def _page(
    visit: Inside,
    errand: Errand,
    letters: list[Newsletter],
    typed: dict[str, str],
    wrong: Wrong,
    **more: Any,
) -> Response:
    words = {**wrong.words(), "letters": letters, "typed": typed, "done": None, **more}
    return visit.page(errand.template, **words)
