"""Signing in with the organisation's own account: there, back, and one button.

Coming back is a page with a button, because looking changes nothing here (promise 4). An account is
never made this way: an administrator linked it before. Who is signed in can show again over there who
they are, for what weighs more.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.core import logs, tokens
from app.core.crypto import Unreadable
from app.core.errors import TooMany
from app.domain import session
from app.domain.staff import Staff
from app.features import enter
from app.features.enter import Attempt
from app.web.deps import Visit
from app.web.doors import EVERYONE, Doors, Kind
from app.web.errors import OK, SEE_OTHER, WRONG, retry_after
from app.web.provider import Asked, NotVouched, Provider, Vouched, asked
from app.web.staff import cookies, rooms
from app.web.staff.gate import Asking, Entered, Guest, Looking
from app.web.staff.signin import LONGEST_CODE, brand

START: Final = "/staff/oidc"
AGAIN: Final = "/staff/oidc/again"
BACK: Final = "/staff/oidc/back"
SECOND: Final = "/staff/oidc/second"
MISSING: Final = 404
TAKES: Final = timedelta(minutes=10)  # for signing in over there, and for the second factor here

doors = Doors()
log = logs.get("web")


class Why(StrEnum):
    """What may be told of why it did not work: who stands here has no secret of ours to guess."""

    THERE = "there"  # over there, or with what it said
    LATE = "late"  # it took too long, or this browser began another one
    NOBODY = "nobody"  # they are known there, and have no account here
    AGAIN = "again"  # who is signed in did not show again that it is them


class Late(NotVouched):
    """It took too long, or something else came back than left."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What this browser took along a moment ago; `stay` is the session that is to be shown again."""

    sent: Asked
    where: str
    stay: str


def provider(visit: Visit) -> Provider:
    """The identity provider; without one these pages are not there."""
    found = visit.porch.provider
    if found is None:
        raise HTTPException(MISSING)
    return found


@doors.look(START, kind=Kind.PUBLIC)
async def start(visit: Looking) -> Response:
    """Off to the provider, with secrets that must come back with the same browser."""
    return await _off(visit, asked(), "")


@doors.look(AGAIN, kind=Kind.STAFF, roles=EVERYONE)
async def again(visit: Entered) -> Response:
    """Off to the provider, which has to ask anew who it is."""
    return await _off(visit, asked(since=int(visit.now.timestamp())), visit.stay.id.hex)


async def _off(visit: Guest, sent: Asked, stay: str) -> Response:
    try:
        answer = RedirectResponse(await provider(visit).address(sent), SEE_OTHER)
    except NotVouched as refusal:
        return _refused(visit, refusal, Why.THERE)
    where = rooms.next_of(visit.request.query_params.get("next", ""))
    sealed = {**asdict(sent), "stay": stay, "next": where[:LONGEST_CODE], "i": visit.now.isoformat()}
    cookies.carry(visit, answer, tokens.seal(visit.ring, "oidc", sealed), TAKES)
    return answer


@doors.look(BACK, kind=Kind.PUBLIC)
async def back(visit: Looking) -> Response:
    """Back from the provider: one button to go on."""
    provider(visit)
    query = visit.request.query_params
    if "error" in query:
        return _refused(visit, NotVouched("the provider said no"), Why.THERE)
    return visit.page("staff_back.html", code=query.get("code", ""), state=query.get("state", ""))


@doors.act(BACK, kind=Kind.PUBLIC)
async def go_on(visit: Asking) -> Response:
    """Ask the provider who it is, and sign in whoever was linked to that."""
    there, fields = provider(visit), await visit.fields()
    try:
        carried = _carried(visit, fields.get("state", ""))
    except Late as refusal:
        return _refused(visit, refusal, Why.LATE)
    try:
        vouched = await there.vouched(fields.get("code", ""), carried.sent, visit.now)
    except NotVouched as refusal:
        return _refused(visit, refusal, Why.AGAIN if carried.stay else Why.THERE)
    return await (_shown if carried.stay else _entered)(visit, carried, vouched)


async def _entered(visit: Guest, carried: Carried, vouched: Vouched) -> Response:
    """Whoever was linked to that person comes in; who showed one factor there shows ours."""
    async with visit.writing() as db:
        person = await enter.linked(db, vouched.subject, enters=vouched.twice, now=visit.now)
        if person is None:
            refusal = NotVouched("no account is linked")
            return _refused(visit, refusal, Why.NOBODY, subject=vouched.subject)
        token = await _begin(visit, db, person) if vouched.twice else None
    if token is None:
        return _second(visit, _half(visit, person, carried.where))
    answer = RedirectResponse(carried.where, SEE_OTHER)
    cookies.open_session(visit, answer, token)
    return answer


async def _begin(visit: Guest, db: AsyncSession, person: Staff) -> str:
    return await session.begin_anew(db, cookies.session_of(visit), person, brand(visit), visit.now)


async def _shown(visit: Guest, carried: Carried, vouched: Vouched) -> Response:
    """Somebody who is signed in was asked over there; the browser gets another session text."""
    token = None
    async with visit.writing() as db:
        found = await session.find(db, cookies.session_of(visit), visit.now)
        if found is not None and found[0].id.hex == carried.stay:
            stay, person = found
            same = person.subject == vouched.subject
            if await enter.again(db, stay, person, "", right=same, ring=visit.ring, now=visit.now):
                token = await session.renew(db, stay.id)
    if token is None:
        return _refused(visit, NotVouched("somebody else came back"), Why.AGAIN)
    answer = RedirectResponse(carried.where, SEE_OTHER)
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
            await enter.allow(db, attempt, ring=visit.ring, now=visit.now)
    except Late as refusal:
        return _refused(visit, refusal, Why.LATE)
    except TooMany as limit:
        page = _second(visit, half, str(limit), TooMany.status, wait=limit.wait)
        page.headers.update(retry_after(limit.wait))
        return page
    async with visit.writing() as db:
        entered = await enter.enter(db, attempt, right=True, ring=visit.ring, now=visit.now)
        token = await _begin(visit, db, entered) if entered else None
    if token is None:
        return _second(visit, half, "refused", WRONG)
    answer = RedirectResponse(where, SEE_OTHER)
    cookies.open_session(visit, answer, token)
    return answer


@doors.look("/staff/oidc/keys", kind=Kind.MACHINE)
async def keys(visit: Looking) -> Response:
    """Our public key, for the provider."""
    return JSONResponse(provider(visit).keys)


def _carried(visit: Guest, state: str) -> Carried:
    """What this browser took along a moment ago; raises Late when it comes back with something else."""
    found = _unsealed(visit, "oidc", cookies.carried(visit))
    sent = Asked(found["state"], found["nonce"], found["verifier"], found["since"])
    if state != sent.state:
        raise Late("another sign-in came back")
    return Carried(sent, rooms.next_of(found["next"]), found["stay"])


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
        raise Late("this was not ours") from None
    if visit.now >= datetime.fromisoformat(found["i"]) + TAKES:
        raise Late("it took too long")
    return found


def _second(visit: Guest, half: str, error: str | None = None, status: int = OK, **more: Any) -> Response:
    return visit.page("staff_second.html", status=status, half=half, error=error, **more)


def _refused(visit: Guest, refusal: NotVouched, why: Why, **more: Any) -> Response:
    """What can be done about it; the cause itself is in the log, without who it was."""
    log.warning("oidc.refused", cause=str(refusal))
    return visit.page("staff_unlinked.html", status=WRONG, why=why, **more)
