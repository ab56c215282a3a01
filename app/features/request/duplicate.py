"""The whole copy of what is held, on paper, for a person whom no mail reaches any more (Art. 15(3)).

An officer prints it: once, with a look-up on record, and only when it is certain who asks in another way than
by that mailbox. Nothing of it is kept (see docs/decisions/0021-an-officer-prints-the-copy.md).
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.errors import Refused
from app.domain import audit, request
from app.domain.audit import Event
from app.domain.request import Request, State
from app.features.request.identify import RECORDED
from app.features.request.receive import Desk, note
from app.features.request.respond import SEEN


class NoCopy(Refused):
    """The person gets it in their own mailbox, or it is not certain who asks."""


class SeenBefore(Refused):
    """It was shown already; whoever needs it again asks again."""


def may_be_shown(row: Request) -> bool:
    """Whether no mail reaches who asks, and somebody made certain who that is without one."""
    unreached = (row.state == State.KNOWN and not row.reachable) or row.state == State.RETURNED
    asked = row.kind in SEEN and row.refusal is None and row.address is not None
    return asked and unreached and row.identity in RECORDED


async def show(session: AsyncSession, desk: Desk, row: Request) -> Address:
    """Whose copy may be shown now, for this once; on record before anything is seen."""
    if not may_be_shown(row):
        raise NoCopy("what is held goes to the person's own mailbox")
    if await shown(session, row):
        raise SeenBefore("the copy was shown already")
    await note(session, desk, row, Event.REQUEST_COPY_SHOWN, str(row.identity))
    return request.opened(desk.ring, row)


async def shown(session: AsyncSession, row: Request) -> bool:
    """Whether somebody saw it already."""
    return await audit.happened(session, Event.REQUEST_COPY_SHOWN, f"request {row.number}")
