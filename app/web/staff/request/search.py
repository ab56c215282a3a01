"""One address is looked up by typing it exactly, with a reason and a case; nothing to browse or save."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.core.address import Address, BadAddress, parse
from app.core.errors import TooMany
from app.domain.casenumber import CASE
from app.domain.lookup import Why
from app.features import lookup
from app.features.lookup import Seen
from app.web.doors import Doors, Kind
from app.web.errors import retry_after
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import LOOK_UP, OFFICERS

doors = Doors()


@doors.look(LOOK_UP, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def form(visit: Entered) -> Response:
    """The question; the answer has no address of its own, so it stands in no history."""
    return _page(visit, {}, Wrong())


@doors.act(LOOK_UP, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def look(visit: Entered) -> Response:
    """On record first, then what is held."""
    fields, wrong = await visit.fields(), Wrong()
    address = _address(fields, wrong)
    if address is None:
        return _page(visit, fields, wrong)
    why, number = Why(fields["why"]), fields["number"].strip()
    officer = visit.person.id, visit.person.name
    try:
        async with visit.writing() as db:
            seen = await lookup.look_up(
                db, address, why, number, officer=officer, ring=visit.ring, now=visit.now
            )
    except TooMany as limit:
        return _limited(visit, fields, limit)
    return _page(visit, {"why": why, "number": number}, wrong, seen=seen, done=True)


def _address(fields: dict[str, str], wrong: Wrong) -> Address | None:
    address = None
    try:
        address = parse(fields.get("address", "").strip())
    except BadAddress as bad:
        wrong.fields["address"] = bad.code
    if fields.get("why") not in list(Why):
        wrong.fields["why"] = "choose"
    if not CASE.fullmatch(fields.get("number", "").strip()):
        wrong.fields["number"] = "number"
    return None if wrong.fields else address


def _limited(visit: Inside, fields: dict[str, str], limit: TooMany) -> Response:
    answer = _page(visit, fields, Wrong({"address": "lookups"}), status=TooMany.status)
    answer.headers.update(retry_after(limit.wait))
    return answer


def _page(
    visit: Inside,
    typed: dict[str, str],
    wrong: Wrong,
    *,
    seen: list[Seen] | None = None,
    done: bool = False,
    status: int | None = None,
) -> Response:
    kept = {"address": "", "why": "", "number": "", **typed}
    words: dict[str, Any] = {**wrong.words(), "typed": kept, "whys": list(Why), "seen": seen, "done": done}
    if status is not None:
        words["status"] = status
    return visit.page("staff_lookup.html", **words)
