"""A reader asks to be forgotten: first what goes and what stays, then one button."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.address import BadAddress, parse
from app.domain import block, erasure, term
from app.domain.erasure import Ahead
from app.domain.request import Channel
from app.domain.request import Kind as Right
from app.features import certify, erase, manage
from app.features.erase import Erased
from app.features.manage import Damaged, Mine, NotTheirs
from app.features.request import settle
from app.features.request.receive import Asked, receive
from app.features.request.settle import Gone, Way
from app.web import forms, terms
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.links import ACTS, own, signed
from app.web.pages.mydata import opened
from app.web.pages.proof import made
from app.web.pages.verify import desk

UNBLOCK: Final = "unblock"  # the box with which a block goes too
MAILED: Final = "mail"  # the box with which the certificate comes as one last mail too
ACTOR = "reader"  # the trail says that a reader asked, never which
ANOTHER: Final = "another"  # what was typed is an address, and not the one of this link

doors = Doors()


@doors.look(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What the button does."""
    return await _ask(visit, token)


@doors.act(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """Everything of this address goes, in every newsletter."""
    fields = await visit.fields()
    try:
        async with visit.writing() as session:
            mine = await _mine(visit, session, token, fields)
            return await _erase(visit, session, mine, fields)
    except (BadAddress, NotTheirs) as wrong:
        code = wrong.code if isinstance(wrong, BadAddress) else ANOTHER
        return await _ask(visit, token, typed=fields.get("address", ""), error=code)


async def _ask(visit: Visit, token: str, *, typed: str = "", error: str | None = None) -> Response:
    """Said before the button; whoever's address was damaged types it here, so that all of theirs is found."""
    damaged, ahead = False, Ahead([], [])
    async with visit.reading() as session:
        try:
            mine = await opened(visit, session, token)
            letter = mine.newsletter
            ahead = await erasure.ahead(session, mine.address, ring=visit.ring, now=visit.now)
        except Damaged as found:
            letter, damaged = found.letter, True
    blocked = damaged or bool(ahead.blocks)  # nobody can tell yet whether there is one
    goes, stays = terms.at_erasure(visit.house.settings.backup_days, visit.language, blocked=blocked)
    words: dict[str, Any] = {"goes": goes, "stays": stays, "ahead": ahead, "damaged": damaged}
    words |= {"typed": typed[: forms.SHOWN_AGAIN], "error": error, "status": WRONG if error else OK}
    back_url = own("manage", visit.language, token)
    return visit.page("erase.html", letter, action=visit.path, back_url=back_url, **words)


async def _mine(visit: Visit, session: AsyncSession, token: str, fields: dict[str, str]) -> Mine:
    try:
        return await opened(visit, session, token)
    except Damaged:
        typed = parse(fields.get("address", ""))
        return await manage.open_typed(session, token, typed, ring=visit.ring, now=visit.now)


async def _erase(visit: Visit, session: AsyncSession, mine: Mine, fields: dict[str, str]) -> Response:
    words: dict[str, Any] = {"ring": visit.ring, "book": visit.book, "actor": ACTOR, "now": visit.now}
    address, letter = mine.address, mine.newsletter
    erased = await erase.erase(session, address, **words)
    if UNBLOCK in fields:
        erased = await erase.unblock(session, address, erased, **words)
    proof_url = await made(visit, session, address, erased.removed, letter.sender_name)
    number = await _mail(visit, session, mine, erased, proof_url) if MAILED in fields else None
    blocks = await erasure.blocks(session, address, ring=visit.ring, now=visit.now)
    receipt = None if proof_url else certify.receipt(visit.ring, letter, address, erased.removed, visit.now)
    lift = own("lift", visit.language, block.link(visit.ring, letter.id, address, visit.now))
    return visit.page(
        "erased.html",
        letter,
        erased=erased,
        finished=erased.final,
        number=number,
        proof_url=proof_url,
        receipt_url=own("receipt", visit.language, receipt) if receipt else None,
        receipt_days=certify.OPENS_FOR.days,
        lift_url=lift if blocks else None,
    )


async def _mail(
    visit: Visit, session: AsyncSession, mine: Mine, erased: Erased, proof_url: str | None
) -> str:
    """The certificate as one last mail, which is the answer to a request of this moment; its number.

    The request comes after the erasure, which would end it. Its address goes with its mail.
    """
    at, on = desk(visit), term.today(visit.now)
    asked = Asked(mine.newsletter, mine.address, Right.ERASURE, Channel.LINK, visit.language, on)
    row = await receive(session, at, asked)
    whole = f"{at.base_url}{proof_url}" if proof_url else None  # without, it follows when the ledger is back
    await settle.carry_out(session, at, row, Way.MAIL, Gone(erased.removed, erased.overtaken, whole))
    return row.number
