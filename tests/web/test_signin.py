"""Signing in: what opens, what stays shut, and that nobody can shut out a colleague."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import select

from app.core import passwords
from app.domain import recovery, staff
from app.domain.audit import Event, Record
from app.domain.staff import Staff
from app.features import enter
from app.main import create_app
from tests.web.conftest import Site, field
from tests.web.desk import COOKIE, PASSWORD, SECRET, Browser, code, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

OFFICE, ATTACKER = "192.0.2.7", "198.51.100.9"


@asynccontextmanager
async def at(site: Site, address: str = OFFICE) -> AsyncIterator[Browser]:
    """A browser of its own, somewhere."""
    way = httpx2.ASGITransport(app=create_app(site.house, clock=site.clock), client=(address, 1))
    async with httpx2.AsyncClient(transport=way, base_url="https://bode.example.org") as client:
        yield Browser(site, client)


async def events(site: Site, *wanted: Event) -> list[str]:
    async with site.house.database.reading() as db:
        return list(await db.scalars(select(Record.event).where(Record.event.in_(wanted))))


async def test_name_password_and_code_open_the_desk(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser:
        answer = await browser.sign_in("dana")
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
        kept = answer.headers.get_list("set-cookie")
        assert [each.partition("=")[0] for each in kept] == [COOKIE, f"{COOKIE}-device"]
        for each in kept:
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(each.split("; "))
        home = await browser.client.get("/staff")
        assert "Welkom, dana" in home.text
        answer = await browser.press("/staff", "/staff/sign-out")
        assert answer.headers["location"] == "/staff/sign-in"
        assert (await browser.client.get("/staff")).status_code == 303
    assert await events(site, Event.STAFF_SIGNED_IN) == [Event.STAFF_SIGNED_IN]


async def test_who_cannot_come_in_is_told_the_same_whatever_is_wrong(site: Site) -> None:
    for name in ("dana", "emre"):
        await enrolled(site, name)
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "emre")).disabled_at = site.clock()
    bodies = set()
    async with at(site) as browser:
        for name, changed in (
            ("nobody", {}),
            ("fatima", {}),  # has an account and never chose a password
            ("emre", {}),  # closed
            ("dana", {"password": "another password"}),
            ("dana", {"code": "000000"}),
            ("dana", {"code": ""}),
            ("dana", {"password": "x" * 5000}),
        ):
            answer = await browser.sign_in(name, **changed)
            assert answer.status_code == 400
            assert "set-cookie" not in answer.headers
            bodies.add(answer.text.replace(f'value="{name}"', ""))
        assert len(bodies) == 1
        assert not browser.signed_in


async def test_an_unknown_name_costs_as_much_work_as_a_known_one(site: Site) -> None:
    """The hash is what takes time; a clock would measure the machine."""
    assert not await passwords.matches(None, "nobody has this password")
    await enrolled(site, "dana")
    async with at(site) as browser:
        await browser.client.get("/health/ready")
        before = await site.holds()
        await browser.sign_in("nobody")
        unknown = await site.holds()
        await browser.sign_in("dana", code="x")
        known = await site.holds()

    def grown(new: dict[str, list[str]], old: dict[str, list[str]]) -> dict[str, int]:
        return {each: len(rows) - len(old[each]) for each, rows in new.items() if rows != old[each]}

    # The first try also makes the keys of the counters, a second one shares them.
    assert grown(unknown, before).keys() == {"throttle_window", "throttle_count"}
    assert grown(known, unknown)["throttle_count"] >= 2


async def test_a_recovery_code_works_once(site: Site) -> None:
    person = await enrolled(site, "dana")
    async with site.house.database.unit_of_work() as db:
        codes = await recovery.renew(db, person.id, site.clock())
    assert len(codes) == 10
    async with at(site) as browser:
        assert (await browser.sign_in("dana", code=codes[3].lower())).status_code == 303
        assert (await browser.sign_in("dana", code=codes[3])).status_code == 400
        assert (await browser.sign_in("dana", code=codes[4].replace("-", " "))).status_code == 303


async def test_an_attacker_elsewhere_cannot_lock_a_colleague_out(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as known, at(site, ATTACKER) as attacker, at(site, "203.0.113.5") as home:
        await known.sign_in("dana")
        for _ in range(enter.PAIR.most):
            assert (await attacker.sign_in("dana", password="guess")).status_code == 400
        stopped = await attacker.sign_in("dana")  # even with everything right
        assert stopped.status_code == 429
        assert int(stopped.headers["retry-after"]) <= 3600
        assert re.search(r"Probeer het over \d+ minu", stopped.text)
        assert (await known.sign_in("dana")).status_code == 303
        assert (await home.sign_in("dana")).status_code == 303


async def test_an_attacker_in_the_same_building_does_not_stop_a_browser_that_was_used_before(
    site: Site,
) -> None:
    await enrolled(site, "dana")
    async with at(site) as known, at(site) as attacker:
        await known.sign_in("dana")
        for _ in range(enter.PAIR.most + 1):
            await attacker.sign_in("dana", password="guess")
        assert (await attacker.sign_in("dana")).status_code == 429
        assert (await known.sign_in("dana")).status_code == 303


async def test_one_network_cannot_try_one_password_on_every_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enter, "NETWORK", enter.Limit(enter.NETWORK.meter, 3))
    async with at(site, ATTACKER) as attacker:
        tried = [(await attacker.sign_in(f"name{number}")).status_code for number in range(4)]
    assert tried == [400, 400, 400, 429]


async def test_the_owner_is_told_once_of_many_wrong_tries(site: Site) -> None:
    await enrolled(site, "dana")
    for number in range(5):
        async with at(site, f"198.51.100.{number}") as attacker:
            for _ in range(6):
                await attacker.sign_in("dana", password="guess")
    told = [each for each in await site.mails() if each["template"] == "account"]
    assert [each["address"] for each in told] == ["dana@example.org"]
    assert told[0]["words"] == {"what": "attempts", "count": 20}
    assert len(await events(site, Event.STAFF_REFUSED_OFTEN)) == 1


async def test_who_has_the_password_cannot_go_on_guessing_codes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enter, "CODES", enter.Limit(enter.CODES.meter, 4))
    await enrolled(site, "dana")
    async with at(site) as known:
        await known.sign_in("dana")
        for number in range(4):
            async with at(site, f"198.51.100.{number}") as thief:
                await thief.sign_in("dana", code="000000")
        async with at(site, ATTACKER) as thief:
            assert (await thief.sign_in("dana")).status_code == 400
        assert (await known.sign_in("dana")).status_code == 303


async def test_a_session_ends_after_half_an_hour_without_a_click_and_after_twelve_hours(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser:
        await browser.sign_in("dana")
        site.clock.forward(minutes=29, seconds=59)
        assert (await browser.client.get("/staff")).status_code == 200
        site.clock.forward(minutes=30)
        idle = await browser.client.get("/staff/account")
        assert (idle.status_code, idle.headers["location"]) == (303, "/staff/sign-in?next=%2Fstaff%2Faccount")
        await browser.sign_in("dana")
        for _ in range(12 * 3 - 1):
            site.clock.forward(minutes=20)
            assert (await browser.client.get("/staff")).status_code == 200
        site.clock.forward(minutes=20)
        assert (await browser.client.get("/staff")).status_code == 303


async def test_signing_in_gives_a_new_session_and_ends_the_one_before(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser, at(site) as copy:
        planted = await straight_in(site, browser.client, "dana")
        copy.client.cookies.set(COOKIE, planted, domain="bode.example.org", path="/")
        assert (await copy.client.get("/staff")).status_code == 200
        await browser.sign_in("dana")
        assert (await copy.client.get("/staff")).status_code == 303


async def test_the_database_knows_no_session_code_or_key_in_clear(site: Site) -> None:
    person = await enrolled(site, "dana")
    async with site.house.database.unit_of_work() as db:
        codes = await recovery.renew(db, person.id, site.clock())
    async with at(site) as browser:
        await browser.sign_in("dana")
        kept = browser.client.cookies.get(COOKIE)
    held = repr(await site.holds())
    for secret in (kept, SECRET, PASSWORD, codes[0], codes[0].replace("-", "")):
        assert secret
        assert secret not in held


async def test_a_sign_in_leads_nowhere_else(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser:
        for asked in ("https://evil.example", "//evil.example", "/staff/../x", "/nl", "/staff//evil", ""):
            answer = await browser.sign_in("dana", next=asked)
            assert answer.headers["location"] == "/staff"
        assert (await browser.sign_in("dana", next="/staff/account")).headers["location"] == "/staff/account"


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
async def test_another_site_cannot_sign_somebody_in(site: Site, headers: dict[str, str]) -> None:
    await enrolled(site, "dana")
    site.clock.forward(seconds=30)
    typed = {"name": "dana", "password": PASSWORD, "code": code(site.clock)}
    assert (await site.post("/staff/sign-in", data=typed, headers=headers)).status_code == 403
    foreign = {"origin": "https://evil.example"}
    assert (await site.post("/staff/sign-in", data=typed, headers=foreign)).status_code == 403
    assert (await site.post("/staff/sign-in", data=typed)).status_code == 303


async def test_the_form_speaks_the_language_of_the_browser_and_then_of_the_account(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser:
        english = await browser.client.get("/staff/sign-in", headers={"accept-language": "en-GB"})
        assert "Name of your account" in english.text
        assert "Naam van uw account" in (await browser.client.get("/staff/sign-in")).text
        await browser.sign_in("dana")
        home = await browser.client.get("/staff", headers={"accept-language": "en-GB"})
        assert "Welkom, dana" in home.text


async def test_a_browser_is_asked_again_for_what_weighs_more(site: Site) -> None:
    await enrolled(site, "dana")
    async with at(site) as browser:
        await browser.sign_in("dana")
        assert (await browser.client.get("/staff/account/codes")).status_code == 200
        site.clock.forward(minutes=11)
        asked = await browser.client.get("/staff/account/codes")
        assert asked.headers["location"] == "/staff/confirm?next=%2Fstaff%2Faccount%2Fcodes"
        here = "/staff/confirm?next=/staff/account/codes"
        before = browser.client.cookies.get(COOKIE)
        wrong = await browser.press(here, "/staff/confirm", proof="000000", next="/staff/account/codes")
        assert wrong.status_code == 400
        right = await browser.press(here, "/staff/confirm", proof=PASSWORD, next="/staff/account/codes")
        assert right.headers["location"] == "/staff/account/codes"
        assert browser.client.cookies.get(COOKIE) != before
        assert (await browser.client.get("/staff/account/codes")).status_code == 200


async def test_after_ten_wrong_tries_to_confirm_the_session_ends(site: Site) -> None:
    await enrolled(site, "dana")
    await straight_in(site, site.client, "dana")
    browser = Browser(site, site.client)
    for _ in range(10):
        await browser.press("/staff", "/staff/confirm", proof="wrong")
    assert (await site.get("/staff")).status_code == 303


async def test_a_session_that_was_closed_by_disabling_opens_nothing(site: Site) -> None:
    await straight_in(site, site.client, "dana")
    assert (await site.get("/staff")).status_code == 200
    async with site.house.database.unit_of_work() as db:
        (await db.scalars(select(Staff).where(Staff.name == "dana"))).one().disabled_at = site.clock()
    assert (await site.get("/staff")).status_code == 303


async def test_a_form_that_did_not_come_from_this_session_changes_nothing(site: Site) -> None:
    await straight_in(site, site.client, "dana")
    token = field((await site.get("/staff")).text, "form")
    before = await site.holds()
    for form in ("", "x", "0" * 64):
        answer = await site.post("/staff/account/language", data={"form": form, "language": "en"})
        assert answer.status_code == 403
    crossed = {"sec-fetch-site": "cross-site"}
    typed = {"form": token, "language": "en"}
    assert (await site.post("/staff/account/language", data=typed, headers=crossed)).status_code == 403
    assert await site.holds() == before
