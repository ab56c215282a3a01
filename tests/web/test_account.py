"""One's own account: each change needs what it should need, ends other sessions and is told by mail."""

from __future__ import annotations

import re

import pytest

from app.domain import session, staff
from tests.web.conftest import Site, field
from tests.web.desk import PASSWORD, Browser, code, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

NEW = "nog een goed wachtwoord"
ACCOUNT = "/staff/account"


@pytest.fixture
async def dana(site: Site) -> Browser:
    """Signed in here, and somewhere else as well."""
    await enrolled(site, "dana")
    await straight_in(site, site.client, "dana")
    await straight_in(site, site.client, "dana")
    return Browser(site, site.client)


async def stays(site: Site) -> int:
    async with site.house.database.reading() as db:
        return len(await session.of(db, (await staff.named(db, "dana")).id, site.clock()))


async def told(site: Site) -> list[str]:
    return [each["words"]["what"] for each in await site.mails() if each["template"] == "account"]


async def test_a_password_is_changed_by_who_knows_the_present_one(site: Site, dana: Browser) -> None:
    page = f"{ACCOUNT}/password"
    wrong = await dana.press(page, page, password="wrong", new=NEW)
    assert "niet uw huidige wachtwoord" in wrong.text
    weak = await dana.press(page, page, password=PASSWORD, new="dana dana dana")
    assert "makkelijk te raden" in weak.text
    assert (await stays(site), await told(site)) == (2, [])
    assert "Uw nieuwe wachtwoord werkt" in (await dana.press(page, page, password=PASSWORD, new=NEW)).text
    assert (await stays(site), await told(site)) == (1, ["password"])
    assert (await dana.sign_in("dana")).status_code == 400
    assert (await dana.sign_in("dana", password=NEW)).status_code == 303


async def test_another_second_factor_needs_a_code_of_the_present_one(site: Site, dana: Browser) -> None:
    page = f"{ACCOUNT}/factor"
    shown = (await site.get(page)).text
    found = re.search(r'class="key-text">([^<]+)<', shown)
    assert found
    secret = found[1].replace(" ", "")
    typed = {"sealed": field(shown, "sealed"), "code": code(site.clock, secret)}
    for old in ("000000", PASSWORD, ""):
        answer = await dana.press(page, page, old=old, **typed)
        assert "geen code van uw huidige app" in answer.text
    answer = await dana.press(page, page, old=code(site.clock), **typed)
    assert len(re.findall(r"<code>[A-Z2-7-]{29}</code>", answer.text)) == 10
    assert (await stays(site), await told(site)) == (1, ["factor"])
    assert (await dana.sign_in("dana")).status_code == 400
    site.clock.forward(minutes=5)
    later = {"name": "dana", "password": PASSWORD, "code": code(site.clock, secret)}
    assert (await site.post("/staff/sign-in", data=later)).status_code == 303


async def test_new_recovery_codes_replace_the_old_ones(site: Site, dana: Browser) -> None:
    page = f"{ACCOUNT}/codes"
    first, second = [
        re.findall(r"<code>([A-Z2-7-]{29})</code>", (await dana.press(page, page)).text) for _ in range(2)
    ]
    assert not set(first) & set(second)
    assert (await dana.sign_in("dana", code=first[0])).status_code == 400
    assert (await dana.sign_in("dana", code=second[0])).status_code == 303
    assert "nog 9 over" in (await site.get(ACCOUNT)).text


async def test_every_session_is_listed_and_another_can_be_ended(site: Site, dana: Browser) -> None:
    page = (await site.get(ACCOUNT)).text
    other = re.findall(r'name="session" value="([^"]+)"', page)
    assert len(other) == 1
    await dana.press(ACCOUNT, f"{ACCOUNT}/sessions", session=other[0])
    assert await stays(site) == 1
    assert (await dana.press(ACCOUNT, f"{ACCOUNT}/sessions", session="x")).status_code == 400


async def test_nobody_ends_the_session_of_somebody_else(site: Site, dana: Browser) -> None:
    async with site.house.database.reading() as db:
        hers = (await session.of(db, (await staff.named(db, "dana")).id, site.clock()))[0].id
    await straight_in(site, site.client, "emre")
    await dana.press(ACCOUNT, f"{ACCOUNT}/sessions", session=str(hers))
    assert await stays(site) == 2


async def test_the_language_of_the_account_is_that_of_the_pages(site: Site, dana: Browser) -> None:
    await dana.press(ACCOUNT, f"{ACCOUNT}/language", language="en")
    assert "My account" in (await site.get(ACCOUNT)).text
    assert (await dana.press(ACCOUNT, f"{ACCOUNT}/language", language="fr")).status_code == 400
