"""The certificates that are still owed to people who were erased while the ledger was away.

Each is made in a transaction of its own: one whose address cannot be read keeps nobody else waiting, and the
number of its request is told until somebody has looked at it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.core import logs, paths
from app.core.crypto import Unreadable
from app.core.errors import BookClosed
from app.domain import answer, request
from app.domain.certificate import Removed
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.domain.outbox import LIVES
from app.features.certify import Office, certify
from app.features.request import settle
from app.features.request.receive import Desk

NAMED = 5  # requests that the outcome of the job names: it is one line; the log has them all

log = logs.get("worker")


async def certificates(house: House, *, now: datetime) -> str:
    """Mail every answer that waited for its certificate; says how many, and which requests cannot be read."""
    async with house.database.reading() as session:
        waiting = [(row.id, row.number) for row in await request.unproven(session)]
    made, unread = 0, []
    for request_id, number in waiting:
        try:
            made += await _certificate(house, request_id, now)
        except BookClosed:
            await _let_go(house, request_id, now)
        except (Unreadable, ValueError) as trouble:  # its key is away, or what was kept was changed
            log.warning("certificate.unreadable", request=number, trouble=type(trouble).__name__)
            unread.append(number)
    told = f"; cannot be read: {', '.join(unread[:NAMED])}" if unread else ""
    more = f" and {len(unread) - NAMED} more" if len(unread) > NAMED else ""
    return f"{made} mailed{told}{more}"


async def _let_go(house: House, request_id: UUID, now: datetime) -> None:
    """Who erased themselves has a link to the certificate, and read that the address goes within a day."""
    async with house.database.unit_of_work() as session:
        row = await request.unproven_one(session, request_id)
        if row is not None and answer.copied(row) and (row.decided_at or now) <= now - LIVES:
            await settle.give_up(session, _desk(house, now), row, without=True)


def _desk(house: House, now: datetime) -> Desk:
    settings = house.settings
    return Desk("service", house.ring, house.book, settings.base_url, settings.backup_days, now)


async def _certificate(house: House, request_id: UUID, now: datetime) -> bool:
    settings = house.settings
    async with house.database.unit_of_work() as session:
        row = await request.unproven_one(session, request_id)
        if row is None or row.unproven is None:  # another worker has it, or had it
            return False
        letter = await session.get_one(Newsletter, row.newsletter_id)
        office = Office(letter.sender_name, house.ring, house.book, settings.backup_days)
        address, removed = request.opened(house.ring, row), Removed(**row.unproven["removed"])
        found = await certify(session, office, address, removed, now=row.decided_at or now)
        url = paths.link(settings.base_url, "certificate", row.language, found.packed())
        return await settle.prove(session, _desk(house, now), row, url)
