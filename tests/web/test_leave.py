"""Leaving works, always: by one click of a mail program, by a button, twice, late, and taken back."""

from __future__ import annotations

import httpx2
import pytest
from sqlalchemy import update

from app.core.address import parse
from app.core.errors import BookClosed
from app.domain import subscriber
from app.domain.ledger import Reason
from app.domain.subscriber import Subscriber
from app.features import erase
from tests.cast import ALICE
from tests.web.conftest import SLUG, Site, field

CLICK = {"List-Unsubscribe": "One-Click"}
MULTIPART = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
BODIES = {
    "urlencoded": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "with a charset": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=utf-8"),
    "multipart": (MULTIPART, "multipart/form-data; boundary=b"),
    "without a type": (b"List-Unsubscribe=One-Click", None),
    "multipart, spelled otherwise": (MULTIPART, 'Multipart/Form-Data; charset=utf-8; boundary="b"'),
    "with a line end": (b"List-Unsubscribe=One-Click\r\n", "application/x-www-form-urlencoded"),
}
WRONG = {
    "nothing": (b"", None),
    "something else": (b"List-Unsubscribe=Yes", "application/x-www-form-urlencoded"),
    "in JSON": (b'{"List-Unsubscribe":"One-Click"}', "application/json"),
    "the right text, named JSON": (b"List-Unsubscribe=One-Click", "application/json"),
    "the right text, named plain": (b"List-Unsubscribe=One-Click", "text/plain"),
    "the right text, a longer name": (
        b"List-Unsubscribe=One-Click",
        "application/x-www-form-urlencoded-not",
    ),
    "the right text, no name": (b"List-Unsubscribe=One-Click", ""),
    "multipart, a longer name": (MULTIPART, "multipart/form-data-not; boundary=b"),
    "another multipart": (MULTIPART, "multipart/mixed; boundary=b"),
    "two answers": (
        b"List-Unsubscribe=One-Click&List-Unsubscribe=No",
        "application/x-www-form-urlencoded",
    ),
    "something behind it": (b"List-Unsubscribe=One-Click&a=", "application/x-www-form-urlencoded"),
    "another name": (b"unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "a broken multipart": (b"--x\r\nbroken", "multipart/form-data; boundary=b"),
    "multipart without boundary": (MULTIPART, "multipart/form-data"),
    "binary": (bytes(range(256)), None),
}


async def click(site: Site, token: str, body: bytes, kind: str | None) -> httpx2.Response:
    """What a mail program sends: no cookie, no origin, no referrer."""
    headers = {} if kind is None else {"content-type": kind}
    return await site.post(f"/afmelden/{token}", content=body, headers=headers)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_one_click_ends_the_subscription_in_that_same_request(
    site: Site, body: tuple[bytes, str | None]
) -> None:
    answer = await click(site, site.leaving(), *body)
    assert answer.status_code == 200
    assert await site.stage.find(ALICE) is None


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG.keys())
async def test_a_post_without_the_text_of_the_rfc_changes_nothing(
    site: Site, body: tuple[bytes, str | None]
) -> None:
    await site.get("/health/ready")
    before = await site.holds()
    assert (await click(site, site.leaving(), *body)).status_code == 400
    assert await site.holds() == before


async def test_one_click_answers_the_same_whatever_is_there(site: Site) -> None:
    token = site.leaving()
    first = await site.post(f"/afmelden/{token}", data=CLICK)
    second = await site.post(f"/afmelden/{token}", data=CLICK)
    forged = await site.post(f"/afmelden/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}", data=CLICK)
    garbled = await site.post("/afmelden/x", data=CLICK)
    gone = await site.post(f"/afmelden/{site.leaving(site.stage.chris_was)}", data=CLICK)
    answers = (first, second, forged, garbled, gone)
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert len({tuple(each.headers.items()) for each in answers}) == 1


async def test_one_click_again_or_forged_changes_nothing(site: Site) -> None:
    token = site.leaving()
    await site.post(f"/unsubscribe/{token}", data=CLICK)
    before = await site.holds()
    await site.post(f"/unsubscribe/{token}", data=CLICK)
    await site.post(f"/unsubscribe/{token[:-2]}AA", data=CLICK)
    assert await site.holds() == before


async def test_a_mail_program_on_the_web_may_press_from_another_site(site: Site) -> None:
    headers = {"sec-fetch-site": "cross-site", "origin": "https://mail.example.net"}
    token = site.leaving()
    page = await site.post(f"/afmelden/{token}/nu", headers=headers)
    assert page.status_code == 403
    assert await site.stage.find(ALICE) is not None
    answer = await site.post(f"/afmelden/{token}", data=CLICK, headers=headers)
    assert answer.status_code == 200
    assert await site.stage.find(ALICE) is None


async def test_the_page_says_whose_subscription_it_is_and_not_the_whole_address(site: Site) -> None:
    page = await site.get(f"/afmelden/{site.leaving()}")
    assert "a•••@example.org" in page.text
    assert ALICE not in page.text
    gone = await site.get(f"/afmelden/{site.leaving(site.stage.chris_was)}")
    assert gone.status_code == 200
    assert "•••" not in gone.text


async def test_the_button_ends_it_and_deletes_the_address(site: Site) -> None:
    token = site.leaving()
    answer = await site.post(f"/afmelden/{token}/nu")
    assert answer.status_code == 200
    assert "U bent gestopt" in answer.text
    assert await site.stage.find(ALICE) is None
    again = await site.post(f"/afmelden/{token}/nu")
    assert again.status_code == 200
    assert "U bent gestopt" in again.text
    assert 'name="undo"' in answer.text
    assert 'name="undo"' not in again.text  # there is nothing to take back
    assert (await site.get(f"/afmelden/{token}/nu")).headers["location"] == f"/afmelden/{token}"


async def test_a_slip_can_be_taken_back_within_fifteen_minutes(site: Site) -> None:
    page = await site.post(f"/unsubscribe/{site.leaving()}/now")
    site.clock.forward(minutes=15)
    value = field(page.text, "undo")
    answer = await site.post("/undo", data={"undo": value})
    assert answer.status_code == 200
    assert "You still get the newsletter" in answer.text
    row = await site.stage.find(ALICE)
    assert row is not None
    assert row.id == site.stage.alice.id
    twice = await site.post("/undo", data={"undo": value})
    assert twice.status_code == 200  # pressing twice is no failure
    assert "You still get the newsletter" in twice.text
    assert await site.stage.find(ALICE) is not None


async def test_after_fifteen_minutes_a_slip_is_final(site: Site) -> None:
    page = await site.post(f"/afmelden/{site.leaving()}/nu")
    site.clock.forward(minutes=15, seconds=1)
    answer = await site.post("/terug", data={"undo": field(page.text, "undo")})
    assert answer.status_code == 410
    assert f'href="/nl/{SLUG}"' in answer.text
    assert await site.stage.find(ALICE) is None


async def test_who_was_erased_after_leaving_does_not_come_back_by_the_page(site: Site) -> None:
    page = await site.post(f"/afmelden/{site.leaving()}/nu")
    house = site.house
    async with house.database.unit_of_work() as session:
        words = {"ring": house.ring, "book": house.book, "actor": "fatima"}
        await erase.erase(session, parse(ALICE), **words, now=site.clock())
    answer = await site.post("/terug", data={"undo": field(page.text, "undo")})
    assert answer.status_code == 410
    assert await site.stage.find(ALICE) is None


async def test_what_takes_back_a_slip_cannot_be_made_up(site: Site) -> None:
    for value in ("", "x", site.mydata(), site.leaving()):
        assert (await site.post("/terug", data={"undo": value})).status_code == 404


async def test_leaving_works_while_the_ledger_is_away(site: Site) -> None:
    await site.house.book.database.close()

    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.write = away  # type: ignore[method-assign]
    answer = await site.post(f"/afmelden/{site.leaving()}", data=CLICK)
    assert answer.status_code == 200
    assert await site.stage.find(ALICE) is None
    ready = await site.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["reasons"] == ["1 ends wait for the ledger"]


@pytest.mark.parametrize("way", ["one click", "button"])
async def test_leaving_works_also_when_the_stored_address_is_damaged(site: Site, way: str) -> None:
    house, alice = site.house, site.stage.alice
    async with house.database.unit_of_work() as session:
        await session.execute(update(Subscriber).values(address=b"a broken disk"))
    page = await site.get(f"/afmelden/{site.leaving()}")
    assert page.status_code == 200
    if way == "button":
        answer = await site.post(f"/afmelden/{site.leaving()}/nu", data={})
    else:
        answer = await click(site, site.leaving(), *BODIES["urlencoded"])
    assert answer.status_code == 200
    assert 'name="undo"' not in answer.text
    async with house.database.reading() as session:
        assert await subscriber.by_id(session, alice.id) is None
    assert [each.reason for each in await house.book.of([alice.subject])] == [Reason.LEFT]
