"""Somebody says that our mail is unwanted: an officer types the address once, and learns nothing by it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import httpx2
import pytest
from sqlalchemy import func, select

from app.core.address import parse
from app.domain import block
from app.domain.audit import Event, Record
from app.domain.block import Ground
from app.domain.outbox import Mail
from app.features.complain import MOST
from tests.cast import ALICE, BOB
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, links, straight_in
from tests.web.test_replies import bare

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

DOOR = "/staff/complaints"


@pytest.fixture
async def fatima(site: Site) -> Browser:
    """An officer at her browser."""
    await enrolled(site, "fatima")
    await straight_in(site, site.client, "fatima")
    return Browser(site, site.client)


async def record(fatima: Browser, address: str) -> httpx2.Response:
    return await fatima.press(DOOR, DOOR, address=address, newsletter="weerbaar-bestuur")


async def test_the_same_answer_whoever_it_was_and_both_are_blocked_for_three_years(
    site: Site, fatima: Browser, lines: StringIO
) -> None:
    assert DOOR in links((await site.get("/staff")).text)
    assert "Een klacht vastleggen" in (await site.get(DOOR)).text
    there, not_there = await record(fatima, f" {ALICE.upper()} "), await record(fatima, BOB)
    assert (there.status_code, bare(there)) == (200, bare(not_there))
    assert "krijgt geen mail van" in there.text
    assert await site.stage.find(ALICE) is None
    async with site.house.database.reading() as db:
        for address in (ALICE, BOB):
            known = block.subjects(site.house.ring, site.stage.letter.id, parse(address))
            found = await block.active(
                db, site.stage.letter.id, known, now=site.clock() + timedelta(days=1094)
            )
            assert found is not None
            assert found.ground == Ground.COMPLAINT
        trail = await db.scalars(select(Record).where(Record.event == Event.COMPLAINT_RECORDED))
        on_record = [(each.actor, each.about, each.reason) for each in trail]
        assert await db.scalar(select(func.count()).select_from(Mail)) == 0  # nobody is mailed of it
    assert on_record == [("fatima", "newsletter weerbaar-bestuur", "by hand")] * 2
    held = "\n".join(each for rows in (await site.holds()).values() for each in rows)
    for sink in (held, lines.getvalue(), there.text):
        assert "alice@" not in sink.casefold()


async def test_the_trail_tells_it_in_words(site: Site, fatima: Browser) -> None:
    await record(fatima, ALICE)
    assert "Een adres is geblokkeerd na een klacht" in (await site.get("/staff/trail")).text


async def test_what_is_no_address_stays_typed_and_a_day_has_a_limit(site: Site, fatima: Browser) -> None:
    slip = await record(fatima, "alice")
    assert slip.status_code == 400
    assert 'value="alice"' in slip.text
    for number in range(MOST):
        assert (await record(fatima, f"reader{number}@example.net")).status_code == 200
    stopped = await record(fatima, ALICE)
    assert stopped.status_code == 429
    assert "zoveel klachten vastgelegd" in stopped.text
    assert await site.stage.find(ALICE) is not None


async def test_it_is_for_officers(site: Site, fatima: Browser) -> None:
    await enrolled(site, "dana")
    await straight_in(site, site.client, "dana")
    assert (await site.get(DOOR)).status_code == 403
    assert (
        await fatima.press("/staff", DOOR, address=ALICE, newsletter="weerbaar-bestuur")
    ).status_code == 403
    assert await site.stage.find(ALICE) is not None
