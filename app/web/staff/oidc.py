"""Signing in with the organisation's own account: there, back, and one button.

Coming back is a page with a button, because looking changes nothing here (promise 4). An account is
never made this way: an administrator linked it before.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from fastapi import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.core import logs, tokens
from app.core.crypto import Unreadable
from app.core.errors import TooMany
from app.domain import session
from app.domain.staff import Staff
from app.features import enter
from app.features.enter import Attempt
from app.web.deps import Visit
from app.web.doors import Doors, Kind
from app.web.errors import OK, SEE_OTHER, WRONG, retry_after
from app.web.provider import Asked, NotVouched, Provider, asked
from app.web.staff import cookies, rooms
from app.web.staff.gate import Asking, Guest, Looking
from app.web.staff.signin import LONGEST_CODE, brand

START: Final = "/staff/oidc"
BACK: Final = "/staff/oidc/back"
SECOND: Final = "/staff/oidc/second"
MISSING: Final = 404
TAKES: Final = timedelta(minutes=10)  # for signing in over there, and for the second factor here

doors = Doors()
log = logs.get("web")


def provider(visit: Visit) -> Provider:
    """The identity provider; without one these pages are not there."""
    found = visit.porch.provider
    if found is None:
        raise HTTPException(MISSING)
    return found


@doors.look(START, kind=Kind.PUBLIC)
async def start(visit: Looking) -> Response:
    """Off to the provider, with secrets that must come back with the same browser."""
    there, sent = provider(visit), asked()
    try:
        answer = RedirectResponse(await there.address(sent), SEE_OTHER)
    except NotVouched as refusal:
        return _refused(visit, refusal)
    where = rooms.next_of(visit.request.query_params.get("next", ""))
    sealed = {**asdict(sent), "next": where[:LONGEST_CODE], "i": visit.now.isoformat()}
    cookies.carry(visit, answer, tokens.seal(visit.ring, "oidc", sealed), TAKES)
    return answer


@doors.look(BACK, kind=Kind.PUBLIC)
async def back(visit: Looking) -> Response:
    """Back from the provider: one button to go on."""
    provider(visit)
    query = visit.request.query_params
    return visit.page("staff_back.html", code=query.get("code", ""), state=query.get("state", ""))


@doors.act(BACK, kind=Kind.PUBLIC)
async def go_on(visit: Asking) -> Response:
    """Ask the provider who it is, and sign in whoever was linked to that."""
    there, fields = provider(visit), await visit.fields()
    try:
        sent, where = _carried(visit, fields.get("state", ""))
        vouched = await there.vouched(fields.get("code", ""), sent, visit.now)
    except NotVouched as refusal:
        return _refused(visit, refusal)
    async with visit.writing() as db:
        person = await enter.linked(db, vouched.subject, enters=vouched.twice, now=visit.now)
        if person is None:
            return _refused(visit, NotVouched("no account is linked"))
        token = session.begin(db, person, brand(visit), visit.now) if vouched.twice else None
    if token is None:
        return _second(visit, _half(visit, person, where))
    answer = RedirectResponse(where, SEE_OTHER)
    cookies.open_session(visit, answer, token)
    return answer


@doors.act(SECOND, kind=Kind.PUBLIC)
async def second(visit: Asking) -> Response:
    """The provider showed one factor; ours is the second."""
    provider(visit)
    fields = await visit.fields()
    half, code = fields.get("half", ""), fields.get("code", "")[:LONGEST_CODE]
    try:
        staff_id, where = _opened(visit, half)
        async with visit.reading() as db:
            person = await db.get_one(Staff, staff_id)
            attempt = Attempt(person.name, code, visit.network, cookies.device_of(visit, person))
            await enter.allow(db, attempt, now=visit.now)
    except NotVouched as refusal:
        return _refused(visit, refusal)
    except TooMany as limit:
        page = _second(visit, half, str(limit), TooMany.status)
        page.headers.update(retry_after(limit.wait))
        return page
    async with visit.writing() as db:
        entered = await enter.enter(db, attempt, right=True, ring=visit.ring, now=visit.now)
        token = session.begin(db, entered, brand(visit), visit.now) if entered else None
    if token is None:
        return _second(visit, half, "refused", WRONG)
    answer = RedirectResponse(where, SEE_OTHER)
    cookies.open_session(visit, answer, token)
    return answer


@doors.look("/staff/oidc/keys", kind=Kind.MACHINE)
async def keys(visit: Looking) -> Response:
    """Our public key, for the provider."""
    return JSONResponse(provider(visit).keys)


def _carried(visit: Guest, state: str) -> tuple[Asked, str]:
    """What this browser took along a moment ago; raises NotVouched when it comes back with something else."""
    found = _unsealed(visit, "oidc", cookies.carried(visit))
    sent = Asked(found["state"], found["nonce"], found["verifier"])
    if state != sent.state:
        raise NotVouched("another sign-in came back")
    return sent, rooms.next_of(found["next"])


def _half(visit: Guest, person: Staff, where: str) -> str:
    sealed = {"s": person.id.hex, "next": where[:LONGEST_CODE], "i": visit.now.isoformat()}
    return tokens.seal(visit.ring, "half", sealed)


def _opened(visit: Guest, half: str) -> tuple[UUID, str]:
    found = _unsealed(visit, "half", half)
    return UUID(found["s"]), rooms.next_of(found["next"])


def _unsealed(visit: Guest, purpose: str, token: str) -> dict[str, Any]:
    try:
        found = tokens.unseal(visit.ring, purpose, token)
    except Unreadable:
        raise NotVouched("this was not ours") from None
    if visit.now >= datetime.fromisoformat(found["i"]) + TAKES:
        raise NotVouched("it took too long")
    return found


def _second(visit: Guest, half: str, error: str | None = None, status: int = OK) -> Response:
    return visit.page("staff_second.html", status=status, half=half, error=error)


def _refused(visit: Guest, refusal: NotVouched) -> Response:
    """Nobody is told why; the operator finds it in the log, without who it was."""
    log.warning("oidc.refused", cause=str(refusal))
    return visit.page("staff_unlinked.html", status=WRONG)
