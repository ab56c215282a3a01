"""Somebody who is signed in changes what they sign in with, or where they are signed in.

Their other sessions end, and they are told by mail: who did not do this hears of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import onetime
from app.core.crypto import KeyRing
from app.domain import audit, invitation, notice, recovery, session, staff
from app.domain.audit import Event
from app.domain.session import Stay
from app.domain.staff import Staff

EVENTS = {
    "password": Event.STAFF_PASSWORD_CHANGED,
    "factor": Event.STAFF_FACTOR_CHANGED,
    "codes": Event.STAFF_CODES_RENEWED,
}


async def password(
    db: AsyncSession, stay: Stay, person: Staff, hashed: str, *, ring: KeyRing, now: datetime
) -> None:
    """Another password; browsers that were known no longer are."""
    person = await db.get_one(Staff, person.id)
    person.password, person.password_at = hashed, now
    await _changed(db, stay, person, "password", ring, now)


async def factor(
    db: AsyncSession, stay: Stay, person: Staff, secret: str, code: str, *, ring: KeyRing, now: datetime
) -> list[str] | None:
    """Another second factor and its recovery codes; None when the first code is not right."""
    step = onetime.step_of(secret, onetime.plain(code), now)
    if step is None:
        return None
    person = await db.get_one(Staff, person.id)
    staff.seal_factor(ring, person, secret)
    person.factor_step = step
    await _changed(db, stay, person, "factor", ring, now)
    return await recovery.renew(db, person.id, now)


async def codes(db: AsyncSession, stay: Stay, person: Staff, *, ring: KeyRing, now: datetime) -> list[str]:
    """Ten new recovery codes instead of the old ones."""
    await _changed(db, stay, person, "codes", ring, now)
    return await recovery.renew(db, person.id, now)


async def _changed(
    db: AsyncSession, stay: Stay, person: Staff, what: str, ring: KeyRing, now: datetime
) -> None:
    await session.end_others(db, person.id, stay.id)
    await invitation.void(db, person.id)
    await notice.write(db, person, "account", {"what": what, "count": 0}, ring=ring, now=now)
    await audit.record(db, person.name, EVENTS[what], about=f"staff {person.name}", now=now)
