"""A report came back by mail: who complained, or has no mailbox any more, is left alone from now on.

A reader is known by what we put on the letter ourselves. The delivery's random number stands in the letter's
head only, and in the head of what answers or forwards it. The mark in the link to leave is in every forwarded
text as well, so alone it does what that link does: it ends, and blocks nobody (promise 6). The address in a
report finds nobody. It only holds us back: a server also reports the mailbox that a reader's mail is passed
on to, and that one may go while the reader's is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import BadAddress, parse
from app.core.crypto import KeyRing, Unreadable
from app.domain import audit, farewell, silence, subscriber
from app.domain.audit import Event
from app.domain.block import Ground
from app.domain.book import Book
from app.domain.delivery import Delivery
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber
from app.mail import reports
from app.mail.reports import Kind, Report

GROUNDS = {Kind.COMPLAINT: Ground.COMPLAINT, Kind.RETURNED: Ground.BOUNCE}


class Outcome(StrEnum):
    """What came of a report."""

    BLOCKED = "blocked"  # the subscription ended, and the address is blocked
    LEFT = "left"  # the subscription ended; whose it was is known by the link to leave only
    UNREAD = "unread"  # the subscription ended; its address was damaged, so that it cannot be blocked
    ENDED = "ended"  # it was ours, and the subscription had ended before
    PASSING = "passing"  # trouble that passes, or that is ours: nothing changed
    ELSEWHERE = "elsewhere"  # not surely the reader's own mailbox: nothing changed
    FOREIGN = "foreign"  # no report, or none of ours: nothing changed


@dataclass(frozen=True, slots=True)
class Found:
    """The reader that a report leads to, and whether by the number of a delivery."""

    subscriber_id: UUID
    by_number: bool


async def take_in(session: AsyncSession, raw: bytes, *, ring: KeyRing, book: Book, now: datetime) -> Outcome:
    """Do what a report asks; no mail goes out, and a second time changes nothing."""
    report = reports.read(raw)
    found = await _found(session, report, ring) if report is not None else None
    if report is None or found is None:
        return Outcome.FOREIGN
    if report.kind is Kind.RETURNED and not report.gone:
        return Outcome.PASSING
    row = await subscriber.by_id(session, found.subscriber_id)
    if row is None:
        return Outcome.ENDED
    if report.kind is Kind.RETURNED and not _is_theirs(row, report, ring):
        return Outcome.ELSEWHERE
    if report.kind is Kind.COMPLAINT:
        about = f"newsletter {(await session.get_one(Newsletter, row.newsletter_id)).slug}"
        await audit.record(session, "service", Event.COMPLAINT_RECORDED, about=about, reason="mail", now=now)
    ground, tools = GROUNDS[report.kind], dict[str, Any](book=book, now=now)
    if subscriber.damaged(ring, row):
        await farewell.end_unopened(session, row, silence.ENDS[ground], **tools)
        outcome = Outcome.UNREAD
    elif found.by_number:
        await silence.of_reader(session, row.id, ground, ring=ring, **tools)
        outcome = Outcome.BLOCKED
    else:
        await farewell.end(session, row, silence.ENDS[ground], ring=ring, **tools)
        outcome = Outcome.LEFT
    return outcome


async def _found(session: AsyncSession, report: Report, ring: KeyRing) -> Found | None:
    """The one reader to whom all that is ours in a report leads; None when it leads to nobody, or to two."""
    copies = select(Delivery.subscriber_id).where(Delivery.id.in_(report.numbers))
    numbered = set(await session.scalars(copies))
    marked = {each for text in report.marks if (each := _marked(text, ring)) is not None}
    both = numbered | marked
    return Found(both.pop(), bool(numbered)) if len(both) == 1 else None


def _marked(text: str, ring: KeyRing) -> UUID | None:
    try:
        return tokens.read_mark(ring, "leave", text).subscriber_id
    except Unreadable:
        return None


def _is_theirs(row: Subscriber, report: Report, ring: KeyRing) -> bool:
    if subscriber.damaged(ring, row):
        return False  # nobody can tell, and no mail goes there any more
    address = subscriber.opened(ring, row)
    return any(_canonical(each) == address.canonical for each in report.gone)


def _canonical(text: str) -> str | None:
    try:
        return parse(text).canonical
    except BadAddress:
        return None
