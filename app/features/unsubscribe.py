"""A reader leaves: by one click in the mail program (RFC 8058), or by a link and a button.

It always works: the link never expires, survives key changes, and answers the same when the row has
already gone. A slip can be undone for 15 minutes from the page itself, which holds all that takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import LinkProblem
from app.domain import block, consent, delivery, farewell, newsletter, service, subscriber
from app.domain.book import Book
from app.domain.farewell import Ended
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber

UNDO_FOR = timedelta(minutes=15)  # long enough to notice a slip, short enough to be forgotten
TICK = timedelta(milliseconds=1)  # the ledger's grain: an undone end must not be replayed


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a link in a newsletter points at; `masked` is None when there is nothing to end."""

    newsletter: Newsletter | None
    subscriber_id: UUID
    masked: str | None
    language: str | None


async def look(session: AsyncSession, token: str, *, ring: KeyRing) -> Leaving:
    """Whose subscription the link can end, changing nothing; raises LinkProblem when forged."""
    try:
        mark = tokens.read_mark(ring, "leave", token)
    except Unreadable:
        raise LinkProblem("broken") from None
    letter = await newsletter.by_tag(session, mark.tag)
    row = await subscriber.by_id(session, mark.subscriber_id)
    return Leaving(letter, mark.subscriber_id, _masked(ring, row), row.language if row else None)


def _masked(ring: KeyRing, row: Subscriber | None) -> str | None:
    try:
        return subscriber.opened(ring, row).masked if row else None
    except Unreadable:
        return None  # it can be ended all the same


async def leave(
    session: AsyncSession, token: str, *, ring: KeyRing, book: Book, now: datetime
) -> tuple[Leaving, str | None]:
    """End the subscription if it is there; returns the value that can take the slip back.

    None when nothing was there to end, or nobody can read whose it was: then it cannot be taken back either.
    """
    leaving = await look(session, token, ring=ring)
    row = await subscriber.by_id(session, leaving.subscriber_id)
    try:
        ended = await farewell.end(session, row, Reason.LEFT, ring=ring, book=book, now=now) if row else None
    except Unreadable:
        assert row is not None
        await farewell.end_unopened(session, row, Reason.LEFT, book=book, now=now)
        return leaving, None
    return leaving, _undo_value(ring, ended, now) if ended is not None else None


def _undo_value(ring: KeyRing, ended: Ended, now: datetime) -> str:
    content = {
        "i": now.isoformat(),
        "x": uuid4().hex,
        "s": ended.subscriber_id.hex,
        "a": ended.address.typed,
        "n": ended.newsletter_id.hex,
        "l": ended.language,
        "c": ended.confirmed_at.isoformat(),
        "e": ended.at.isoformat(),
    }
    if ended.paused_until is not None:
        content["p"] = ended.paused_until.isoformat()
    if ended.restricted_at is not None:
        content["r"] = ended.restricted_at.isoformat()
    return tokens.seal(ring, "undo", content)


async def undo(session: AsyncSession, value: str, *, ring: KeyRing, now: datetime) -> Newsletter:
    """Take a slip back within 15 minutes; raises LinkProblem (expired, used, void or broken)."""
    try:
        content = tokens.unseal(ring, "undo", value)
    except Unreadable:
        raise LinkProblem("broken") from None
    letter = await session.get(Newsletter, UUID(content["n"])) if content["n"] else None
    if now > datetime.fromisoformat(content["i"]) + UNDO_FOR or "a" not in content or letter is None:
        raise LinkProblem("expired", slug=letter.slug if letter else "")
    await service.hold_key(session, ring)
    void_before = (await service.state(session)).void_before
    ended_at = datetime.fromisoformat(content["e"])
    known = block.subjects(ring, letter.id, parse(content["a"]))
    proof = await consent.of(session, consent.proofs(ring, letter.id, parse(content["a"])))
    void = (void_before and ended_at <= void_before) or not proof  # gone: erased in the meantime
    if void or await block.active(session, letter.id, known, now=now):
        raise LinkProblem("void", slug=letter.slug, language=content["l"])
    if await service.use_link(session, content["x"], issued_at=now):
        await _bring_back(session, letter, content, ring=ring, now=now)
    elif await subscriber.find(session, ring, letter.id, parse(content["a"])) is None:
        raise LinkProblem("used", slug=letter.slug, language=content["l"])
    return letter  # pressing twice is no failure


async def _bring_back(
    session: AsyncSession,
    letter: Newsletter,
    content: dict[str, str],
    *,
    ring: KeyRing,
    now: datetime,
) -> None:
    address = parse(content["a"])
    if await subscriber.find(session, ring, letter.id, address) is not None:
        return
    ended_at = datetime.fromisoformat(content["e"])
    row = subscriber.new(
        ring,
        letter.id,
        address,
        language=content["l"],
        confirmed_at=max(now, ended_at + TICK),
        subscriber_id=UUID(content["s"]),
    )
    if "p" in content:
        row.paused_until = datetime.fromisoformat(content["p"])
    if "r" in content:  # a slip taken back is no yes to being mailed again (Art. 18)
        row.restricted_at = datetime.fromisoformat(content["r"])
    session.add(row)
    since = datetime.fromisoformat(content.get("c", content["e"]))
    await delivery.come_back(session, row, since=since, until=ended_at)
    known = consent.proofs(ring, letter.id, address)
    await consent.reopen(session, known, ended_at=ended_at)
    consent.record(session, ring, letter.id, address, consent.Event.UNDONE, at=now)
