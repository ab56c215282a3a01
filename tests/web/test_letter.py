"""The answer by post: what it says, and the whole copy for who has no mailbox, which is seen once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from app.domain.audit import Event, Record
from app.domain.lookup import Lookup
from app.domain.request import Request, State
from tests.cast import ALICE, CHRIS
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, straight_in
from tests.web.test_requests import entered, row

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def fatima(site: Site) -> Browser:
    """A privacy officer at her browser."""
    await enrolled(site, "fatima")
    await straight_in(site, site.client, "fatima")
    return Browser(site, site.client)


async def lost(fatima: Browser, **changed: str) -> str:
    """Somebody asks to see their data, whose mailbox went with the office."""
    page = await entered(fatima, **{"kind": "access", **changed})
    await fatima.press(page, f"{page}/identity", ground="lost_mailbox")
    return page


async def events(site: Site) -> list[str]:
    async with site.house.database.reading() as db:
        return [*await db.scalars(select(Record.event).order_by(Record.seq))]


async def test_who_lost_the_mailbox_gets_the_whole_copy_on_paper_once(site: Site, fatima: Browser) -> None:
    page = await lost(fatima)
    assert "Toon de brief met de kopie, één keer" in (await site.get(page)).text
    answer = await fatima.press(page, f"{page}/copy")
    letter = " ".join(answer.text.split())
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    for said in (
        "Ons antwoord op uw privacyverzoek",
        "Bewijs van uw ja",
        "U drukte op de knop",
        "Wie zocht mij op?",
        (await row(site)).number,
        "binnen zes weken",
        "autoriteitpersoonsgegevens.nl",
    ):
        assert said in letter, said
    assert "@example" not in letter.replace("nieuwsbrief@example.org", "")
    assert (await events(site))[-2:] == [Event.REQUEST_COPY_SHOWN, Event.ADDRESS_LOOKED_UP]
    async with site.house.database.reading() as db:
        (look,) = await db.scalars(select(Lookup))
    assert (look.why, look.number) == ("request", (await row(site)).number)
    again = await fatima.press(page, f"{page}/copy")
    assert (again.status_code, "De kopie is al getoond" in again.text) == (400, True)
    assert "U drukte op de knop" not in again.text
    await fatima.press(page, f"{page}/done", way="letter")
    assert (await row(site)).state == State.ANSWERED
    assert "U drukte op de knop" not in (await site.get(f"{page}/letter")).text


@pytest.mark.parametrize("changed", [{"kind": "erasure"}, {"ground": "document"}, {"ground": ""}])
async def test_nobody_else_is_shown_to_an_officer(
    site: Site, fatima: Browser, changed: dict[str, str]
) -> None:
    page = await entered(fatima, kind=changed.get("kind", "access"))
    if ground := changed.get("ground", "lost_mailbox"):
        await fatima.press(page, f"{page}/identity", ground=ground)
    answer = await fatima.press(page, f"{page}/copy")
    assert (answer.status_code, "U drukte op de knop" in answer.text) == (400, False)
    assert Event.REQUEST_COPY_SHOWN not in await events(site)
    assert Event.ADDRESS_LOOKED_UP not in await events(site)


@pytest.mark.parametrize(("identity", "status"), [("document", 200), ("button", 400), ("link", 400)])
async def test_an_answer_that_came_back_is_printed_only_for_who_was_known_without_a_mail(
    site: Site, fatima: Browser, identity: str, status: int
) -> None:
    page = await entered(fatima, kind="access")
    await fatima.press(page, f"{page}/identity", ground="document")
    await fatima.press(page, f"{page}/done", way="mail")
    async with site.house.database.unit_of_work() as db:
        await db.execute(update(Request).values(state=State.RETURNED, identity=identity))
    assert (await fatima.press(page, f"{page}/copy")).status_code == status


async def test_a_copy_counts_for_the_look_ups_of_a_day(site: Site, fatima: Browser) -> None:
    page = await lost(fatima)
    look = {"address": CHRIS, "why": "question", "number": "AVG-2026-17"}
    for _ in range(30):
        await fatima.press("/staff/look-up", "/staff/look-up", **look)
    answer = await fatima.press(page, f"{page}/copy")
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
    assert Event.REQUEST_COPY_SHOWN not in await events(site)


KINDS = {
    "access": "Bij deze brief zit alles",
    "correction": "Meld uw nieuwe adres zelf aan",
    "erasure": "Bij deze brief zit een bewijs",
    "restriction": "Is het niet aangemeld, dan viel er niets te veranderen",
    "portability": "Bij deze brief zit alles",
    "objection": "Beginnen wij later een andere nieuwsbrief",
    "lift": "De blokkade op uw adres is weg",
}


@pytest.mark.parametrize("kind", list(KINDS))
async def test_an_answer_is_printed_as_a_letter_that_says_what_was_done(
    site: Site, fatima: Browser, kind: str
) -> None:
    page = await lost(fatima, kind=kind)
    early = await site.get(f"{page}/letter")
    assert (early.status_code, early.headers["location"]) == (303, page)
    await fatima.press(page, f"{page}/done", way="letter")
    assert f'href="{page}/letter"' in (await site.get(page)).text
    letter = " ".join((await site.get(f"{page}/letter")).text.split())
    assert KINDS[kind] in letter
    assert "Ons kenmerk: " + (await row(site)).number in letter
    assert "fatima" not in letter
    assert ALICE not in letter
    assert re.search(r"Schrijf naar .* en noem het nummer", letter)


async def test_a_letter_is_in_the_language_of_who_asked_and_says_why_not(site: Site, fatima: Browser) -> None:
    page = await entered(fatima, kind="correction", language="en")
    await fatima.press(page, f"{page}/identity", ground="document")
    await fatima.press(page, f"{page}/refuse", refusal="excessive", refusal_way="letter")
    letter = " ".join((await site.get(f"{page}/letter")).text.split())
    assert '<html lang="en">' in letter
    assert "We do not do what you asked. You asked the same several times in a short time." in letter


@pytest.mark.parametrize(
    ("kind", "says", "never"),
    [
        ("access", "hebben u een link gemaild naar alles", "Bij deze brief zit"),
        ("erasure", "Het bewijs stond in de mail", "Bij deze brief zit"),
    ],
)
async def test_a_letter_after_a_mail_promises_nothing_that_is_not_in_the_envelope(
    site: Site, fatima: Browser, kind: str, says: str, never: str
) -> None:
    page = await entered(fatima, kind=kind)
    await fatima.press(page, f"{page}/identity", ground="document")
    await fatima.press(page, f"{page}/done", way="mail")
    letter = " ".join((await site.get(f"{page}/letter")).text.split())
    assert (says in letter, never in letter) == (True, False)


async def test_that_it_takes_longer_is_printed_as_a_letter_with_the_day_and_the_reason(
    site: Site, fatima: Browser
) -> None:
    page = await entered(fatima, kind="access", language="en")
    early = await site.get(f"{page}/longer")
    assert (early.status_code, early.headers["location"]) == (303, page)
    await fatima.press(page, f"{page}/extend", delay="many", delay_way="letter")
    assert f'href="{page}/longer"' in (await site.get(page)).text
    letter = " ".join((await site.get(f"{page}/longer")).text.split())
    assert '<html lang="en">' in letter
    assert "You get our answer on 14 February 2027 at the latest." in letter
    assert "The reason is that we have many requests at once." in letter
    assert "Our reference: " + (await row(site)).number in letter
    assert (ALICE in letter, "fatima" in letter) == (False, False)
    await fatima.press(page, f"{page}/withdraw")
    assert (await site.get(f"{page}/longer")).status_code == 303
