"""An address asks to be forgotten: everything that belongs to it goes, at once, in all newsletters.

What stays is said before: the ledger's keyed note that lets a restored backup forget again, and a
block that the person asked for, unless they let that go too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.crypto import KeyRing
from app.domain import audit, delivery, dropped, erasure, farewell, lifting, newsletter, subscriber
from app.domain.audit import Event
from app.domain.book import Book
from app.domain.certificate import Removed
from app.domain.farewell import Forgotten
from app.domain.ledger import Reason


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed; `final` is False while the ledger could not be reached."""

    subscriptions: int
    mails: int
    final: bool
    proofs: int = 0
    deliveries: int = 0  # that were sent to it: their rows stay for the books, and lead to nobody
    lookups: int = 0
    requests: int = 0
    lists: int = 0  # lines of lists that waited
    blocks: int = 0  # only when they were to go too
    overtaken: tuple[str, ...] = ()  # the numbers of other requests that were still open

    @property
    def removed(self) -> Removed:
        """The same in the words of a certificate."""
        return Removed(
            subscriptions=self.subscriptions,
            proofs=self.proofs,
            deliveries=self.deliveries,
            mails=self.mails,
            look_ups=self.lookups,
            requests=self.requests,
            lists=self.lists,
            blocks=self.blocks,
        )


async def erase(
    session: AsyncSession,
    address: Address,
    *,
    ring: KeyRing,
    book: Book,
    actor: str,
    now: datetime,
    request: UUID | None = None,
) -> Erased:
    """Remove everything of an address. The answer to the one who asks must not depend on it.

    `request` is the privacy request that asks for it, which stays until it was answered.
    """
    subscriptions, deliveries, lists, final = 0, 0, 0, True
    keys: dict[str, Any] = {"ring": ring, "book": book, "now": now}
    gone: list[Forgotten] = []
    letters = await newsletter.every(session)
    for letter in letters:
        # Before the subscription is looked for: whoever is being brought in is one or the other.
        lines, noted = await farewell.forget_candidate(session, letter.id, address, **keys)
        lists, final = lists + lines, final and noted
        row = await subscriber.find(session, ring, letter.id, address)
        if row is not None:
            ended = await farewell.end_unopened(session, row, Reason.ERASED, book=book, now=now)
            deliveries += await delivery.unlink(session, row.id)
            subscriptions += ended is not None
            final = final and ended is not False
        elif not lines:  # a link from before may still be in the mailbox
            final = await farewell.note(session, letter.id, address, Reason.ERASED, **keys) and final
        gone.append(await farewell.forget_proof(session, letter.id, address, **keys, but=request))
    lookups = 0
    for letter in letters[:1]:
        lookups, noted = await farewell.forget_lookups(session, letter.id, address, **keys)
        final = final and noted
    mails = await dropped.drop(session, ring, address)
    final = final and all(each.final for each in gone)
    overtaken = [number for each in gone for number in each.overtaken]
    for number in overtaken:
        await erasure.note(session, number, actor, now)
    reason = "final" if final else "accepted, the ledger follows"
    await audit.record(session, actor, Event.SUBSCRIBER_ERASED, reason=reason, now=now)
    return Erased(
        subscriptions,
        mails,
        final,
        sum(each.proofs for each in gone),
        deliveries,
        lookups,
        sum(each.requests for each in gone),
        lists,
        overtaken=tuple(overtaken),
    )


async def unblock(
    session: AsyncSession,
    address: Address,
    erased: Erased,
    *,
    ring: KeyRing,
    book: Book,
    actor: str,
    now: datetime,
) -> Erased:
    """Let a block go with the rest, because the person wants that: the address can be signed up again."""
    blocks, noted = await lifting.everywhere(
        session, address, ring=ring, book=book, by=(actor, "with an erasure"), now=now
    )
    return replace(erased, blocks=blocks, final=erased.final and noted)
