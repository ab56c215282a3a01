"""How staff get what they sign in with: a link by mail, behind which they choose it themselves.

Nobody else ever knows a password, and a link alone is not enough for an account that is in use: a
forgotten password still needs the second factor, a lost second factor still needs the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import onetime, paths, throttle
from app.core.crypto import KeyRing
from app.core.errors import Refused, TooMany
from app.core.names import folded
from app.core.throttle import Meter
from app.domain import audit, invitation, notice, recovery, session, staff
from app.domain.audit import Event
from app.domain.invitation import Invitation, Purpose
from app.domain.staff import Role, Staff

HOUR: Final = 3600  # seconds
ASKED_FROM, MOST_FROM = Meter("forgotten-network", timedelta(hours=1)), 20  # a town hall on a Monday
ASKED_FOR, MOST_FOR = Meter("forgotten-name", timedelta(days=1)), 3  # mails a day to one colleague
TRIES: Final = 10  # wrong codes behind one link; then it is void
WRONG: Final = Meter("access", timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose behind their link: hashes and keys, no password in clear."""

    password: str | None  # hash of the new one
    right: bool  # whether the old one was shown
    secret: str | None  # key of the new second factor
    code: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What inviting needs: who does it, and where the links lead."""

    actor: str
    base_url: str
    ring: KeyRing
    now: datetime


async def appoint(
    db: AsyncSession, desk: Desk, *, name: str, address: str, roles: list[Role], language: str
) -> tuple[Staff, bool]:
    """A new account and its invitation, on record; Refused when the name is taken. False: not mailed."""
    kept, about = sorted({str(role) for role in roles}), f"staff {name}"
    # First of all: who adds to the trail waits for who does so now, and then sees the account that they made.
    await audit.record(db, desk.actor, Event.STAFF_ADDED, about=about, reason=", ".join(kept), now=desk.now)
    if taken := await staff.alike(db, name):
        raise Refused(f"there is an account '{taken[0].name}' already; see: bode staff list")
    person = Staff(id=uuid4(), name=name, roles=kept, language=language, created_at=desk.now)
    person.address = staff.sealed(desk.ring, person.id, address)
    db.add(person)
    await db.flush()
    return person, await invite(db, desk, person, Purpose.INVITED)


async def invite(db: AsyncSession, desk: Desk, person: Staff, purpose: Purpose) -> bool:
    """Mail somebody a link; False when there is no newsletter yet in whose name to mail."""
    if person.disabled_at is not None:
        raise Refused(f"the account '{person.name}' is closed")
    token = await invitation.make(db, person.id, purpose, desk.now)
    words = {
        "who": person.name,
        "access_url": paths.link(desk.base_url, "access", person.language, token),
        "purpose": purpose,
        "valid_hours": int(invitation.LIVES[purpose].total_seconds()) // HOUR,
    }
    mailed = await notice.write(db, person, "access", words, ring=desk.ring, now=desk.now)
    about = f"staff {person.name}"
    await audit.record(db, desk.actor, Event.STAFF_INVITED, about=about, reason=purpose, now=desk.now)
    return mailed


async def forgotten(db: AsyncSession, desk: Desk, name: str, network: str | None) -> None:
    """Somebody says they forgot a password: mail its owner a link, if there is one; nobody is told which.

    Raises TooMany only for what comes from one network; a name that is asked for too often gets no mail.
    """
    if network is not None:
        seen = await throttle.hit(db, ASKED_FROM, network.encode(), ring=desk.ring, now=desk.now)
        if seen > MOST_FROM:
            raise TooMany("tries", ASKED_FROM.starts(desk.now) + ASKED_FROM.window - desk.now)
    asked = await throttle.hit(db, ASKED_FOR, folded(name).encode(), ring=desk.ring, now=desk.now)
    person = await staff.known_as(db, name)
    usable = person is not None and person.disabled_at is None and person.password is not None
    if person is not None and usable and asked <= MOST_FOR:
        await invite(db, desk, person, Purpose.PASSWORD)


async def accept(
    db: AsyncSession, row: Invitation, person: Staff, chosen: Chosen, *, ring: KeyRing, now: datetime
) -> list[str] | None:
    """Set what was chosen, once; returns new recovery codes where they are due, None when it is not right."""
    if not await _proven(db, Purpose(row.purpose), person, chosen, ring, now):
        if await throttle.hit(db, WRONG, row.hash, ring=ring, now=now) >= TRIES:
            await invitation.use(db, row)
        return None
    await invitation.use(db, row)
    await invitation.void(db, person.id)
    await session.end(db, person.id)
    if chosen.password is not None:
        person.password, person.password_at = chosen.password, now
    person.signed_in_at = now  # the link lets them in at once
    codes: list[str] = []
    if chosen.secret is not None:
        codes = await refactor(db, person, chosen.secret, chosen.code, ring=ring, now=now)
    about = f"staff {person.name}"
    await audit.record(db, person.name, Event.STAFF_ENROLLED, about=about, reason=row.purpose, now=now)
    return codes


async def _proven(
    db: AsyncSession, purpose: Purpose, person: Staff, chosen: Chosen, ring: KeyRing, now: datetime
) -> bool:
    if purpose is Purpose.PASSWORD:
        if onetime.is_code(onetime.plain(chosen.code)):
            return await staff.use_code(db, ring, person, chosen.code, now)
        return await recovery.use(db, person.id, chosen.code)
    fits = chosen.secret and onetime.step_of(chosen.secret, onetime.plain(chosen.code), now) is not None
    return bool(fits) and (purpose is Purpose.INVITED or chosen.right)


async def refactor(
    db: AsyncSession, person: Staff, secret: str, code: str, *, ring: KeyRing, now: datetime
) -> list[str]:
    """Another second factor, whose first code was shown; the old one and its recovery codes are void."""
    staff.seal_factor(ring, person, secret)
    person.factor_step = onetime.step_of(secret, onetime.plain(code), now)
    return await recovery.renew(db, person.id, now)
