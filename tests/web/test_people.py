"""The rooms of administrators: invite, give roles, close, and sign once a quarter."""

from __future__ import annotations

import html
import unicodedata

import pytest
from sqlalchemy import select

from app.domain import staff
from app.domain.review import Review
from app.domain.staff import Role
from tests.features.test_approve import written
from tests.web.conftest import Site, field
from tests.web.desk import Browser, enrolled, links, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def ada(site: Site) -> Browser:
    """An administrator at her browser."""
    await enrolled(site, "ada")
    await straight_in(site, site.client, "ada")
    return Browser(site, site.client)


async def page_of(site: Site, name: str) -> str:
    async with site.house.database.reading() as db:
        return f"/staff/people/{(await staff.named(db, name)).id}"


async def test_an_administrator_invites_a_colleague_who_gets_the_only_link(site: Site, ada: Browser) -> None:
    form = {"name": "gijs", "address": "gijs@example.org", "role-editor": "1", "language": "en"}
    answer = await ada.press("/staff/people/invite", "/staff/people/invite", **form)
    assert answer.headers["location"] == "/staff/people"
    people = (await site.get("/staff/people")).text
    assert ">gijs</a>" in people
    assert "@example.org" not in people
    mail = (await site.mails())[-1]
    assert (mail["template"], mail["address"], mail["language"]) == ("access", "gijs@example.org", "en")
    assert "/access/" in mail["words"]["access_url"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "dana"}, "Er is al een account met deze naam"),
        ({"name": "DANA"}, "Er is al een account met deze naam"),
        ({"name": "g@s"}, "Gebruik letters"),
        ({"name": "d\u0430na"}, "Gebruik letters"),  # a Cyrillic letter that looks the same
        ({"name": "gijs\r\nBcc: x"}, "Gebruik letters"),
        ({"name": "service"}, "Gebruik letters"),
        ({"address": "gijs"}, "Het @-teken ontbreekt"),
        ({"address": "gijs@example.org\r\nBcc: x@example.org"}, "e-mailadres"),
        ({"role-editor": ""}, "Kies minstens één rol"),
    ],
)
async def test_what_is_wrong_with_an_invitation_is_told(
    site: Site, ada: Browser, changed: dict[str, str], told: str
) -> None:
    form = {"name": "gijs", "address": "gijs@example.org", "role-editor": "1", **changed}
    answer = await ada.press(
        "/staff/people/invite", "/staff/people/invite", **{k: v for k, v in form.items() if v}
    )
    assert answer.status_code == 400
    assert told in answer.text
    assert await site.mails() == []


async def test_a_name_has_the_accents_that_it_has(site: Site, ada: Browser) -> None:
    """However a keyboard sends them, and with the apostrophe of a word processor."""
    typed = "Zoe\u0308 d\u2019Ancona-Mu\u0308ller"
    form = {"name": typed, "address": "zoe@example.org", "role-editor": "1"}
    await ada.press("/staff/people/invite", "/staff/people/invite", **form)
    name = "Zo\u00eb d'Ancona-M\u00fcller"
    await enrolled(site, name)
    there = Browser(site, site.client)
    site.client.cookies.clear()
    assert (await there.sign_in(typed.upper())).headers["location"] == "/staff"
    assert f"Welkom, {name}" in html.unescape((await site.get("/staff")).text)
    assert any(name in row and "staff.signed_in" in row for row in (await site.holds())["audit"])


async def test_the_longest_name_is_known_however_its_accents_are_typed(site: Site, ada: Browser) -> None:
    name = "\u00e9" * 60  # what a column holds; typed with accents apart it has twice as many signs
    typed = unicodedata.normalize("NFD", name)
    form = {"name": typed, "address": "zoe@example.org", "role-editor": "1"}
    await ada.press("/staff/people/invite", "/staff/people/invite", **form)
    await enrolled(site, name)
    there, before = Browser(site, site.client), len(await site.mails())
    site.client.cookies.clear()
    assert (await there.sign_in(typed)).headers["location"] == "/staff"
    site.client.cookies.clear()
    await site.post("/staff/forgotten", data={"name": typed})
    assert len(await site.mails()) == before + 1
    for odd in ("e" * 61, "o\u0301" * 5_000):
        assert (await there.sign_in(odd)).status_code == 400


async def test_roles_are_given_and_open_their_rooms_at_once(site: Site, ada: Browser) -> None:
    page = await page_of(site, "dana")
    answer = await ada.press(page, f"{page}/roles", **{"role-editor": "1", "role-administrator": "1"})
    assert answer.status_code == 303
    await straight_in(site, site.client, "dana")
    assert "/staff/people" in links((await site.get("/staff")).text)


async def test_what_is_refused_is_explained(site: Site, ada: Browser) -> None:
    mine, hers = await page_of(site, "ada"), await page_of(site, "dana")
    for path, words, told in (
        (f"{mine}/roles", {"role-editor": "1"}, "het eigen account"),
        (f"{mine}/close", {}, "het eigen account"),
        (f"{mine}/link", {}, "het eigen account"),
        (f"{hers}/roles", {}, "Kies minstens één rol"),
    ):
        answer = await ada.press("/staff", path, **words)
        assert answer.status_code == 400
        assert told in answer.text
    assert (await site.get("/staff/people/00000000-0000-0000-0000-000000000001")).status_code == 404


async def test_closing_shows_what_to_hand_over_and_signs_out_at_once(site: Site, ada: Browser) -> None:
    page = await page_of(site, "dana")
    await enrolled(site, "emre", Role.EDITOR, Role.APPROVER)
    issue_id = await written(site.stage, site.clock)
    token = await straight_in(site, site.client, "dana")
    assert (await site.get("/staff")).status_code == 200
    await straight_in(site, site.client, "ada")
    shown = (await site.get(f"{page}/close")).text
    assert "Edities waar deze collega als laatste aan schreef" in shown
    assert "1. Nieuws van de maand: zó doet u dat (wordt geschreven)" in shown
    sent = {"form": field(shown, "form"), "seen": field(shown, "seen")}
    for wrong in ({}, {"hand-writing": "joost"}):
        again = await site.post(f"{page}/close", data={**sent, **wrong})
        assert again.status_code == 400
        assert 'href="#hand-writing"' in again.text
    stale = await site.post(f"{page}/close", data={**sent, "seen": "x", "hand-writing": "emre"})
    assert "Kijk opnieuw" in stale.text
    assert 'value="emre" checked' in stale.text
    assert (await site.post(f"{page}/close", data={**sent, "hand-writing": "emre"})).status_code == 303
    assert (await site.mails())[-1]["address"] == "emre@example.org"
    await straight_in(site, site.client, "emre")
    told = (await site.get(f"/staff/issues/{issue_id}")).text
    assert "emre, sinds het account van dana is gesloten" in told
    site.client.cookies.clear()
    site.client.cookies.set("__Host-bode", token, domain="bode.example.org", path="/")
    assert (await site.get("/staff")).status_code == 303


async def test_a_closed_account_offers_nothing_any_more(site: Site, ada: Browser) -> None:
    page = await page_of(site, "fatima")
    shown = (await site.get(f"{page}/close")).text
    sent = {"form": field(shown, "form"), "seen": field(shown, "seen")}
    assert (await site.post(f"{page}/close", data=sent)).status_code == 303
    shown = (await site.get(page)).text
    assert "Dit account is gesloten" in shown
    assert "<form" not in shown.partition("<main")[2]
    assert (await site.get(f"{page}/close")).headers["location"] == page
    for button, words in (
        ("roles", {"role-administrator": "1"}),
        ("link", {}),
        ("subject", {"subject": "x"}),
    ):
        assert (await ada.press("/staff", f"{page}/{button}", **words)).status_code == 409
    async with site.house.database.reading() as db:
        fatima = await staff.named(db, "fatima")
        assert (fatima.roles, fatima.subject) == ([Role.OFFICER], None)


async def test_a_new_second_factor_is_started_by_another_and_mailed_to_the_owner(
    site: Site, ada: Browser
) -> None:
    await enrolled(site, "dana")
    page = await page_of(site, "dana")
    assert "De mail is onderweg" in (await ada.press(page, f"{page}/link")).text
    fatima = await page_of(site, "fatima")  # has not chosen a password yet
    await ada.press(fatima, f"{fatima}/link")
    mails = [(each["address"], each["words"]["purpose"]) for each in await site.mails()]
    assert mails == [("dana@example.org", "factor"), ("fatima@example.org", "invited")]


async def test_a_hint_stays_until_there_are_two_administrators(site: Site, ada: Browser) -> None:
    assert "Er is één beheerder" in (await site.get("/staff")).text
    await enrolled(site, "dana", Role.ADMINISTRATOR)
    assert "Er is één beheerder" not in (await site.get("/staff")).text


async def test_a_review_is_signed_for_what_was_seen(site: Site, ada: Browser) -> None:
    assert "De controle van rechten moet gebeuren" in (await site.get("/staff")).text
    seen = field((await site.get("/staff/review")).text, "seen")
    await enrolled(site, "dana", Role.EDITOR, Role.APPROVER)  # meanwhile
    answer = await ada.press("/staff/review", "/staff/review", seen=seen)
    assert (answer.status_code, "niets getekend" in answer.text) == (400, True)
    async with site.house.database.reading() as db:
        assert (await db.scalars(select(Review))).all() == []
    seen = field((await site.get("/staff/review")).text, "seen")
    await ada.press("/staff/review", "/staff/review", seen=seen)
    assert "Laatst getekend door ada op 16 november 2026" in (await site.get("/staff/review")).text
    assert "De controle van rechten moet gebeuren" not in (await site.get("/staff")).text


async def test_the_supervisor_sees_the_review_and_cannot_sign_it(site: Site) -> None:
    await straight_in(site, site.client, "joost")
    page = (await site.get("/staff/review")).text
    assert 'name="seen"' not in page
    answer = await Browser(site, site.client).press("/staff", "/staff/review", seen="x")
    assert answer.status_code == 403


async def test_a_forgotten_password_is_answered_the_same_for_every_name(site: Site) -> None:
    await enrolled(site, "dana")
    answers = [await site.post("/staff/forgotten", data={"name": name}) for name in ("dana", "nobody")]
    assert len({(each.status_code, each.text) for each in answers}) == 1
    mails = await site.mails()
    assert [(each["address"], each["words"]["purpose"]) for each in mails] == [
        ("dana@example.org", "password")
    ]


async def test_the_form_for_forgotten_passwords_cannot_flood_a_colleague(site: Site) -> None:
    await enrolled(site, "dana")
    for _ in range(20):
        assert (await site.post("/staff/forgotten", data={"name": "dana"})).status_code == 200
    stopped = await site.post("/staff/forgotten", data={"name": "dana"})
    assert stopped.status_code == 429
    assert "retry-after" in stopped.headers
    assert len(await site.mails()) == 3
