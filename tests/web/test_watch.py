"""Nobody is answered from a backup that was put back before the ledger was replayed (promise 7)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from httpx2 import Response
from sqlalchemy import update

from app.core.address import parse
from app.core.errors import BookClosed
from app.domain import issue as issues
from app.domain import subscriber
from app.domain.issue import State
from app.domain.service import Service
from app.features import guard, schedule
from app.features.guard import Watch
from tests.cast import ALICE
from tests.sending import approved, look
from tests.web.conftest import SLUG, Site
from tests.web.test_carry_out import works

LONG_ENOUGH = 0.5  # seconds in which a page is answered, if nobody holds it up


async def restore(site: Site, subscriber_id: UUID) -> None:
    """Put back a backup from before alice left: her row is there, and the counter is behind."""
    house = site.house
    async with house.database.unit_of_work() as session:
        joined = site.clock() - timedelta(days=30)
        row = subscriber.new(
            house.ring,
            site.stage.letter.id,
            parse(ALICE),
            language="nl",
            confirmed_at=joined,
            subscriber_id=subscriber_id,
        )
        session.add(row)
        await session.execute(update(Service).values(counter=0, replayed_seq=0))
    await house.database.close()  # every connection from here on is a new one


async def leave(site: Site) -> None:
    watch = Watch(site.house.database, site.house.book, site.house.ring)
    await guard.raise_counter(watch, now=site.clock())
    await site.post(f"/afmelden/{site.leaving()}/nu")
    assert await site.stage.find(ALICE) is None


async def test_the_first_visitor_after_a_restore_already_finds_who_left_gone(site: Site) -> None:
    await leave(site)
    await restore(site, site.stage.alice.id)
    answer = await site.get(f"/gegevens/{site.mydata()}")
    assert answer.status_code == 410
    assert await site.stage.find(ALICE) is None


async def test_a_link_from_before_the_restore_is_void_for_the_first_who_presses_it(site: Site) -> None:
    token = site.asked(ALICE)
    await leave(site)
    await restore(site, site.stage.alice.id)
    assert (await site.post(f"/bevestigen/{token}")).status_code == 410


async def test_a_ledger_that_is_away_shuts_no_door(site: Site) -> None:
    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.counter = away  # type: ignore[method-assign,assignment]
    await site.house.database.close()
    assert (await site.get(f"/nl/{SLUG}")).status_code == 200
    assert (await site.post(f"/afmelden/{site.leaving()}/nu")).status_code == 200
    ready = await site.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "reasons": ["the ledger cannot be reached"]}


async def test_a_visitor_waits_while_the_worker_beside_it_still_compares(site: Site) -> None:
    await leave(site)
    await restore(site, site.stage.alice.id)
    came: list[asyncio.Task[Response]] = []

    async def slowly() -> None:
        came.append(asyncio.create_task(site.get(f"/gegevens/{site.mydata()}")))
        await asyncio.wait(came, timeout=LONG_ENOUGH)
        await guard.check(Watch(site.house.database, site.house.book, site.house.ring), now=site.clock())

    assert await site.stage.find(ALICE) is not None  # over a new connection
    await site.house.compare(slowly)
    assert (await came[0]).status_code == 410


async def test_no_issue_begins_while_the_ledger_is_away(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as session:
        await schedule.send_now(session, await issues.get(session, issue_id), actor="dana", now=site.clock())
    announce = site.house.book.announce

    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.announce = away  # type: ignore[method-assign,assignment]
    await works(site, "start")
    assert (await look(site.house, issue_id)).state == State.SCHEDULED
    site.house.book.announce = announce  # type: ignore[method-assign]
    await works(site, "start")
    assert (await look(site.house, issue_id)).state == State.SENDING


async def test_what_waits_for_the_ledger_is_written_as_soon_as_it_is_back(site: Site) -> None:
    write = site.house.book.write

    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.write = away  # type: ignore[method-assign,assignment]
    assert (await site.post(f"/afmelden/{site.leaving()}/nu")).status_code == 200
    assert (await site.get("/health/ready")).status_code == 503
    site.house.book.write = write  # type: ignore[method-assign]
    await works(site, "counter")
    assert (await site.get("/health/ready")).json() == {"ready": True, "reasons": []}
