"""How an issue goes or went: the books, how fast, how long still, who refused it and what is in doubt.

Refusals are told per domain of the readers, and a domain only when ten readers of the audience have
it: of a smaller one the name would say who. Addresses are opened in memory to count them; none is
shown, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing, Unreadable
from app.domain import consent, delivery, subscriber
from app.domain.delivery import Delivery, Tally
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber

FEWEST = 10  # readers behind a domain that is named: with fewer, colleagues would know who
OTHER = "other"  # smaller domains, and readers who are not subscribed any more: nobody knows theirs
DOUBT_MOST = 1000  # ids in a report: a crash leaves one a connection, so more never come from one
CHUNK = 1000  # readers looked at together: their addresses are in memory so long, and no longer
SPANS = 12  # issues: a year of a monthly newsletter
ENDS = ("accepted", "refused", "left", "given_up")


@dataclass(frozen=True, slots=True)
class Progress:
    """The books and the speed of an issue at one moment."""

    books: dict[str, int]
    answers: dict[str, int]  # with which answers mail servers refused it
    rate: float | None  # messages a second since it began, or since a person let it go on
    seconds_left: float | None


class Cause(StrEnum):
    """Why mail servers refused a copy."""

    ADDRESS = "address"  # it does not exist (any more)
    MAILBOX = "mailbox"  # closed or full
    POLICY = "policy"  # they do not want our mail
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Span:
    """The time from one issue to the next: how many readers it had, and who came and went since."""

    number: int
    started_at: datetime
    readers: int
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Details:
    """Who refused it and what is in doubt, while the rows per reader are kept (90 days)."""

    refusals: dict[str, int]
    domains: dict[str, int]
    doubt: list[UUID]


async def progress(session: AsyncSession, issue: Issue, *, now: datetime) -> Progress:
    """How far it is; counted now, or as its books were closed."""
    found = await _tally(session, issue)
    books, rate = found.books, _rate(issue, found.books, now)
    left = await _left(session, issue, found, rate, now)
    return Progress(books, found.answers, rate, left)


async def _tally(session: AsyncSession, issue: Issue) -> Tally:
    """Counted now, or as the books were closed; they balance in both cases."""
    if issue.closed_at is not None:
        return await _closed(session, issue)
    live = await delivery.tally(session, issue.id)
    counted = sum(live.books[name] for name in (*ENDS, "waiting"))
    whole = issue.audience if issue.frozen_at else counted
    return Tally({"audience": whole, **live.books}, live.answers, live.last_try)


async def _closed(session: AsyncSession, issue: Issue) -> Tally:
    books = {name: int(getattr(issue, name)) for name in (*ENDS, "in_doubt")}
    answers = issue.answers
    if answers is None:  # closed before the answers were kept
        answers = (await delivery.tally(session, issue.id)).answers
    return Tally({"audience": issue.audience, **books, "waiting": 0}, answers, None)


def _rate(issue: Issue, books: dict[str, int], now: datetime) -> float | None:
    """No row says when it was sent, so this is an average; of a paused issue nobody knows since when."""
    since, until = issue.going_since, issue.closed_at or now
    if since is None or until <= since or (issue.closed_at is None and issue.state != State.SENDING):
        return None
    tried = books["accepted"] + books["refused"] - issue.tried_before
    return tried / (until - since).total_seconds()


async def _left(
    session: AsyncSession, issue: Issue, found: Tally, rate: float | None, now: datetime
) -> float | None:
    if issue.state != State.SENDING:
        return None
    pace = (await session.get_one(Newsletter, issue.newsletter_id)).pace
    speed = rate or pace
    again_in = ((found.last_try or now) - now) / timedelta(seconds=1)
    return max(found.books["waiting"] / speed, again_in) if speed else None


async def details(session: AsyncSession, issue: Issue, found: Progress, *, ring: KeyRing) -> Details:
    """Refusals by answer and by domain, and the copies in doubt; `found` is what was counted already."""
    refusals: Counter[str] = Counter()
    for answer, count in found.answers.items():
        refusals[answer.rpartition(" ")[2]] += count  # "550 5.1.1": the enhanced code, if there is one
    domains = await _domains(session, issue, ring, refusals.total()) if refusals else {}
    return Details(dict(refusals), domains, await doubt(session, issue, found.books, DOUBT_MOST))


def causes(answers: dict[str, int]) -> dict[Cause, int]:
    """Why it was refused, without a look at anybody's address."""
    found: Counter[Cause] = Counter()
    for answer, count in answers.items():
        found[_cause(answer.rpartition(" ")[2])] += count
    return dict(found.most_common())


async def doubt(session: AsyncSession, issue: Issue, books: dict[str, int], most: int) -> list[UUID]:
    """The copies in doubt, while the rows per reader are kept; the books say whether there is any."""
    return await delivery.doubted(session, issue.id, most) if books["in_doubt"] else []


def _cause(code: str) -> Cause:
    """RFC 3463: 5.1 is about the address, 5.2 about the mailbox, 5.7 about who may send."""
    by_subject = {"5.1": Cause.ADDRESS, "5.2": Cause.MAILBOX, "5.7": Cause.POLICY}
    return by_subject.get(code[:3], Cause.OTHER)


async def history(session: AsyncSession, letter: Newsletter, *, now: datetime) -> list[Span]:
    """The last issues that went out, oldest first, and who came and went after each.

    The notice of a data breach also goes to who takes a break: as a number of readers it would be a leap.
    """
    begun = Issue.newsletter_id == letter.id, Issue.started_at.is_not(None), Issue.notice.is_(False)
    query = select(Issue).where(*begun).order_by(Issue.started_at.desc()).limit(SPANS)
    sent = list(await session.scalars(query))[::-1]
    moments = [each.started_at for each in sent if each.started_at is not None]
    moved = await consent.moved(session, letter.id, [*moments, now])
    return [
        Span(each.number, at, each.audience, *counts)
        for each, at, counts in zip(sent, moments, moved, strict=True)
    ]


async def _domains(session: AsyncSession, issue: Issue, ring: KeyRing, total: int) -> dict[str, int]:
    readers: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    async for domain, no in _subscribed(session, issue, ring):
        readers[domain] += 1
        refused[domain] += no
    large = {each for each, count in readers.items() if each and count >= FEWEST}
    named = {each: count for each, count in refused.most_common() if count and each in large}
    rest = total - sum(named.values())
    return {**named, OTHER: rest} if rest else named


async def _subscribed(session: AsyncSession, issue: Issue, ring: KeyRing) -> AsyncIterator[tuple[str, bool]]:
    """The domain of each reader of the audience who is still subscribed, and whether it was refused."""
    query = (
        select(Delivery.seq, Delivery.state, Subscriber.id, Subscriber.address)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(Delivery.issue_id == issue.id)
        .order_by(Delivery.seq)
        .limit(CHUNK)
    )
    rows: list[Any] = list(await session.execute(query))
    while rows:
        for row in rows:
            yield _domain(ring, row, issue.newsletter_id), row.state == delivery.State.REFUSED
        rows = list(await session.execute(query.where(Delivery.seq > rows[-1].seq)))


def _domain(ring: KeyRing, row: Any, newsletter_id: UUID) -> str:
    try:
        address = subscriber.envelope(ring, row.address, row.id, newsletter_id)
    except Unreadable:
        return ""  # sealed under a key that is gone
    return address.rpartition(b"@")[2].decode().casefold()
