"""A subscription goes on at a new address once that address itself has said yes; the old one is told.

The link to a new address is asked for behind the reader's own link, and is void like a confirmation link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import LinkProblem
from app.domain import consent, delivery, farewell, newsletter, outbox, service, subscriber
from app.domain.book import Book
from app.domain.farewell import Ended
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.subscriber import Subscriber

MOVES_FOR = timedelta(hours=24)  # the link to a new address; its owner is waiting for it

Shown = Callable[[Newsletter], str]


@dataclass(frozen=True, slots=True)
class Move:
    """A subscription on its way to a new address."""

    mine: Subscriber
    newsletter: Newsletter
    new: Address
    issued_at: datetime
    nonce: str


async def look(session: AsyncSession, text: str, *, ring: KeyRing, book: Book, now: datetime) -> Move:
    """What the link to a new address would do, changing nothing; raises LinkProblem.

    It is void as a confirmation link is: after a restore, and when the new address left or was
    blocked since.
    """
    try:
        content = tokens.unseal(ring, "address", text)
    except Unreadable:
        raise LinkProblem("broken") from None
    issued_at = datetime.fromisoformat(content["i"])
    letter = await newsletter.by_tag(session, UUID(content["n"]).bytes[: tokens.TAG_BYTES])
    if letter is None:
        raise LinkProblem("broken")
    where = {"slug": letter.slug, "language": content["l"]}
    if now > issued_at + MOVES_FOR:
        raise LinkProblem("expired", **where)
    if await service.was_used(session, content["x"]):
        raise LinkProblem("used", **where)
    row, new = await subscriber.by_id(session, UUID(content["s"])), parse(content["a"])
    void_since = await farewell.void_since(session, letter.id, new, ring=ring, book=book, now=now)
    # What the reader said last counts: a link to a mistyped address is void once another one said yes.
    outdated = row is not None and issued_at < row.confirmed_at
    if row is None or outdated or (void_since is not None and issued_at <= void_since):
        raise LinkProblem("void", **where)
    return Move(row, letter, new, issued_at, content["x"])


async def change_address(
    session: AsyncSession, text: str, *, shown: Shown, ring: KeyRing, book: Book, now: datetime
) -> Newsletter:
    """The new address said yes: the old one ends, is told so, and the subscription goes on.

    It keeps its random number, so that a link in an older newsletter still ends it (promise 5). `shown`
    gives the exact text that stood at the button.
    """
    await service.hold_key(session, ring)
    move = await look(session, text, ring=ring, book=book, now=now)
    if not await service.use_link(session, move.nonce, issued_at=move.issued_at):
        raise LinkProblem("used", slug=move.newsletter.slug, language=move.mine.language)
    row = subscriber.new(
        ring,
        move.newsletter.id,
        move.new,
        language=move.mine.language,
        confirmed_at=now,
        subscriber_id=move.mine.id,
    )
    row.paused_until, row.restricted_at = move.mine.paused_until, move.mine.restricted_at
    await delivery.going_out(session, move.newsletter.id)
    taken = await _taken(session, move, ring)
    ended = await farewell.end(session, move.mine, Reason.CHANGED, ring=ring, book=book, now=now)
    if ended is None:
        raise LinkProblem("void", slug=move.newsletter.slug, language=row.language)
    if not taken and await _takes_over(session, row, move, shown(move.newsletter), ring):
        await delivery.come_back(session, row, since=move.mine.confirmed_at, until=now)
    _tell_old(session, ended, ring=ring, now=now)
    return move.newsletter


async def _taken(session: AsyncSession, move: Move, ring: KeyRing) -> bool:
    """Whether the new address was subscribed already: then only the old one ends."""
    if await subscriber.find(session, ring, move.newsletter.id, move.new) is None:
        return False
    if move.new.canonical != subscriber.opened(ring, move.mine).canonical:
        return True
    raise LinkProblem("used", slug=move.newsletter.slug, language=move.mine.language)


async def _takes_over(session: AsyncSession, row: Subscriber, move: Move, words: str, ring: KeyRing) -> bool:
    """False when the new address signed up in this very moment."""
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    at_button = await consent.worded(session, words, row.confirmed_at)
    for event, at, wording in (
        (consent.Event.REQUESTED, move.issued_at, None),
        (consent.Event.CONFIRMED, row.confirmed_at, at_button),
    ):
        consent.record(session, ring, move.newsletter.id, move.new, event, at=at, wording_id=wording)
    return True


def _tell_old(session: AsyncSession, ended: Ended, *, ring: KeyRing, now: datetime) -> None:
    content = {
        "address": ended.address.typed,
        "newsletter": ended.newsletter_id.hex,
        "language": ended.language,
    }
    outbox.write(session, ring, Purpose.MOVED, content, now)
