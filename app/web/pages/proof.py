"""A certificate of erasure, from the link that holds it or from its file: shown, checked, and printed.

Nobody needs an address for it. Who was erased may type theirs, to see that the certificate is theirs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.core import paths
from app.core.address import Address, BadAddress, parse
from app.core.errors import BookClosed, Invalid, LinkProblem, NotReady, TooMany
from app.domain import certificate
from app.domain.certificate import Certificate, Removed
from app.features import subscribe
from app.features.certify import Office, certify, check, collect
from app.web import errors, forms
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import OK, SEE_OTHER, WRONG, retry_after
from app.web.links import JSON, own, signed

FILE: Final = "certificate"  # the field with the text of a file

doors = Doors()


def office(visit: Visit, issuer: str) -> Office:
    """In whose name a certificate is made."""
    return Office(issuer, visit.ring, visit.book, visit.house.settings.backup_days)


@doors.look(*signed("certificate"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """The certificate, to read and to print."""
    return await _page(visit, _opened(token), token)


@doors.act(*signed("certificate"), kind=Kind.SIGNED_LINK)
async def mine(visit: Pressed, token: str) -> Response:
    """Is it about this address? Asked by who was erased; counted per network, as the forms are."""
    found, typed = _opened(token), (await visit.fields()).get("address", "")
    try:
        address = parse(typed)
        async with visit.writing() as session:
            await subscribe.within(session, visit.network, visit.limits, ring=visit.ring, now=visit.now)
    except BadAddress as bad:
        return await _page(
            visit, found, token, error=bad.code, typed=typed[: forms.SHOWN_AGAIN], status=WRONG
        )
    except TooMany as limit:
        words = {"error": str(limit), "typed": typed[: forms.SHOWN_AGAIN], "status": TooMany.status}
        answer = await _page(visit, found, token, **words)
        answer.headers.update(retry_after(limit.wait))
        return answer
    theirs = found.genuine(visit.ring) and found.about(visit.ring, address)
    return await _page(visit, found, token, theirs=theirs)


@doors.look(*signed("certificate", JSON), kind=Kind.SIGNED_LINK)
async def download(visit: Looking, token: str) -> Response:
    """The file, for who must show it later."""
    name = f"{paths.WORDS['certificate'][visit.language]}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JSONResponse(_opened(token).file(), headers=headers)


@doors.look(*signed("receipt"), kind=Kind.SIGNED_LINK)
async def late(visit: Looking, token: str) -> Response:
    """On to the certificate of an erasure that waited for the ledger, once that has it."""
    days = visit.house.settings.backup_days
    try:
        async with visit.reading() as session:
            found = await collect(
                session, token, ring=visit.ring, book=visit.book, backup_days=days, now=visit.now
            )
    except BookClosed:
        raise NotReady(["the ledger lacks a line"]) from None
    return RedirectResponse(own("certificate", visit.language, found.packed()), SEE_OTHER)


@doors.look(*paths.CHECK.values(), kind=Kind.PUBLIC)
async def form(visit: Looking) -> Response:
    """Where anybody has the file of a certificate checked."""
    return await _form(visit, "", None)


@doors.act(*paths.CHECK.values(), kind=Kind.PUBLIC)
async def verify(visit: Pressed) -> Response:
    """What the file says, and whether that is so."""
    text = (await visit.fields()).get(FILE, "")
    try:
        found = certificate.read(text.strip())
    except Invalid:
        return await _form(visit, text[: certificate.LONGEST_FILE], "unreadable")
    return await _page(visit, found, found.packed())


def _opened(token: str) -> Certificate:
    try:
        return certificate.unpacked(token)
    except Invalid:
        raise LinkProblem("broken") from None


async def _form(visit: Visit, text: str, error: str | None) -> Response:
    async with visit.reading() as session:
        letter = await errors.only(session)
    status = WRONG if error else OK
    return visit.page("proof_check.html", letter, action=visit.path, text=text, error=error, status=status)


async def _page(visit: Visit, found: Certificate, token: str, **context: Any) -> Response:
    try:
        days = visit.house.settings.backup_days
        verdict = await check(found, ring=visit.ring, book=visit.book, backup_days=days, now=visit.now)
    except BookClosed:
        raise NotReady(["the ledger cannot be reached"]) from None
    async with visit.reading() as session:
        letter = await errors.only(session)
    words: dict[str, Any] = {
        "found": found,
        "verdict": verdict,
        "counts": found.removed,
        "action": own("certificate", visit.language, token),
        "json_url": own("certificate", visit.language, token, JSON),
        "theirs": None,
        "typed": "",
        **context,
    }
    return visit.page("proof.html", letter, **words)


async def made(
    visit: Visit,
    session: AsyncSession,
    address: Address,
    removed: Removed,
    issuer: str,
    *,
    language: str | None = None,
    at: datetime | None = None,
) -> str | None:
    """The path of the certificate of what was erased now, or then; None while the ledger must follow."""
    try:
        found = await certify(session, office(visit, issuer), address, removed, now=at or visit.now)
    except BookClosed:
        return None
    return own("certificate", language or visit.language, found.packed())
