"""An officer carries an erasure out: what is said before, what stays, and what follows without the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import update

from app.core.address import parse
from app.core.errors import BookClosed
from app.domain import erasure, farewell
from app.domain.block import Ground
from app.domain.request import Request, State
from app.features.guard import Watch, replay
from app.mail.courier import Courier
from app.worker import JOBS, Worker
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


async def test_a_crafted_answer_by_mail_to_a_lost_mailbox_erases_nothing(site: Site, fatima: Browser) -> None:
    page, house = await entered(fatima), site.house
    await fatima.press(page, f"{page}/identity", ground="lost_mailbox")
    answer = await fatima.press(page, f"{page}/done", way="mail")
    assert (answer.status_code, "Kies een andere manier" in answer.text) == (400, True)
    await replay(Watch(house.database, house.book, house.ring), everything=True, now=site.clock())
    assert await site.stage.find(ALICE) is not None
    assert (await row(site)).state == State.KNOWN


async def test_who_lost_the_mailbox_is_promised_no_link_and_a_letter_says_what_a_mail_would(
    site: Site, fatima: Browser
) -> None:
    page = await entered(fatima, kind="access")
    await fatima.press(page, f"{page}/identity", ground="lost_mailbox")
    shown = (await site.get(page)).text
    assert "een link naar alles" not in shown
    assert "dus er kan geen link heen" in shown
    assert shown.count("binnen zes weken") == 2  # beside carrying out, and beside refusing
    other = await entered(fatima, kind="objection")
    await fatima.press(other, f"{other}/identity", ground="document")
    assert "Afwijzen en antwoorden" not in (await site.get(other)).text  # it always succeeds


async def blocked(site: Site, address: str = ALICE) -> bool:
    async with site.house.database.reading() as db:
        found = await erasure.blocks(db, parse(address), ring=site.house.ring, now=site.clock())
    return bool(found)


@pytest.mark.parametrize("too", [False, True], ids=["stays", "goes too"])
async def test_before_erasing_it_says_what_stays_and_what_ends_with_it(
    site: Site, fatima: Browser, *, too: bool
) -> None:
    await fatima.press(await entered(fatima, kind="objection"), "/staff/requests")
    other = await row(site)
    page = f"/staff/requests/{other.id}"
    await fatima.press(page, f"{page}/identity", ground="document")
    await fatima.press(page, f"{page}/done", way="letter")
    await entered(fatima, kind="access")
    other = await row(site)
    page = await entered(fatima)
    await fatima.press(page, f"{page}/identity", ground="document")
    shown = (await site.get(page)).text
    assert "geblokkeerd (vroeg nooit gemaild te worden)" in " ".join(shown.split())
    assert f"{other.number}</a>: Zien wat er is bewaard" in shown
    assert await blocked(site)
    answer = await fatima.press(page, f"{page}/done", way="screen", **({"unblock": "yes"} if too else {}))
    proof = await site.get(answer.headers["location"])  # straight to the certificate
    assert ("1 blokkade, als code" in proof.text) is not too
    assert ("Blokkades van het adres" in proof.text) is too
    assert await blocked(site) is not too
    overtaken = (await site.get(f"/staff/requests/{other.id}")).text
    assert "beëindigd, omdat eerst alles is gewist" in overtaken


async def test_the_answer_tells_of_the_block_and_of_the_requests_that_ended(
    site: Site, fatima: Browser
) -> None:
    async with site.house.database.unit_of_work() as db:
        tools = {"ring": site.house.ring, "book": site.house.book, "now": site.clock()}
        await farewell.block_address(db, site.stage.letter.id, parse(ALICE), Ground.OBJECTION, **tools)
    await entered(fatima, kind="access")
    other, page = await row(site), await entered(fatima)
    await fatima.press(page, f"{page}/identity", ground="document")
    await fatima.press(page, f"{page}/done", way="mail")
    words = (await site.mails())[-1]["words"]
    assert words["overtaken"] == other.number
    path = words["lift_url"].removeprefix(site.house.settings.base_url)
    assert "Hef de blokkade op" in (await site.get(path)).text
    await site.post(path)
    assert not await blocked(site)


@contextmanager
def without_ledger(site: Site) -> Iterator[None]:
    """The ledger cannot be reached for a while."""
    book = site.house.book
    kept = {name: getattr(book, name) for name in ("write", "of")}

    async def away(*_: object) -> None:
        raise BookClosed

    for name in kept:
        setattr(book, name, away)
    yield
    for name, act in kept.items():
        setattr(book, name, act)


async def works(site: Site, *names: str) -> list[str]:
    """What the worker does by itself, and what it says of it."""
    worker = Worker(site.house, Courier(site.house.settings, site.box), clock=site.clock)
    return [await next(chore for chore in JOBS if chore.name == name).act(worker) for name in names]


async def too_early(site: Site, fatima: Browser, page: str) -> None:
    """Nothing closes it, or answers, while there can be no certificate."""
    with without_ledger(site):
        for step in ("again", "answered", "unreached"):
            answer = await fatima.press(page, f"{page}/{step}", told="letter")
            assert (answer.status_code, "Wacht daarop voor u" in answer.text) == (400, True)
    assert (await row(site)).state == State.DONE


@pytest.mark.parametrize("way", ["mail", "letter"])
async def test_while_the_ledger_is_away_it_says_so_and_the_certificate_follows(
    site: Site, fatima: Browser, way: str
) -> None:
    page = await entered(fatima)
    await fatima.press(page, f"{page}/identity", ground="document")
    with without_ledger(site):
        await fatima.press(page, f"{page}/done", way=way)
        await works(site, "certificates")
        waits, listed = [(await site.get(each)).text for each in (page, "/staff/requests")]
    assert "Ons register was niet bereikbaar" in waits
    assert ["gewist; het antwoord wacht op het bewijs" in each for each in (waits, listed)] == [True, True]
    assert "/bewijs/" not in waits
    assert (await site.stage.find(ALICE), await site.mails()) == (None, [])
    assert "Sluit als beantwoord" not in waits
    await too_early(site, fatima, page)
    site.clock.forward(minutes=3)
    await works(site, "certificates", "replay", "certificates", "certificates")
    if way == "mail":
        (answer,) = await site.mails()
        path = answer["words"]["link_url"].removeprefix(site.house.settings.base_url)
    else:
        (path,) = re.findall(r'"(/bewijs/[^"]+)"', (await site.get(page)).text)
        await fatima.press(page, f"{page}/answered", told="letter")
        assert (await site.mails(), (await row(site)).unproven) == ([], None)
    proof = (await site.get(path)).text
    assert "Dit bewijs is echt" in proof
    assert "16 november 2026" in proof
    assert len((await site.get(f"{path}/json")).json()["ledger"]) == 2  # not before the ledger has all of it


async def test_one_certificate_that_cannot_be_read_keeps_no_other_back_and_is_named(
    site: Site, fatima: Browser
) -> None:
    numbers = []
    for address in (ALICE, CHRIS):
        page = await entered(fatima, address=address)
        await fatima.press(page, f"{page}/identity", ground="document")
        with without_ledger(site):
            await fatima.press(page, f"{page}/done", way="mail")
        numbers.append((await row(site)).number)
    async with site.house.database.unit_of_work() as db:
        await db.execute(update(Request).where(Request.number == numbers[0]).values(address=b"damaged"))
    site.clock.forward(minutes=3)
    await works(site, "replay")
    assert await works(site, "certificates") == [f"1 mailed; cannot be read: {numbers[0]}"]
    assert [each["address"] for each in await site.mails()] == [CHRIS]
    assert await works(site, "certificates") == [f"0 mailed; cannot be read: {numbers[0]}"]


async def damaged(site: Site) -> None:
    """The key of the last request's address is gone, or a disk changed it."""
    async with site.house.database.unit_of_work() as db:
        last = (await row(site)).seq
        await db.execute(update(Request).where(Request.seq == last).values(address=b"damaged"))


async def test_a_certificate_that_can_never_be_made_is_told_on_the_page_and_given_up_there(
    site: Site, fatima: Browser
) -> None:
    page = await entered(fatima)
    await fatima.press(page, f"{page}/identity", ground="document")
    with without_ledger(site):
        await fatima.press(page, f"{page}/done", way="mail")
    await damaged(site)
    shown = await site.get(page)
    assert (shown.status_code, "is niet te lezen</h2>" in shown.text) == (200, True)
    assert "Gewist; het bewijs kan nu niet worden gemaakt" in shown.text
    assert "Ons register was niet bereikbaar" not in shown.text
    closed = await fatima.press(page, f"{page}/unreached", without="yes")
    assert (closed.status_code, (await row(site)).state) == (303, State.UNREACHED)
    assert ((await row(site)).address, (await row(site)).unproven) == (None, None)


@pytest.mark.parametrize("kind", ["erasure", "access"])
async def test_a_request_whose_address_cannot_be_read_says_so_and_can_be_closed(
    site: Site, fatima: Browser, kind: str
) -> None:
    page = await entered(fatima, kind=kind)
    await fatima.press(page, f"{page}/identity", ground="lost_mailbox")
    await damaged(site)
    for step in ("done", "copy") if kind == "access" else ("done",):
        answer = await fatima.press(page, f"{page}/{step}", way="letter")
        assert (answer.status_code, "Daarom is er niets gedaan" in answer.text) == (400, True)
    assert (await row(site)).state == State.KNOWN
    assert (await fatima.press(page, f"{page}/withdraw")).status_code == 303
    assert ((await row(site)).state, (await row(site)).address) == (State.WITHDRAWN, None)
