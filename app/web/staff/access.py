"""Behind the link in a mail: somebody of the staff chooses what they sign in with."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.core import passwords
from app.domain import invitation, session
from app.domain.invitation import Invitation, Purpose
from app.domain.staff import Staff
from app.features import enroll
from app.features.enroll import Chosen
from app.web.doors import Doors, Kind
from app.web.links import own, signed
from app.web.staff import choosing, cookies, rooms
from app.web.staff.choosing import Wrong
from app.web.staff.gate import SIGN_IN, Asking, Guest, Looking
from app.web.staff.signin import LONGEST_CODE, brand

doors = Doors()


@doors.look(*signed("access"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What there is to choose."""
    async with visit.reading() as db:
        row, person = await invitation.opened(db, token, visit.now)
    return _page(visit, token, row, person, Wrong(), None)


@doors.act(*signed("access"), kind=Kind.SIGNED_LINK)
async def choose(visit: Asking, token: str) -> Response:
    """Set it, and come in at once; the link is used up."""
    fields = await visit.fields()
    async with visit.reading() as db:
        row, person = await invitation.opened(db, token, visit.now)
    wrong, secret = Wrong(), choosing.sent_factor(visit, person, fields)
    if row.purpose != Purpose.FACTOR:
        choosing.password_faults(fields, person, wrong)
    if wrong.fields:
        return _page(visit, token, row, person, wrong, secret)
    chosen = await _chosen(row, person, secret, fields)
    async with visit.writing() as db:
        row, person = await invitation.opened(db, token, visit.now)
        codes = await enroll.accept(db, row, person, chosen, ring=visit.ring, now=visit.now)
        before = cookies.session_of(visit)
        signed_in = codes is not None
        opened = await session.begin_anew(db, before, person, brand(visit), visit.now) if signed_in else None
    if codes is None or opened is None:
        wrong.fields["code"] = "refused"
        return _page(visit, token, row, person, wrong, secret)
    visit.language = person.language
    answer = visit.page("staff_codes.html", codes=codes, next=rooms.HOME)
    cookies.open_session(visit, answer, opened)
    cookies.know_device(visit, answer, person)
    return answer


async def _chosen(row: Invitation, person: Staff, secret: str | None, fields: dict[str, str]) -> Chosen:
    code = fields.get("code", "")[:LONGEST_CODE]
    if row.purpose == Purpose.FACTOR:
        right = await passwords.matches(person.password, fields.get("password", ""))
        return Chosen(None, right, secret, code)
    hashed = await passwords.hashed(fields.get("new", ""))
    return Chosen(hashed, right=False, secret=secret if row.purpose == Purpose.INVITED else None, code=code)


def _page(
    visit: Guest, token: str, row: Invitation, person: Staff, wrong: Wrong, secret: str | None
) -> Response:
    words: dict[str, Any] = {
        "purpose": str(row.purpose),
        "name": person.name,
        "action": own("access", visit.language, token),
        "sign_in": SIGN_IN,
        **({} if row.purpose == Purpose.PASSWORD else choosing.same_factor(visit, person, secret)),
    }
    return visit.page("staff_access.html", **{**words, **wrong.words()})
