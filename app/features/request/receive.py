"""A privacy request comes in: behind the reader's own link, or typed by an officer from a letter or call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import Invalid
from app.domain import audit, casenumber, notice, outbox, request, term
from app.domain.audit import Event
from app.domain.book import Book
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.request import Channel, Identity, Kind, Request, State
from app.domain.staff import Role

ROOM = "/staff/requests"
READER = "reader"  # the trail says that a reader did it, never which
OLDEST = timedelta(days=366)  # a letter that was found back later than that is typed with a wrong year


@dataclass(frozen=True, slots=True)
class Desk:
    """What handling a request needs: who does it, keys, ledger, where links lead, and the time."""

    actor: str
    ring: KeyRing
    book: Book
    base_url: str
    backup_days: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks, for which address."""

    letter: Newsletter
    address: Address
    kind: Kind
    channel: Channel
    language: str
    received_on: date


async def receive(session: AsyncSession, desk: Desk, asked: Asked) -> Request:
    """Put a request on record; the term runs from the day it came in. By the own link, we know who asks."""
    on = term.today(desk.now)
    if not on - OLDEST <= asked.received_on <= on:
        raise Invalid("a request came in today or at most a year ago")
    row = request.new(
        desk.ring,
        asked.letter.id,
        asked.address,
        number=await casenumber.free(session, asked.received_on.year),
        kind=asked.kind,
        channel=asked.channel,
        language=asked.language,
        received_on=asked.received_on,
        recorded_at=desk.now,
    )
    session.add(row)
    await note(session, desk, row, Event.REQUEST_RECEIVED, f"{asked.kind}, {asked.channel}")
    if asked.channel is Channel.LINK:
        row.identity = Identity.LINK
        row.move_to(State.KNOWN)
    await session.flush()
    return row


async def note(session: AsyncSession, desk: Desk, row: Request, event: Event, reason: str) -> None:
    """A step is on record with the number of the request, and never with whose it is."""
    about = f"request {row.number}"
    await audit.record(session, desk.actor, event, about=about, reason=reason, now=desk.now)


async def tell(
    session: AsyncSession, ring: KeyRing, row: Request, base_url: str, now: datetime, *, ready: bool = False
) -> int:
    """Word to officers that a request waits for them, and to the supervisor when it is late."""
    on = term.today(now)
    left = row.term.left(on)
    words = {
        "number": row.number,
        "left": left,
        "ready": ready,
        "last_on": row.term.last(on).isoformat(),
        "room_url": f"{base_url}{ROOM}/{row.id}",
    }
    letter = await session.get_one(Newsletter, row.newsletter_id)
    roles = (Role.OFFICER,) if left >= 0 else (Role.OFFICER, Role.SUPERVISOR)
    return await notice.tell(session, letter, "term", words, roles=roles, ring=ring, now=now)


def mail(
    session: AsyncSession, desk: Desk, row: Request, template: str, *, answers: bool = False, **words: object
) -> None:
    """Queue a mail to who asks; `answers` when the request ends with it."""
    on = row.received_on.isoformat()
    content = {
        "address": request.opened(desk.ring, row).typed,
        "newsletter": row.newsletter_id.hex,
        "language": row.language,
        "template": template,
        "words": {"number": row.number, "kind": row.kind, "received_on": on, **words},
    }
    if answers:
        content["answers"], row.mailed_at = row.id.hex, desk.now
    else:
        content["request"] = row.id.hex
    outbox.write(session, desk.ring, Purpose.REQUEST, content, desk.now)
