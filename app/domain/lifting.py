"""A block is lifted because its person wants that: the ledger first, so that no replay brings it back.

There are three ways: the link that came with the block, a request that an officer handles, and an erasure
that takes the block along. Somebody who only types the address lifts nothing, and no mail goes to it. But
where only the mailbox was gone, its owner signs up again: the yes lifts that block, and no other (ER-05).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import audit, block, farewell, ledger, newsletter
from app.domain.audit import Event
from app.domain.block import Ground
from app.domain.book import Book, Farewell
from app.domain.ledger import BLOCKS, Entry, Reason
from app.domain.newsletter import Newsletter

AHEAD: Final = timedelta(hours=1)  # more than two hosts' clocks differ by: what is later has not happened


async def lift(
    session: AsyncSession,
    newsletter_id: UUID,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    now: datetime,
    upto: datetime | None = None,
) -> tuple[int, bool]:
    """Lift the blocks of an address: how many, and whether the ledger has it.

    `upto` leaves alone a block of after that moment: who asked for silence again has it.
    """
    known = block.subjects(ring, newsletter_id, address)
    gone = await block.remove(session, newsletter_id, known, ledger.moment(upto or now))
    return await _told(session, book, newsletter_id, gone, now)


async def answered(
    session: AsyncSession, letter: Newsletter, address: Address, *, ring: KeyRing, book: Book, now: datetime
) -> None:
    """A mailbox that was gone said yes: what blocked it for that goes, on record as the reader's own act."""
    known = block.subjects(ring, letter.id, address)
    gone = await block.remove(session, letter.id, known, ledger.moment(now), Ground.BOUNCE)
    await _told(session, book, letter.id, gone, now)
    if gone:
        about = f"newsletter {letter.slug}"
        await audit.record(session, "reader", Event.BLOCK_LIFTED, about=about, reason="button", now=now)


async def _told(
    session: AsyncSession, book: Book, newsletter_id: UUID, gone: list[tuple[bytes, str]], now: datetime
) -> tuple[int, bool]:
    """A line of the ledger for each: how many, and whether the ledger has them."""
    final = True
    for subject, key_id in gone:
        line = Farewell(newsletter_id, key_id, subject, Reason.LIFTED, ledger.moment(now))
        final = await farewell.write(session, book, line) and final
    return len(gone), final


async def everywhere(
    session: AsyncSession,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    by: tuple[str, str],
    now: datetime,
    upto: datetime | None = None,
) -> tuple[int, bool]:
    """The same over all newsletters, on record with who and how: how many, and whether the ledger has it."""
    (actor, reason), count, final = by, 0, True
    for letter in await newsletter.every(session):
        many, noted = await lift(session, letter.id, address, ring=ring, book=book, now=now, upto=upto)
        count, final = count + many, final and noted
        if many:
            about = f"newsletter {letter.slug}"
            await audit.record(session, actor, Event.BLOCK_LIFTED, about=about, reason=reason, now=now)
    return count, final


async def again(session: AsyncSession, entry: Entry, now: datetime) -> None:
    """Do what the ledger says: block for what is left of the term, or lift, and then a later block stays."""
    newsletter_id = UUID(hex=entry.newsletter)
    if entry.reason == Reason.LIFTED:
        if ahead(entry, now):
            return
        await block.remove(session, newsletter_id, [entry.subject], entry.at)
        return
    ground = Ground(entry.reason)
    ends = block.until(ground, entry.at)
    # A newsletter younger than the backup is not there.
    if (ends is None or ends > now) and await session.get(Newsletter, newsletter_id) is not None:
        await block.put(session, newsletter_id, (entry.subject, entry.key_id), ground, entry.at)


def ahead(entry: Entry, now: datetime) -> bool:
    """Whether a line is dated in the future: it lifts nothing, or it would lift every later block as well."""
    return entry.at > now + AHEAD


async def standing(book: Book, entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """These lines without the blocks that were lifted since, in whatever order the ledger heard of them."""
    blocked = [each.subject for each in entries if each.reason in BLOCKS]
    known = await book.of(blocked) if blocked else []
    lifted = [each for each in known if each.reason == Reason.LIFTED and not ahead(each, now)]
    since = {each.subject: each.at for each in sorted(lifted, key=lambda each: each.at)}
    return [
        each
        for each in entries
        if each.reason not in BLOCKS or each.subject not in since or each.at > since[each.subject]
    ]
