"""A reader asks to be forgotten: first what goes and what stays, then one button."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from app.domain import block, erasure
from app.features import certify, erase
from app.web import terms
from app.web.deps import Looking, Pressed
from app.web.doors import Doors, Kind
from app.web.links import ACTS, own, signed
from app.web.pages.mydata import opened
from app.web.pages.proof import made

UNBLOCK: Final = "unblock"  # the box with which a block goes too
ACTOR = "reader"  # the trail says that a reader asked, never which

doors = Doors()


@doors.look(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """What the button does."""
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
        ahead = await erasure.ahead(session, mine.address, ring=visit.ring, now=visit.now)
    days, blocked = visit.house.settings.backup_days, bool(ahead.blocks)
    goes, stays = terms.at_erasure(days, visit.language, blocked=blocked)
    return visit.page(
        "erase.html",
        mine.newsletter,
        action=visit.path,
        back_url=own("manage", visit.language, token),
        goes=goes,
        stays=stays,
        ahead=ahead,
    )


@doors.act(*signed("manage", ACTS["erase"]), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """Everything of this address goes, in every newsletter."""
    words: dict[str, Any] = {"ring": visit.ring, "book": visit.book, "actor": ACTOR, "now": visit.now}
    with_block = UNBLOCK in await visit.fields()
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        address, letter = mine.address, mine.newsletter
        erased = await erase.erase(session, address, **words)
        if with_block:
            erased = await erase.unblock(session, address, erased, **words)
        proof_url = await made(visit, session, address, erased.removed, letter.sender_name)
        blocks = await erasure.blocks(session, address, ring=visit.ring, now=visit.now)
    receipt = None if proof_url else certify.receipt(visit.ring, letter, address, erased.removed, visit.now)
    lift = own("lift", visit.language, block.link(visit.ring, letter.id, address, visit.now))
    return visit.page(
        "erased.html",
        letter,
        erased=erased,
        finished=erased.final,
        proof_url=proof_url,
        receipt_url=own("receipt", visit.language, receipt) if receipt else None,
        receipt_days=certify.OPENS_FOR.days,
        lift_url=lift if blocks else None,
    )
