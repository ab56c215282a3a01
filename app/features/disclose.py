"""Somebody who asked to see their data gets a link by mail, and behind it everything, in all newsletters.

It needs no subscription: of who has left there may still be a proof, a block or a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import LinkProblem
from app.domain.newsletter import Newsletter

OPENS_FOR = timedelta(days=7)  # what the answer to a request says


@dataclass(frozen=True, slots=True)
class Disclosed:
    """Whose data a link opens, in whose name it was mailed, and until when it works."""

    address: Address
    letter: Newsletter
    until: datetime


async def disclose(session: AsyncSession, text: str, *, ring: KeyRing, now: datetime) -> Disclosed:
    """What the link opens, changing nothing; raises LinkProblem."""
    try:
        content = tokens.unseal(ring, "held", text)
    except Unreadable:
        raise LinkProblem("broken") from None
    until = datetime.fromisoformat(content["i"]) + OPENS_FOR
    letter = await session.get(Newsletter, UUID(content["n"]))
    if now > until or letter is None:
        raise LinkProblem("expired")
    return Disclosed(parse(content["a"]), letter, until)
