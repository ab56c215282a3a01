"""What waits to be mailed to somebody who is erased: all but an answer that they were promised goes.

An erasure is answered by a mail with its certificate, which nobody can make again. Who is erased once more
before it has left gets it all the same. It holds the address until it is accepted or given up, a day at most.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address, BadAddress, parse
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import NotFound
from app.domain import outbox, request
from app.domain.answer import ON_ITS_WAY
from app.domain.outbox import Mail


async def drop(session: AsyncSession, ring: KeyRing, address: Address) -> int:
    """Delete queued mail to an address; how many. The outbox is short, so every row is opened.

    Called after the requests that end by the erasure have ended: then their answers go too.
    """
    gone = 0
    for mail in await session.scalars(select(Mail)):
        content = _to(ring, mail, address)
        if content is not None and not await _promised(session, content):
            await session.delete(mail)
            gone += 1
    return gone


def _to(ring: KeyRing, mail: Mail, address: Address) -> dict[str, Any] | None:
    """What a mail to this address says; a row that nobody can open or send keeps nobody from being erased."""
    try:
        content = outbox.opened(ring, mail)
        theirs = parse(str(content["address"])).canonical == address.canonical
    except (Unreadable, BadAddress, KeyError):
        return None
    return content if theirs else None


async def _promised(session: AsyncSession, content: dict[str, Any]) -> bool:
    """Whether it is the answer to a request that was decided, and that did not end by this erasure."""
    if "answers" not in content:
        return False
    try:
        row = await request.by_id(session, UUID(content["answers"]))
    except NotFound:
        return False
    return row.state in ON_ITS_WAY
