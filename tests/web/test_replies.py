"""A reader answered "please sign me off": an editor does it and learns nothing by it."""

from __future__ import annotations

import re
from io import StringIO

import httpx2
import pytest
from sqlalchemy import select

from app.domain.audit import Event, Record
from app.features.reply import MOST
from tests.cast import ALICE, BOB
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, links, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def dana(site: Site) -> Browser:
    """An editor at her browser."""
    await enrolled(site, "dana")
    await straight_in(site, site.client, "dana")
    return Browser(site, site.client)


async def sign_off(dana: Browser, address: str) -> httpx2.Response:
    letter = "weerbaar-bestuur"
    return await dana.press("/staff/replies", "/staff/replies", address=address, newsletter=letter)


def bare(answer: httpx2.Response) -> str:
    """The page, without what is different in every answer."""
    return re.sub(r"[0-9a-f]{64}|nonce-[^'\"]+", "", answer.text)


async def test_the_same_answer_whoever_it_was_and_who_was_there_has_gone(
    site: Site, dana: Browser, lines: StringIO
) -> None:
    assert "/staff/replies" in links((await site.get("/staff")).text)
    there, not_there = await sign_off(dana, f" {ALICE.upper()} "), await sign_off(dana, BOB)
    assert (there.status_code, bare(there)) == (200, bare(not_there))
    assert "krijgt geen" in there.text
    assert await site.stage.find(ALICE) is None
    async with site.house.database.reading() as db:
        trail = await db.scalars(select(Record).where(Record.event == Event.REPLY_CARRIED_OUT))
        on_record = [(each.actor, each.about, each.reason) for each in trail]
    assert on_record == [("dana", "newsletter weerbaar-bestuur", "left")] * 2
    held = "\n".join(each for rows in (await site.holds()).values() for each in rows)
    for sink in (held, lines.getvalue(), there.text):
        assert "alice@" not in sink.casefold()


async def test_what_is_no_address_stays_typed_and_a_day_has_a_limit(site: Site, dana: Browser) -> None:
    slip = await sign_off(dana, "alice")
    assert slip.status_code == 400
    assert "Het @-teken ontbreekt" in slip.text
    assert 'value="alice"' in slip.text
    for number in range(MOST):
        assert (await sign_off(dana, f"reader{number}@example.net")).status_code == 200
    stopped = await sign_off(dana, ALICE)
    assert stopped.status_code == 429
    assert "zoveel lezers afgemeld" in stopped.text
    assert await site.stage.find(ALICE) is not None


async def test_it_is_for_editors(site: Site, dana: Browser) -> None:
    await enrolled(site, "fatima")
    await straight_in(site, site.client, "fatima")
    assert (await site.get("/staff/replies")).status_code == 403
