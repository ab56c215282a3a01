"""The month's issue stands ready: a draft with the fixed sections, made by itself before anybody asks.

From the month's first working day on, as soon as no other issue of that newsletter still has to go out.
It happens once a month: the month's slot remembers it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.calendar import Period, next_workday
from app.core.crypto import KeyRing
from app.domain import contribution, newsletter, notice, slot, staff
from app.domain import issue as issues
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.features.compose.desk import begin_again, last


async def ready(session: AsyncSession, *, ring: KeyRing, base_url: str, now: datetime) -> int:
    """Begin the month's drafts that are not there yet, and tell editors; returns how many."""
    count = 0
    for letter in await newsletter.every(session):
        if await _wanted(session, letter, now):
            count += await _begin(session, letter, ring=ring, base_url=base_url, now=now)
    return count


async def _wanted(session: AsyncSession, letter: Newsletter, now: datetime) -> bool:
    """The first issue of all has no order to follow: an editor begins it."""
    today = now.astimezone(letter.zone).date()
    if letter.rhythm is None or today < next_workday(Period.of(today).first_on):
        return False
    return not await issues.under_way(session, letter.id) and await last(session, letter) is not None


async def _begin(
    session: AsyncSession, letter: Newsletter, *, ring: KeyRing, base_url: str, now: datetime
) -> int:
    await slot.upcoming(session, letter, now)  # the month's slot is there to remember it
    free = await slot.next_free(session, letter, now)
    period = str(Period.of(now.astimezone(letter.zone).date()))
    if free is None or not await slot.prepare(session, letter.id, period, now):
        return 0
    issue = await begin_again(session, letter, author=staff.BY_ITSELF, now=now)
    words = {
        "slot": free.at.isoformat(),
        "issue_url": f"{base_url}/staff/issues/{issue.id}",
        "copy": await contribution.count(session, letter.id),
    }
    await notice.tell(session, letter, "ready", words, roles=(Role.EDITOR,), ring=ring, now=now)
    return 1
