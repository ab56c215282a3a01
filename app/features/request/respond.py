"""What an answer to a privacy request says, and the links in it.

It is true of this address: who has no subscription does not read that we keep one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import paths, tokens
from app.domain import block, erasure, newsletter, request, subscriber
from app.domain.newsletter import Newsletter
from app.domain.request import Kind, Request, State
from app.features.request.receive import Desk

VALID_DAYS = 7  # a link in an answer: people read their mail in the weekend
SEEN = frozenset({Kind.ACCESS, Kind.PORTABILITY})  # answered with a page of everything that is held
OF_A_SUBSCRIPTION = frozenset({Kind.CORRECTION, Kind.RESTRICTION})  # without one there is nothing to do


async def words(
    session: AsyncSession, desk: Desk, row: Request, proof_url: str | None, overtaken: Iterable[str]
) -> dict[str, Any]:
    """What the template of the answer needs, while the address of the request is still there."""
    done, letter = row.state == State.DONE, await session.get_one(Newsletter, row.newsletter_id)
    subscribed = row.kind not in OF_A_SUBSCRIPTION or await _subscribed(session, desk, row)
    link_url = proof_url or (_link(desk, row, letter) if done and subscribed else None)
    return {
        "outcome": row.state,
        "refusal": row.refusal,
        "subscribed": subscribed,
        "link_url": link_url,
        "lift_url": await _way_back(session, desk, row, letter) if done else None,
        "valid_days": VALID_DAYS if done and row.kind in SEEN else None,
        "backup_days": desk.backup_days if done and row.kind == Kind.ERASURE else None,
        "overtaken": ", ".join(overtaken),
    }


async def _subscribed(session: AsyncSession, desk: Desk, row: Request) -> bool:
    address = request.opened(desk.ring, row)
    for letter in await newsletter.every(session):
        if await subscriber.find(session, desk.ring, letter.id, address) is not None:
            return True
    return False


async def _way_back(session: AsyncSession, desk: Desk, row: Request, letter: Newsletter) -> str | None:
    """Where a block is lifted, for who asked for silence, or was erased and has a block that stays."""
    address = request.opened(desk.ring, row)
    held = row.kind in {Kind.OBJECTION, Kind.ERASURE} and await erasure.blocks(
        session, address, ring=desk.ring, now=desk.now
    )
    token = block.link(desk.ring, letter.id, address, desk.now)
    return paths.link(desk.base_url, "lift", row.language, token) if held else None


def _link(desk: Desk, row: Request, letter: Newsletter) -> str | None:
    """Where somebody sees or changes what they asked about, also who has no subscription any more."""
    if row.kind == Kind.LIFT:
        return paths.signup(desk.base_url, row.language, letter.slug)
    if row.kind in OF_A_SUBSCRIPTION:
        return paths.ask(desk.base_url, row.language, letter.slug)
    if row.kind not in SEEN:
        return None
    address, at = request.opened(desk.ring, row).typed, desk.now.isoformat()
    sealed = {"a": address, "n": letter.id.hex, "i": at}
    return paths.link(desk.base_url, "held", row.language, tokens.seal(desk.ring, "held", sealed))
