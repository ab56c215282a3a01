"""A reader answered "please sign me off": the editor types the address, and reads the same whoever it was."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from app.core.address import BadAddress
from app.core.errors import TooMany
from app.domain import newsletter
from app.domain.newsletter import Newsletter
from app.features import reply
from app.web import forms
from app.web.doors import Doors, Kind
from app.web.errors import retry_after
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import EDITORS, REPLIES

EMPTY: Final = {"address": "", "newsletter": ""}

doors = Doors()


@doors.look(REPLIES, kind=Kind.STAFF, roles=EDITORS, fresh=True)
async def form(visit: Entered) -> Response:
    """Which address, of which newsletter."""
    return _page(visit, await _letters(visit), EMPTY, Wrong())


@doors.act(REPLIES, kind=Kind.STAFF, roles=EDITORS, fresh=True)
async def sign_off(visit: Entered) -> Response:
    """Done; the page no longer has the address."""
    fields, wrong, letters = await visit.fields(), Wrong(), await _letters(visit)
    typed = {name: fields.get(name, "").strip() for name in EMPTY}
    letter = next((each for each in letters if each.slug == typed["newsletter"]), None)
    if letter is None:
        wrong.fields["newsletter"] = "choose"
    try:
        address = forms.acceptable(visit, typed["address"])
    except BadAddress as bad:
        wrong.fields["address"] = bad.code
    if letter is None or wrong.fields:
        return _page(visit, letters, typed, wrong)
    person = visit.person.id, visit.person.name
    keys: dict[str, Any] = {"ring": visit.ring, "book": visit.book, "now": visit.now}
    try:
        async with visit.writing() as db:
            await reply.sign_off(db, letter, address, editor=person, **keys)
    except TooMany as limit:
        return _limited(visit, letters, typed, limit)
    return _page(visit, letters, {**EMPTY, "newsletter": letter.slug}, wrong, done=letter)


async def _letters(visit: Inside) -> list[Newsletter]:
    async with visit.reading() as db:
        return await newsletter.every(db)


def _limited(visit: Inside, letters: list[Newsletter], typed: dict[str, str], limit: TooMany) -> Response:
    wrong = Wrong({"address": "replies"})
    answer = _page(visit, letters, typed, wrong, status=TooMany.status)
    answer.headers.update(retry_after(limit.wait))
    return answer


def _page(
    visit: Inside, letters: list[Newsletter], typed: dict[str, str], wrong: Wrong, **more: Any
) -> Response:
    words = {**wrong.words(), "letters": letters, "typed": typed, "done": None, **more}
    return visit.page("staff_replies.html", **words)
