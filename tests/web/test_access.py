"""The link in an invitation: somebody chooses a password and a second factor, and is in."""

from __future__ import annotations

import re

import pytest

from app.domain import session, staff
from app.domain.invitation import Purpose
from app.features import enroll
from app.features.enroll import Desk
from tests.web.conftest import Site, field
from tests.web.desk import COOKIE, PASSWORD, Browser, code, enrolled

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def invited(site: Site, name: str, purpose: Purpose = Purpose.INVITED) -> str:
    """The path in the mail to that person."""
    async with site.house.database.unit_of_work() as db:
        desk = Desk("ada", "https://bode.example.org", site.house.ring, site.clock())
        await enroll.invite(db, desk, await staff.named(db, name), purpose)
    mail = (await site.mails())[-1]
    assert (mail["template"], mail["address"]) == ("access", f"{name}@example.org")
    return str(mail["words"]["access_url"]).removeprefix("https://bode.example.org")


def key(page: str) -> str:
    """The key as somebody reads it from the page."""
    found = re.search(r'class="key-text">([^<]+)<', page)
    assert found
    return found[1].replace(" ", "")


async def test_an_invitation_leads_to_a_password_a_second_factor_and_the_desk(site: Site) -> None:
    path = await invited(site, "dana")
    page = await site.get(path)
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    secret = key(page.text)
    typed = {"new": PASSWORD, "sealed": field(page.text, "sealed"), "code": code(site.clock, secret)}
    answer = await site.post(path, data=typed)
    assert answer.status_code == 200
    codes = re.findall(r"<code>([A-Z2-7-]{29})</code>", answer.text)
    assert len(codes) == 10
    assert (await site.get("/staff")).status_code == 200
    used_up = await site.get(path)
    assert (used_up.status_code, "U hebt de link al gebruikt" in used_up.text) == (410, True)
    assert 'href="/staff/sign-in">Naar inloggen' in used_up.text
    browser = Browser(site, site.client)
    used = await browser.sign_in("dana", code=typed["code"])
    assert used.status_code == 400
    assert (await browser.sign_in("dana", code=codes[0])).status_code == 303


async def test_what_is_wrong_is_told_and_the_key_stays_the_same(site: Site) -> None:
    path = await invited(site, "dana")
    page = await site.get(path)
    secret, sealed = key(page.text), field(page.text, "sealed")
    before = await site.holds()
    for new, right, told in (
        ("kort", code(site.clock, secret), "te kort"),
        ("danadanadana", code(site.clock, secret), "makkelijk te raden"),
    ):
        answer = await site.post(path, data={"new": new, "sealed": sealed, "code": right})
        assert answer.status_code == 400
        assert "<title>Fout:" in answer.text
        assert told in answer.text
        assert key(answer.text) == secret
    assert await site.holds() == before
    answer = await site.post(path, data={"new": PASSWORD, "sealed": sealed, "code": "000000"})
    assert "Deze code klopt niet" in answer.text
    assert COOKIE not in answer.cookies


async def test_a_key_of_somebody_else_or_of_this_morning_is_not_taken(site: Site) -> None:
    hers = await site.get(await invited(site, "emre"))
    path = await invited(site, "dana")
    own = await site.get(path)
    for page, hours in ((hers, 0), (own, 1)):
        site.clock.forward(hours=hours)
        secret = key(page.text)
        typed = {"new": PASSWORD, "sealed": field(page.text, "sealed"), "code": code(site.clock, secret)}
        assert (await site.post(path, data=typed)).status_code == 400


async def test_a_forgotten_password_still_needs_the_second_factor(site: Site) -> None:
    await enrolled(site, "dana")
    path = await invited(site, "dana", Purpose.PASSWORD)
    assert "key-text" not in (await site.get(path)).text
    assert (await site.post(path, data={"new": "nog een goed wachtwoord", "code": "1"})).status_code == 400
    typed = {"new": "nog een goed wachtwoord", "code": code(site.clock)}
    assert "Uw nieuwe wachtwoord werkt" in (await site.post(path, data=typed)).text
    browser = Browser(site, site.client)
    assert (await browser.sign_in("dana")).status_code == 400
    assert (await browser.sign_in("dana", password=typed["new"])).status_code == 303


async def test_a_lost_second_factor_still_needs_the_password(site: Site) -> None:
    await enrolled(site, "dana")
    path = await invited(site, "dana", Purpose.FACTOR)
    page = await site.get(path)
    secret = key(page.text)
    typed = {"sealed": field(page.text, "sealed"), "code": code(site.clock, secret)}
    assert (await site.post(path, data={**typed, "password": "guess"})).status_code == 400
    assert "herstelcodes" in (await site.post(path, data={**typed, "password": PASSWORD})).text


async def test_another_site_cannot_choose_for_somebody(site: Site) -> None:
    path = await invited(site, "dana")
    answer = await site.post(path, data={}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_a_browser_signed_in_as_another_becomes_who_was_invited(site: Site) -> None:
    async with site.house.database.unit_of_work() as db:
        token = session.begin(db, await staff.named(db, "emre"), "?", site.clock())
    site.client.cookies.set(COOKIE, token, domain="bode.example.org", path="/")
    path = await invited(site, "dana")
    page = await site.get(path)
    typed = {
        "new": PASSWORD,
        "sealed": field(page.text, "sealed"),
        "code": code(site.clock, key(page.text)),
    }
    await site.post(path, data=typed)
    assert "Welkom, dana" in (await site.get("/staff")).text
    async with site.house.database.reading() as db:
        assert (await staff.named(db, "dana")).signed_in_at == site.clock()
