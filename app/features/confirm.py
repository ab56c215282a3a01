"""Somebody presses the button behind the link in the confirmation mail: now there is a yes.

Before this there is no row anywhere. A link works once, for seven days, and is void when the address
left or was blocked after the link was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import LinkProblem
from app.domain import block, consent, farewell, lifting, newsletter, service, silence, subscriber
from app.domain.block import Block, Ground
from app.domain.book import Book
from app.domain.newsletter import Newsletter
from app.domain.service import LINK_LIVES


@dataclass(frozen=True, slots=True)
class Asked:
    """What a confirmation link holds."""

    address: Address
    newsletter: Newsletter
    language: str
    wording: str
    issued_at: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The outcome: `again` when this address was subscribed already."""

    asked: Asked
    again: bool


async def read(
    session: AsyncSession, text: str, *, ring: KeyRing, now: datetime, purpose: str = "confirm"
) -> Asked:
    """What the link asks for, changing nothing; raises LinkProblem. `purpose` may be "notme"."""
    try:
        content = tokens.unseal(ring, purpose, text)
    except Unreadable:
        raise LinkProblem("broken") from None
    letter = await newsletter.by_tag(session, bytes.fromhex(content["n"]))
    if letter is None:
        raise LinkProblem("broken")
    issued_at = datetime.fromisoformat(content["i"])
    if now > issued_at + LINK_LIVES:
        raise LinkProblem("expired", slug=letter.slug, language=content["l"])
    address = parse(content["a"])
    return Asked(address, letter, content["l"], content["w"], issued_at, content["x"])


async def look(session: AsyncSession, text: str, *, ring: KeyRing, book: Book, now: datetime) -> Confirmed:
    """Like `read`, and says beforehand that a link is void or was used; changes nothing."""
    asked = await read(session, text, ring=ring, now=now)
    await _refuse_void(session, asked, ring=ring, book=book, now=now)
    used = await service.was_used(session, asked.nonce)
    if used and not await present(session, asked, ring):
        raise LinkProblem("used", slug=asked.newsletter.slug, language=asked.language)
    return Confirmed(asked, again=used)


Shown = Callable[[Newsletter], str]


async def confirm(
    session: AsyncSession, text: str, *, shown: Shown, ring: KeyRing, book: Book, now: datetime
) -> Confirmed:
    """Write the subscription and its proof; raises LinkProblem. Pressing twice is not an error.

    `shown` gives the exact text that stood at the button, for the newsletter that the link is about.
    """
    await service.hold_key(session, ring)
    asked = await read(session, text, ring=ring, now=now)
    await _refuse_void(session, asked, ring=ring, book=book, now=now)
    fresh = await service.use_link(session, asked.nonce, issued_at=asked.issued_at)
    if await present(session, asked, ring):
        return Confirmed(asked, again=True)
    if not fresh:
        raise LinkProblem("used", slug=asked.newsletter.slug, language=asked.language)
    words = shown(asked.newsletter)
    added = await _add(session, asked, words, ring=ring, now=now)
    if added:
        await lifting.answered(session, asked.newsletter, asked.address, ring=ring, book=book, now=now)
    return Confirmed(asked, again=not added)


async def present(session: AsyncSession, asked: Asked, ring: KeyRing) -> bool:
    """Whether somebody pressed the button for this address already."""
    return await subscriber.find(session, ring, asked.newsletter.id, asked.address) is not None


async def _refuse_void(
    session: AsyncSession, asked: Asked, *, ring: KeyRing, book: Book, now: datetime
) -> None:
    void_since = await farewell.void_since(
        session, asked.newsletter.id, asked.address, ring=ring, book=book, now=now
    )
    if void_since is not None and asked.issued_at <= void_since:
        raise LinkProblem("void", slug=asked.newsletter.slug, language=asked.language)


async def _add(session: AsyncSession, asked: Asked, words: str, *, ring: KeyRing, now: datetime) -> bool:
    """False when another link of the same address was confirmed in this very moment."""
    row = subscriber.new(ring, asked.newsletter.id, asked.address, language=asked.language, confirmed_at=now)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    at_button = await consent.worded(session, words, now)
    for event, at, wording in (
        (consent.Event.REQUESTED, asked.issued_at, asked.wording or None),
        (consent.Event.CONFIRMED, now, at_button),
    ):
        consent.record(session, ring, asked.newsletter.id, asked.address, event, at=at, wording_id=wording)
    return True


async def declined(session: AsyncSession, asked: Asked, *, ring: KeyRing, now: datetime) -> Block | None:
    """The block that "this was not me" made before, while it lasts."""
    known = block.subjects(ring, asked.newsletter.id, asked.address)
    found = await block.active(session, asked.newsletter.id, known, now=now)
    return found if found is not None and found.ground == Ground.NOT_ME else None


async def decline(session: AsyncSession, text: str, *, ring: KeyRing, book: Book, now: datetime) -> Asked:
    """Take "this was not me" at its word: no sign-ups of this address for a while; links are void.

    If somebody confirmed meanwhile, that subscription ends. The ledger knows it either way, and knows
    the block as well: a restored backup goes on protecting who pressed this.
    """
    asked = await read(session, text, ring=ring, now=now, purpose="notme")
    letter = asked.newsletter
    await silence.begin(session, letter.id, asked.address, Ground.NOT_ME, ring=ring, book=book, now=now)
    return asked
