"""An officer looks one address up, with a reason and a case; that it was done is on record first.

There is no list to go through and nothing to save: who asks has the address already, and hears no more
than what is held of it. The person can read later that they were looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import throttle
from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import Invalid, TooMany
from app.core.throttle import Meter
from app.domain import audit, block, candidate, consent, farewell, lookup, newsletter, request, subscriber
from app.domain.audit import Event
from app.domain.block import Block
from app.domain.casenumber import CASE
from app.domain.consent import Consent
from app.domain.lookup import Why
from app.domain.newsletter import Newsletter
from app.domain.request import Request
from app.domain.subscriber import Subscriber

A_DAY, MOST = Meter("look-up", timedelta(days=1)), 30  # more in a day is no longer about one person at a time


class TooOften(TooMany):
    """An officer looked up more than anybody's work asks for."""


class NoCase(Invalid):
    """A look-up is about a case, and a case has a number."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is held of an address for one newsletter; no address among it."""

    letter: Newsletter
    row: Subscriber | None
    proofs: list[Consent]
    blocked: Block | None
    requests: list[Request]
    waits: bool  # on a list that waits for a second person


async def look_up(
    session: AsyncSession,
    address: Address,
    why: Why,
    number: str,
    *,
    officer: tuple[UUID, str],
    ring: KeyRing,
    now: datetime,
) -> list[Seen]:
    """What is held of an address, per newsletter; raises NoCase and TooOften."""
    if not CASE.fullmatch(number):
        raise NoCase("a case has a number such as V-2026-123456")
    staff_id, name = officer
    if (await throttle.so_far(session, A_DAY, staff_id.bytes, ring=ring, now=now)).count >= MOST:
        raise TooOften("lookups", A_DAY.starts(now) + A_DAY.window - now)
    await throttle.hit(session, A_DAY, staff_id.bytes, ring=ring, now=now)
    await audit.record(session, name, Event.ADDRESS_LOOKED_UP, about=f"case {number}", reason=why, now=now)
    letters = await newsletter.every(session)
    seen = [await _seen(session, each, address, ring=ring, now=now) for each in letters]
    lookup.note(session, ring, address, why=why, number=number, now=now)
    return [each for each in seen if each.row or each.proofs or each.blocked or each.requests or each.waits]


async def _seen(
    session: AsyncSession, letter: Newsletter, address: Address, *, ring: KeyRing, now: datetime
) -> Seen:
    known = consent.proofs(ring, letter.id, address)
    return Seen(
        letter,
        await subscriber.find(session, ring, letter.id, address),
        await consent.of(session, known),
        await block.active(session, letter.id, block.subjects(ring, letter.id, address), now=now),
        await request.of(session, known),
        bool(await candidate.listed(session, ring, farewell.pseudonyms(ring, letter.id, address))),
    )
