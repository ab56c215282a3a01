"""A reader's privacy request: asked on their own page, proven behind a mailed link, answered with a page."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core import tokens
from app.core.address import parse
from app.domain import farewell, ledger, lookup, request, subscriber
from app.domain.block import Ground
from app.domain.request import Channel, Identity, Kind, Request, State
from app.features import erase
from app.features.guard import Watch, replay
from app.features.request import identify, receive
from app.features.request.receive import Asked, Desk
from tests.cast import ALICE, CHRIS
from tests.web.conftest import Site

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def rows(site: Site) -> list[Request]:
    async with site.house.database.reading() as session:
        return list(await session.scalars(select(Request).order_by(Request.seq)))


async def asked(site: Site, kind: Kind) -> str:
    """A request by letter, and the path that was mailed to the address in it."""
    desk = Desk("fatima", site.house.ring, site.house.book, "", 35, site.clock())
    letter = Asked(site.stage.letter, parse(ALICE), kind, Channel.LETTER, "nl", site.clock().date())
    async with site.house.database.unit_of_work() as session:
        row = await receive.receive(session, desk, letter)
        await identify.ask(session, desk, row, suspends=True)
    return str((await site.mails())[-1]["words"]["request_url"])


async def test_a_reader_asks_on_their_own_page_and_hears_until_when(site: Site) -> None:
    page = f"/gegevens/{site.mydata()}"
    assert f"{page}/verzoek" in (await site.get(page)).text
    assert "Bewaar mijn gegevens" in (await site.get(f"{page}/verzoek")).text
    wrong = await site.post(f"{page}/verzoek", data={"kind": "portability"})
    assert wrong.status_code == 400
    assert "Kies wat u wilt vragen" in wrong.text
    answer = await site.post(f"{page}/verzoek", data={"kind": "access"})
    assert "uiterlijk op 16 december 2026" in answer.text
    (row,) = await rows(site)
    assert row.number in answer.text
    assert (row.state, row.identity, row.channel) == (State.KNOWN, Identity.LINK, Channel.LINK)
    (told,) = await site.mails()  # so that an officer does not have to look
    assert (told["address"], told["words"]["ready"]) == ("fatima@example.org", True)


async def test_nobody_waits_for_an_officer_to_be_left_alone(site: Site) -> None:
    page = f"/gegevens/{site.mydata()}"
    answer = await site.post(f"{page}/verzoek", data={"kind": "restriction"})
    assert "Wij hebben gedaan wat u vroeg" in answer.text
    held = await site.stage.find(ALICE)
    assert held is not None
    assert held.restricted_at == site.clock()
    await site.post(f"{page}/verzoek", data={"kind": "objection"})
    assert await site.stage.find(ALICE) is None
    assert [row.state for row in await rows(site)] == [State.DONE, State.DONE]
    assert [each["template"] for each in await site.mails()] == ["answer", "answer"]


async def test_the_mailed_link_shows_what_was_asked_and_its_buttons_decide(site: Site) -> None:
    path = await asked(site, Kind.ERASURE)
    page = await site.get(path)
    assert "Gegevens wissen" in page.text
    assert ALICE not in page.text
    assert (await rows(site))[0].state == State.ASKED
    assert "wij gaan verder" in (await site.post(path)).text
    assert (await rows(site))[0].state == State.KNOWN
    assert (await site.get(path)).status_code == 410  # used


async def test_no_means_that_nothing_is_done(site: Site) -> None:
    path = await asked(site, Kind.ERASURE)
    assert "Wij doen niets" in (await site.post(f"{path}/nee")).text
    (row,) = await rows(site)
    assert (row.state, row.address) == (State.WITHDRAWN, None)
    assert (await site.get(f"{path}/nee")).headers["location"] == path


async def test_the_answer_opens_everything_also_for_who_has_left(site: Site) -> None:
    sealed = {"a": CHRIS, "n": site.stage.letter.id.hex, "i": site.clock().isoformat()}
    token = tokens.seal(site.house.ring, "held", sealed)
    page = (await site.get(f"/inzage/{token}")).text
    assert CHRIS in page
    assert "U stopte" in page
    (held,) = (await site.get(f"/inzage/{token}/json")).json()["newsletters"]
    assert held["subscription"] is None
    assert [each["event"] for each in held["proofs"]] == ["requested", "confirmed", "withdrawn"]
    site.clock.forward(days=7, seconds=1)
    assert (await site.get(f"/inzage/{token}")).status_code == 410


async def test_every_line_of_the_ledger_about_somebody_is_in_their_file(site: Site) -> None:
    house, now = site.house, site.clock()
    words = {"ring": house.ring, "book": house.book, "now": now}
    async with house.database.unit_of_work() as session:
        lookup.note(session, house.ring, parse(ALICE), why=lookup.Why.QUESTION, number="V-2026-1", now=now)
        await farewell.block_address(session, site.stage.letter.id, parse(ALICE), Ground.OBJECTION, **words)
        await erase.erase(session, parse(ALICE), actor="fatima", **words)
    sealed = {"a": ALICE, "n": site.stage.letter.id.hex, "i": now.isoformat()}
    path = f"/inzage/{tokens.seal(house.ring, 'held', sealed)}"
    file = (await site.get(f"{path}/json")).json()
    shown = [*file["lookupEnds"], *(end for each in file["newsletters"] for end in each["ends"])]
    async with house.book.database.reading() as session:
        reasons = [str(each.reason) for each in await ledger.since(session, 1, 100)]  # the first is chris
    assert sorted(each["reason"] for each in shown) == sorted(reasons)
    assert [each["reason"] for each in file["lookupEnds"]] == ["erased"]
    assert "eerdere opzoekingen zijn gewist" in (await site.get(path)).text


async def test_a_restriction_ends_with_a_new_yes_which_no_replay_takes_back(site: Site) -> None:
    house, page = site.house, f"/gegevens/{site.mydata()}"
    async with house.database.unit_of_work() as session:
        row = await subscriber.by_id(session, site.stage.alice.id)
        assert row is not None
        await farewell.restrict(session, row, book=house.book, now=site.clock())
    assert "Gebruik mijn gegevens weer" in (await site.get(page)).text
    site.clock.forward(minutes=1)
    assert "U krijgt de nieuwsbrief weer" in (await site.post(f"{page}/gebruiken")).text
    watch = Watch(house.database, house.book, house.ring)
    await replay(watch, everything=True, now=site.clock())
    found = await site.stage.find(ALICE)
    assert found is not None
    assert found.restricted_at is None
    assert (await site.get(page)).status_code == 410  # a link from before the new yes


async def test_a_reader_who_erases_takes_an_open_request_along(site: Site) -> None:
    page = f"/gegevens/{site.mydata()}"
    await site.post(f"{page}/verzoek", data={"kind": "access"})
    (row,) = await rows(site)
    assert (
        f"Zien wat er is bewaard (inzage) ({row.number})" in (await site.get(f"{page}/wissen")).text
    )  # said before
    done = await site.post(f"{page}/wissen")
    assert f"Uw open verzoeken zijn daarmee beëindigd: {row.number}" in done.text
    (row,) = await rows(site)
    assert (row.state, row.address, row.subject) == (State.OVERTAKEN, None, None)
    assert row.state in request.ENDS
