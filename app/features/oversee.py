"""What administrators do with accounts: give roles, close, and look once a quarter at who has what.

Nobody changes their own roles, and there is always an administrator left (BIO2 5.16, 5.18).
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Refused
from app.domain import audit, invitation, review, session, staff
from app.domain.audit import Event
from app.domain.staff import Role, Staff


class LastAdministrator(Refused):
    """Without an administrator nobody could let anybody in."""


class OwnRoles(Refused):
    """Nobody decides about themselves."""


class AlreadyLinked(Refused):
    """One person at the identity provider is one account here."""


async def give(db: AsyncSession, actor: Staff, name: str, roles: list[Role], *, now: datetime) -> Staff:
    """Other roles for a colleague, on record; raises Refused."""
    person = await _other(db, actor, name)
    kept = sorted({str(role) for role in roles})
    if Role.ADMINISTRATOR not in kept:
        await _another(db, person)
    if kept != sorted(person.roles):
        person.roles = kept
        reason = ", ".join(kept)
        await audit.record(
            db, actor.name, Event.STAFF_ROLES_CHANGED, about=f"staff {name}", reason=reason, now=now
        )
    return person


async def link(db: AsyncSession, actor: Staff, name: str, subject: str, *, now: datetime) -> None:
    """Link a colleague's account to who they are at the identity provider; empty takes the link away."""
    person = await _other(db, actor, name)
    taken = select(Staff).where(Staff.subject == subject, Staff.id != person.id)
    if (await db.scalars(taken)).first() is not None:
        raise AlreadyLinked("this number belongs to another account")
    person.subject = subject or None
    reason = "linked" if subject else "not linked"
    await audit.record(db, actor.name, Event.STAFF_LINKED, about=f"staff {name}", reason=reason, now=now)


async def closable(db: AsyncSession, actor: Staff, name: str) -> Staff:
    """The account, when this administrator may close it; raises OwnRoles or LastAdministrator."""
    person = await _other(db, actor, name)
    await _another(db, person)
    return person


async def close(db: AsyncSession, actor: Staff, name: str, *, reason: str = "", now: datetime) -> Staff:
    """Close a colleague's account; all their sessions end in the same moment.

    `reason` says what became of what they had in hand.
    """
    person = await closable(db, actor, name)
    await shut(db, person, actor=actor.name, reason=reason, now=now)
    return person


async def shut(db: AsyncSession, person: Staff, *, actor: str, reason: str = "", now: datetime) -> None:
    """Close an account; it stays, because the trail names it."""
    if person.disabled_at is not None:
        raise Refused(f"the account '{person.name}' is closed already")
    person.disabled_at = now
    await session.end(db, person.id)
    await invitation.void(db, person.id)
    about = f"staff {person.name}"
    await audit.record(db, actor, Event.STAFF_DISABLED, about=about, reason=reason, now=now)


def fingerprint(people: list[Staff]) -> str:
    """What somebody saw: sign-off counts for these accounts and roles and no others."""
    seen = json.dumps([[each.name, sorted(each.roles)] for each in people])
    return hashlib.sha256(seen.encode()).hexdigest()


async def sign_off(db: AsyncSession, actor: Staff, *, now: datetime) -> None:
    """An administrator looked at every account and its roles, and says that they are right."""
    people = await db.scalars(select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.name))
    seen = {each.name: list(each.roles) for each in people}
    await review.sign(db, actor.name, seen, now)
    about = f"{len(seen)} accounts"
    await audit.record(db, actor.name, Event.STAFF_REVIEWED, about=about, now=now)


async def administrators(db: AsyncSession) -> int:
    """How many there are; at least two are asked for."""
    return len(await staff.with_role(db, Role.ADMINISTRATOR))


async def _other(db: AsyncSession, actor: Staff, name: str) -> Staff:
    person = await staff.named(db, name)
    if person.id == actor.id:
        raise OwnRoles("nobody changes their own roles or closes their own account; ask a colleague")
    if person.disabled_at is not None:
        raise Refused(f"the account '{name}' is closed already")
    return person


async def _another(db: AsyncSession, person: Staff) -> None:
    """Raise LastAdministrator when this person is the only one; two who try at once wait for each other."""
    query = select(Staff).where(Staff.disabled_at.is_(None)).order_by(Staff.id).with_for_update()
    fresh = query.execution_options(populate_existing=True)  # who was read before the wait may have changed
    others = [each for each in await db.scalars(fresh) if each.id != person.id]
    if person.has(Role.ADMINISTRATOR) and not any(each.has(Role.ADMINISTRATOR) for each in others):
        raise LastAdministrator("this is the last administrator; make a colleague administrator first")
