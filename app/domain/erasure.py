"""What an erasure meets on its way: a block that stays unless it goes too, and open requests that it ends.

Both are told before the button, to the person or to the officer who presses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import audit, block, consent, newsletter, request
from app.domain.audit import Event
from app.domain.block import Block
from app.domain.newsletter import Newsletter
from app.domain.request import ENDS, Kind, Request, State


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is there before an address is erased; `blocks` has one of each newsletter at most."""

    blocks: list[Block]
    requests: list[Request]


async def ahead(
    session: AsyncSession, address: Address, *, ring: KeyRing, now: datetime, but: UUID | None = None
) -> Ahead:
    """Look at it, changing nothing; `but` is the very request that asks for the erasure."""
    letters = await newsletter.every(session)
    known = [proof for letter in letters for proof in consent.proofs(ring, letter.id, address)]
    asked = await request.of(session, known)
    waiting = [each for each in asked if each.id != but and each.state not in ENDS]
    return Ahead(await _blocks(session, letters, address, ring=ring, now=now), waiting)


async def blocks(session: AsyncSession, address: Address, *, ring: KeyRing, now: datetime) -> list[Block]:
    """The blocks that hold for an address, over all newsletters."""
    return await _blocks(session, await newsletter.every(session), address, ring=ring, now=now)


async def _blocks(
    session: AsyncSession, letters: Sequence[Newsletter], address: Address, *, ring: KeyRing, now: datetime
) -> list[Block]:
    known = {letter.id: block.subjects(ring, letter.id, address) for letter in letters}
    found = [await block.active(session, each, known[each], now=now) for each in known]
    return [each for each in found if each is not None]


async def overtake(
    session: AsyncSession,
    known: Sequence[bytes],
    *,
    now: datetime,
    but: UUID | None = None,
    upto: datetime | None = None,
) -> list[str]:
    """Somebody is erased: their open requests end, and none leads to them. The numbers of which ended.

    `but` is the very request that asks for it: it goes on until it was answered. A replay leaves alone
    what came in later, and an open request to be erased: it may have been carried out by half when
    everything stopped, so a person carries it out again and answers.
    """
    rows = [row for row in await request.of(session, known) if row.id != but]
    if upto is not None:
        rows = [row for row in rows if row.recorded_at <= upto and not _asks_for_it(row)]
    waiting = [row for row in rows if row.state not in ENDS]
    for row in waiting:
        request.close(row, State.OVERTAKEN, now)
    for row in rows:
        row.subject = None
    return [row.number for row in waiting]


async def overtaken_with(session: AsyncSession, row: Request) -> list[str]:
    """The numbers of the requests that ended in the very moment in which this erasure was carried out."""
    if row.kind != Kind.ERASURE or row.state != State.DONE:
        return []
    these = Request.state == State.OVERTAKEN, Request.closed_at == row.decided_at
    return list(await session.scalars(select(Request.number).where(*these).order_by(Request.seq)))


async def note(session: AsyncSession, number: str, actor: str, now: datetime) -> None:
    """That a request ended by an erasure, and not by its own answer, is on record."""
    about, reason = f"request {number}", "overtaken by an erasure"
    await audit.record(session, actor, Event.REQUEST_CLOSED, about=about, reason=reason, now=now)


def _asks_for_it(row: Request) -> bool:
    return row.kind == Kind.ERASURE and row.state not in ENDS
