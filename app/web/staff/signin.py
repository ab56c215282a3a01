"""Signing in, showing again who you are, and signing out; who may not come in never learns why.

What was sent when a session had ended comes along on these pages (`unsent`).
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from app.core import passwords
from app.core.errors import TooMany
from app.core.names import spelled
from app.domain import session, staff
from app.features import enter
from app.features.enter import Attempt
from app.web.deps import FORBIDDEN, Visit
from app.web.doors import EVERYONE, Doors, Kind
from app.web.errors import OK, SEE_OTHER, WRONG, retry_after
from app.web.staff import cookies, rooms, unsent
from app.web.staff.gate import CONFIRM, SIGN_IN, Asking, Elsewhere, Entered, Guest, Inside, Looking, who
from app.web.staff.unsent import Unsent
from app.web.staff.whence import whence

LONGEST_NAME: Final = 60
# Before accents have one form a letter may be several signs, and blanks may be doubled. A longer text is not
# brought into form as a whole: that may take time with the square of its length.
LONGEST_TYPED: Final = 4 * LONGEST_NAME
LONGEST_CODE: Final = 64  # a recovery code with its hyphens has 29 characters
# Which browser a session is on, by the first brand that its name holds; Edge also says Chrome.
BRANDS: Final = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}

doors = Doors()


@doors.look(SIGN_IN, kind=Kind.PUBLIC)
async def show(visit: Looking) -> Response:
    """The form."""
    return _form(visit, visit.request.query_params.get("next", ""))


@doors.act(SIGN_IN, kind=Kind.PUBLIC)
async def sign_in(visit: Asking) -> Response:
    """Name, password and code are judged together, so that no answer says which was wrong."""
    fields = await visit.fields()
    name = named(fields)
    where, sent = rooms.next_of(fields.get("next", "")), _sent(fields)
    try:
        entered = await _entered(visit, name, fields)
    except TooMany as limit:
        page = _form(visit, where, name, str(limit), TooMany.status, wait=limit.wait, **sent)
        page.headers.update(retry_after(limit.wait))
        return page
    return entered or _form(visit, where, name, "refused", WRONG, **sent)


def named(fields: dict[str, str]) -> str:
    """The name that was typed, in the form in which names are kept, and no longer than one can be."""
    return spelled(fields.get("name", "").strip()[:LONGEST_TYPED])[:LONGEST_NAME]


async def _entered(visit: Guest, name: str, fields: dict[str, str]) -> Response | None:
    async with visit.reading() as db:
        person = await staff.known_as(db, name)
        code, device = fields.get("code", "")[:LONGEST_CODE], cookies.device_of(visit, person)
        attempt = Attempt(name, code, visit.network, device)
        await enter.allow(db, attempt, ring=visit.ring, now=visit.now)
    # Outside a transaction: what takes a tenth of a second holds up nobody's writing.
    right = await passwords.matches(person.password if person else None, fields.get("password", ""))
    async with visit.writing() as db:
        entered = await enter.enter(db, attempt, right=right, ring=visit.ring, now=visit.now)
        if entered is None:
            return None
        token = await session.begin_anew(db, cookies.session_of(visit), entered, brand(visit), visit.now)
        await db.flush()
        found = await session.find(db, token, visit.now)
    inside = Inside(visit.request, *found) if found else None
    answer = await _onward(inside, fields) if inside else RedirectResponse(SIGN_IN, SEE_OTHER)
    cookies.open_session(visit, answer, token)
    cookies.know_device(visit, answer, entered)
    return answer


@doors.look(CONFIRM, kind=Kind.STAFF, roles=EVERYONE)
async def ask(visit: Entered) -> Response:
    """For what weighs more: show again who you are."""
    return _again(visit, visit.request.query_params.get("next", ""))


@doors.act(CONFIRM, kind=Kind.STAFF, roles=EVERYONE)
async def confirm(visit: Entered) -> Response:
    """A password or a code; the browser gets another session text (ASVS 7.2.4)."""
    fields = await visit.fields()
    if not await shown_again(visit, fields.get("proof", "")):
        return _again(visit, fields.get("next", ""), "refused", **_sent(fields))
    async with visit.writing() as db:
        token = await session.renew(db, visit.stay.id)
    answer = await _onward(visit, fields)
    cookies.open_session(visit, answer, token)
    return answer


async def shown_again(visit: Inside, proof: str, *, by: str = "either") -> bool:
    """Whether this is the password of who is signed in, or a code of their app; `by` says which counts."""
    right = by != "code" and await passwords.matches(visit.person.password, proof)
    code = "" if by == "password" else proof[:LONGEST_CODE]
    async with visit.writing() as db:
        return await enter.again(
            db, visit.stay, visit.person, code, right=right, ring=visit.ring, now=visit.now
        )


@doors.act(unsent.PATH, kind=Kind.PUBLIC)
async def go_on(visit: Asking) -> Response:
    """Somebody signed in meanwhile in another tab, and comes back to what they typed."""
    fields, found = await visit.fields(), await who(visit)
    if found is None:
        return _form(visit, "", **_sent(fields))
    return await _onward(Inside(visit.request, *found), fields)


@doors.act("/staff/sign-out", kind=Kind.STAFF, roles=EVERYONE)
async def sign_out(visit: Entered) -> Response:
    """The session is gone, here and in the database."""
    async with visit.writing() as db:
        await session.end(db, visit.person.id, visit.stay.id)
    answer = visit.to(SIGN_IN)
    cookies.close_session(visit, answer)
    return answer


def brand(visit: Visit) -> str:
    """Which browser this is, for the list of sessions; nothing more of it is kept."""
    said = visit.request.headers.get("user-agent", "")
    return next((name for word, name in BRANDS.items() if word in said), "?")


def _sent(fields: dict[str, str]) -> dict[str, Any]:
    return {"sealed": fields.get(unsent.FIELD, "")}


async def _onward(visit: Inside, fields: dict[str, str], *, status: int = OK) -> Response:
    """To where they were going; or, by one more button, with what they had sent."""
    found = Unsent.opened(visit, fields.get(unsent.FIELD, ""), visit.person.id)
    if found is None:
        return visit.to(rooms.next_of(fields.get("next", "")))
    return visit.page("staff_unsent.html", status=status, sent=found, whence=await whence(visit, found))


def _form(
    visit: Guest, where: str, name: str = "", error: str | None = None, status: int = OK, **more: Any
) -> Response:
    words = {"name": name, "next": rooms.next_of(where), "oidc": visit.porch.provider is not None}
    return visit.page(
        "staff_signin.html", status=status, error=error, **{**words, "sealed": "", "lost": False, **more}
    )


def _again(
    visit: Inside,
    where: str,
    error: str | None = None,
    status: int = OK,
    *,
    sealed: str = "",
    lost: bool = False,
) -> Response:
    person = visit.person
    return visit.page(
        "staff_confirm.html",
        status=WRONG if error else status,
        next=rooms.next_of(where),
        error=error,
        sealed=sealed,
        lost=lost,
        oidc=visit.porch.provider is not None and person.subject is not None,
        shows=person.password is not None or person.factor is not None,
    )


async def _elsewhere(request: Request, error: Exception) -> Response:
    """Who only looked is led there; what was sent stands on the page itself, so that it is not lost."""
    assert isinstance(error, Elsewhere)
    if not error.sealed:
        return RedirectResponse(error.path, SEE_OTHER)
    inside: Inside | None = getattr(request.state, "inside", None)
    lost = error.sealed == unsent.TOO_LONG
    sealed = "" if lost else error.sealed
    if inside is None:
        return _form(Guest(request), "", status=FORBIDDEN, sealed=sealed, lost=lost)
    if error.where == CONFIRM:
        return _again(inside, "", status=FORBIDDEN, sealed=sealed, lost=lost)
    return await _onward(inside, {unsent.FIELD: error.sealed}, status=FORBIDDEN)


def install(app: FastAPI) -> None:
    """Tell the service what to do with who must first go elsewhere."""
    app.add_exception_handler(Elsewhere, _elsewhere)
