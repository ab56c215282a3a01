"""Somebody lifts the block on their own address, by the link that they got when it was made.

The link never expires, and lifts what was there when it was given: who asks for silence again afterwards has
it. Nobody gets it by typing an address, so that nobody can make mail arrive at who asked for silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import LinkProblem
from app.domain import block, erasure, ledger, lifting, newsletter
from app.domain.block import Block
from app.domain.book import Book
from app.domain.newsletter import Newsletter

READER = "reader"  # the trail says that a reader did it, never which


@dataclass(frozen=True, slots=True)
class Blocked:
    """What such a link is about; `until` is None for a block without an end, or when none is left.

    `goes` and `stays` are the titles of newsletters: a block of after this link stays.
    """

    letter: Newsletter
    address: Address
    issued_at: datetime
    until: datetime | None
    goes: tuple[str, ...]
    stays: tuple[str, ...]


async def look(session: AsyncSession, text: str, *, ring: KeyRing, now: datetime) -> Blocked:
    """Whether there is a block to lift, changing nothing; raises LinkProblem."""
    try:
        content = tokens.unseal(ring, block.LINK, text)
    except Unreadable:
        raise LinkProblem("broken") from None
    letter = await session.get(Newsletter, UUID(content["n"]))
    if letter is None:
        raise LinkProblem("broken")
    address, issued_at = parse(content["a"]), datetime.fromisoformat(content["i"])
    found = await erasure.blocks(session, address, ring=ring, now=now)
    mine = [each for each in found if each.at <= ledger.moment(issued_at)]
    later = [each for each in found if each not in mine]
    if not mine and letter.id in {each.newsletter_id for each in later}:
        raise LinkProblem("void", slug=letter.slug)  # asked for silence again: that has a link of its own
    ends = [each.ends_at for each in mine]
    until = None if None in ends else max((at for at in ends if at), default=None)
    goes, stays = await _titles(session, mine), await _titles(session, later)
    return Blocked(letter, address, issued_at, until, goes, stays)


async def _titles(session: AsyncSession, blocks: list[Block]) -> tuple[str, ...]:
    ids = {each.newsletter_id for each in blocks}
    return tuple(each.title for each in await newsletter.every(session) if each.id in ids)


async def lift(session: AsyncSession, text: str, *, ring: KeyRing, book: Book, now: datetime) -> Blocked:
    """Lift it in every newsletter; pressing twice is no failure."""
    found = await look(session, text, ring=ring, now=now)
    by = (READER, "by their own link")
    await lifting.everywhere(
        session, found.address, ring=ring, book=book, by=by, now=now, upto=found.issued_at
    )
    return found
