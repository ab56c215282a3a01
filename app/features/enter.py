"""Somebody of the staff signs in, or shows again who they are; the answer to who may not is always the same.

Guessing is limited by where it comes from, never by the account alone: else anybody could lock a
colleague out. A browser that was signed in before has a count of its own, so its owner gets in while
others guess. Only who knows the password already can use up an account's codes (decision 0016).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import onetime, throttle
from app.core.crypto import KeyRing
from app.core.errors import TooMany
from app.core.names import folded
from app.core.throttle import Meter
from app.domain import audit, notice, recovery, session, staff
from app.domain.audit import Event
from app.domain.session import Stay
from app.domain.staff import Staff


@dataclass(frozen=True, slots=True)
class Limit:
    """How many wrong tries are taken."""

    meter: Meter
    most: int


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NETWORK: Final = Limit(Meter("signin-network", HOUR), 100)  # a town hall of colleagues, all typing badly
PAIR: Final = Limit(Meter("signin-pair", HOUR), 10)  # one account from one network
DEVICE: Final = Limit(Meter("signin-device", HOUR), 20)  # a browser that the owner signed in with
CODES: Final = Limit(Meter("signin-codes", DAY), 50)  # with the right password: one in 6,000 guesses right
AGAIN: Final = Limit(Meter("signin-again", HOUR), 10)  # within a session; then it ends
TRIED: Final = Meter("signin-tried", DAY)
TOLD: Final = Meter("signin-told", DAY)
TOLD_AT: Final = 20  # wrong tries in a day: more than anybody forgets; then the owner is told, once


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was typed and where; `device` is the mark of a browser that this account signed in with."""

    name: str
    code: str
    network: str | None
    device: str | None

    @property
    def counted(self) -> list[tuple[Limit, bytes]]:
        """What this try counts for. A name that nobody has is counted just the same."""
        name = folded(self.name)
        if self.device is not None:
            return [(DEVICE, f"{name}|{self.device}".encode())]
        pair = (PAIR, f"{name}|{self.network or ''}".encode())
        return [pair] if self.network is None else [pair, (NETWORK, self.network.encode())]


async def allow(db: AsyncSession, attempt: Attempt, *, ring: KeyRing, now: datetime) -> None:
    """Raise TooMany when there were too many wrong tries from here."""
    for limit, subject in attempt.counted:
        if (await throttle.so_far(db, limit.meter, subject, ring=ring, now=now)).count >= limit.most:
            raise TooMany("tries", limit.meter.starts(now) + limit.meter.window - now)


async def enter(
    db: AsyncSession, attempt: Attempt, *, right: bool, ring: KeyRing, now: datetime
) -> Staff | None:
    """The person who may come in, or None; `right` says whether the password was."""
    person = await staff.known_as(db, attempt.name)
    if person and right and await _coded(db, attempt, person, ring, now):
        person.signed_in_at = now
        await audit.record(db, person.name, Event.STAFF_SIGNED_IN, about=f"staff {person.name}", now=now)
        return person
    for limit, subject in attempt.counted:
        await throttle.hit(db, limit.meter, subject, ring=ring, now=now)
    await _tell(db, attempt.name, person, ring, now)
    return None


async def _coded(db: AsyncSession, attempt: Attempt, person: Staff, ring: KeyRing, now: datetime) -> bool:
    if person.disabled_at is not None:
        return False
    mine = person.id.bytes
    guessed = await throttle.so_far(db, CODES.meter, mine, ring=ring, now=now)
    if attempt.device is None and guessed.count >= CODES.most:
        return False
    if await second(db, person, attempt.code, ring=ring, now=now):
        return True
    if attempt.device is None:
        await throttle.hit(db, CODES.meter, mine, ring=ring, now=now)
    return False


async def second(db: AsyncSession, person: Staff, code: str, *, ring: KeyRing, now: datetime) -> bool:
    """Whether this is a second factor of theirs: a code of the app or a recovery code, each once."""
    if onetime.is_code(onetime.plain(code)):
        return await staff.use_code(db, ring, person, code, now)
    return await recovery.use(db, person.id, code)


async def _tell(db: AsyncSession, name: str, person: Staff | None, ring: KeyRing, now: datetime) -> None:
    """The owner hears of many wrong tries, wherever they come from, once a day; all names are counted."""
    subject = folded(name).encode()
    seen = await throttle.hit(db, TRIED, subject, ring=ring, now=now)
    if seen < TOLD_AT or person is None or person.disabled_at is not None:
        return
    if await throttle.hit(db, TOLD, subject, ring=ring, now=now) > 1:
        return
    await notice.write(db, person, "account", {"what": "attempts", "count": TOLD_AT}, ring=ring, now=now)
    about = f"staff {person.name}"
    await audit.record(db, "service", Event.STAFF_REFUSED_OFTEN, about=about, now=now)


async def linked(db: AsyncSession, subject: str, *, enters: bool, now: datetime) -> Staff | None:
    """The open account that an administrator linked to this person at the identity provider.

    `enters` is False when a second factor is still to come.
    """
    person = await staff.linked_to(db, subject)
    if person is not None and enters:
        person.signed_in_at = now
        about = f"staff {person.name}"
        await audit.record(
            db, person.name, Event.STAFF_SIGNED_IN, about=about, reason="identity provider", now=now
        )
    return person


async def again(
    db: AsyncSession, stay: Stay, person: Staff, code: str, *, right: bool, ring: KeyRing, now: datetime
) -> bool:
    """Somebody who is signed in shows again who they are; after too many wrong tries their session ends."""
    if right or (onetime.is_code(onetime.plain(code)) and await staff.use_code(db, ring, person, code, now)):
        await session.prove(db, stay.id, now)
        return True
    if await throttle.hit(db, AGAIN.meter, stay.id.bytes, ring=ring, now=now) >= AGAIN.most:
        await session.end(db, person.id, stay.id)
    return False
