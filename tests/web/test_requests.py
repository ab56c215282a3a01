"""The privacy officers' rooms: from a letter to an answer, one look-up, and who may only read."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import httpx2
import pytest
from sqlalchemy import select

from app.domain import service
from app.domain.audit import Event, Record
from app.domain.request import Request, State
from tests.cast import ALICE, BOB
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, links, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
LETTER = {
    "address": ALICE,
    "kind": "erasure",
    "channel": "letter",
    "received_on": "2026-11-14",
    "language": "nl",
    "newsletter": "weerbaar-bestuur",
}
LOOK = {"address": ALICE, "why": "question", "number": "AVG-2026-17"}


@pytest.fixture
async def fatima(site: Site) -> Browser:
    """A privacy officer at her browser."""
    await enrolled(site, "fatima")
    await straight_in(site, site.client, "fatima")
    return Browser(site, site.client)


async def entered(fatima: Browser, **changed: str) -> str:
    """The page of a request that she typed over from a letter."""
    answer = await fatima.press("/staff/requests/new", "/staff/requests/new", **{**LETTER, **changed})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def row(site: Site) -> Request:
    async with site.house.database.reading() as db:
        return (await db.scalars(select(Request).order_by(Request.seq.desc()))).first() or Request()


async def test_a_letter_becomes_an_answered_request(site: Site, fatima: Browser) -> None:
    page = await entered(fatima)
    shown = await site.get(page)
    assert "Nog 28 dagen" in shown.text
    assert ALICE not in shown.text
    assert "Uitvoeren en antwoorden" not in shown.text  # first: who asks?
    assert (await fatima.press(page, f"{page}/identity", ground="document")).status_code == 303
    done = await fatima.press(page, f"{page}/done", way="mail")
    assert done.status_code == 303
    assert await site.stage.find(ALICE) is None
    assert "het antwoord is onderweg" in (await site.get(page)).text
    told = await fatima.press(page, f"{page}/answered", told="telephone")
    assert told.status_code == 303
    assert ((await row(site)).state, (await row(site)).address) == (State.ANSWERED, None)
    listed = (await site.get("/staff/requests")).text
    assert "Laatst gesloten" in listed
    assert "@example" not in listed


async def test_who_was_not_asked_who_they_are_is_not_refused_for_it(site: Site, fatima: Browser) -> None:
    page = await entered(fatima)
    shown = (await site.get(page)).text
    assert "Afwijzen en antwoorden" not in shown
    assert "kan pas als ernaar is gevraagd" in shown
    await fatima.press(page, f"{page}/asked", asked_way="letter")
    shown = (await site.get(page)).text
    assert "<dt>Gevraagd wie het is</dt>" in shown
    assert "Afwijzen en antwoorden" not in shown  # first a fortnight to answer
    assert re.search(r"14 dagen om te laten zien wie het is\. .* kan vanaf .*30 november 2026", shown)
    site.clock.forward(days=14)
    await straight_in(site, site.client, "fatima")
    assert "Afwijzen en antwoorden" in (await site.get(page)).text
    told = await fatima.press(page, f"{page}/refuse", refusal="not_identified", refusal_way="letter")
    assert (told.status_code, (await row(site)).state) == (303, State.ANSWERED)


async def test_what_is_overdue_stands_first(site: Site, fatima: Browser) -> None:
    for day in ("10-11-2026", "10 oktober 2026", "2026-11-01"):
        await entered(fatima, received_on=day)
    listed = (await site.get("/staff/requests")).text
    assert re.findall(r"(te laat|\d+ dagen)<", listed) == ["te laat", "15 dagen", "24 dagen"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"address": "alice"}, "Het @-teken ontbreekt"),
        ({"kind": "forget"}, "Kies een van deze"),
        ({"channel": "link"}, "Kies een van deze"),
        ({"received_on": "2026-11-17"}, "Vul de dag in"),
        ({"received_on": "gisteren"}, "Vul de dag in"),
        ({"received_on": "0001-01-01"}, "Vul de dag in"),
    ],
)
async def test_what_is_wrong_is_told_and_what_was_typed_stays(
    site: Site, fatima: Browser, changed: dict[str, str], told: str
) -> None:
    answer = await fatima.press("/staff/requests/new", "/staff/requests/new", **{**LETTER, **changed})
    assert answer.status_code == 400
    assert told in answer.text
    assert f'value="{changed.get("address", ALICE)}"' in answer.text
    assert (await row(site)).id is None


async def test_a_step_without_a_choice_or_out_of_turn_changes_nothing(site: Site, fatima: Browser) -> None:
    page = await entered(fatima)
    for path, told in (("ask", "Kies een van deze"), ("identity", "Kies een van deze"), ("done", "Kies een")):
        answer = await fatima.press(page, f"{page}/{path}")
        assert answer.status_code == 400
        assert told in answer.text
    early = await fatima.press(page, f"{page}/done", way="mail")
    assert "Deze stap kan nu niet" in early.text
    assert await site.stage.find(ALICE) is not None
    assert (await row(site)).state == State.RECEIVED


async def test_the_supervisor_reads_and_does_nothing(site: Site, fatima: Browser) -> None:
    page = await entered(fatima)
    await enrolled(site, "joost")
    await straight_in(site, site.client, "joost")
    assert "/staff/look-up" not in links((await site.get("/staff")).text)
    assert "<form" not in (await site.get(page)).text.split("<main", 1)[1]
    assert (await fatima.press("/staff", f"{page}/withdraw")).status_code == 403
    assert (await site.get("/staff/look-up")).status_code == 403


async def lost(site: Site, which: str) -> None:
    """The worker could not deliver that mail."""
    async with site.house.database.unit_of_work() as db:
        (found,) = await db.scalars(select(Request))
        found.lost = which


async def test_a_mail_that_did_not_arrive_is_told_on_the_page_and_mailed_again(
    site: Site, fatima: Browser
) -> None:
    page = await entered(fatima)
    await fatima.press(page, f"{page}/extend", delay="many", delay_way="mail")
    await fatima.press(page, f"{page}/ask", still="yes")
    shown = (await site.get(page)).text
    assert "De betrokkene heeft tot" in shown
    assert "kwam niet aan" not in shown
    await lost(site, "identity")
    shown = (await site.get(page)).text
    assert "De mail aan wie het vraagt kwam niet aan" in shown
    assert "De betrokkene heeft tot" not in shown  # nobody was asked anything
    assert "kan pas als ernaar is gevraagd" in shown
    sent = len(await site.mails())
    assert (await fatima.press(page, f"{page}/ask-again")).status_code == 303
    assert (len(await site.mails()), (await row(site)).lost) == (sent + 1, None)
    await lost(site, "extended")
    assert "Het bericht dat het langer duurt kwam niet aan" in (await site.get(page)).text
    assert "Kies een van deze" in (await fatima.press(page, f"{page}/extend-again")).text
    assert (await fatima.press(page, f"{page}/extend-again", again_way="letter")).status_code == 303
    assert (await row(site)).lost is None
    site.clock.forward(days=15)
    await straight_in(site, site.client, "fatima")
    assert "Een link die wij mailden, werkt niet meer" in (await site.get(page)).text


async def look(fatima: Browser, **changed: str) -> httpx2.Response:
    return await fatima.press("/staff/look-up", "/staff/look-up", **{**LOOK, **changed})


async def test_one_address_is_looked_up_and_its_page_holds_no_address(site: Site, fatima: Browser) -> None:
    answer = await look(fatima)
    assert answer.status_code == 200
    assert "sinds 17 oktober 2026" in answer.text
    assert "Zeg nooit of een adres op de lijst staat" in answer.text
    assert ALICE not in answer.text
    assert "Er is niets bewaard" in (await look(fatima, address=BOB)).text
    async with site.house.database.reading() as db:
        found = await db.scalars(select(Record).where(Record.event == Event.ADDRESS_LOOKED_UP))
        assert [(each.actor, each.about) for each in found] == [("fatima", "case AVG-2026-17")] * 2


async def test_what_officers_type_stands_nowhere_in_clear(
    site: Site, fatima: Browser, lines: StringIO
) -> None:
    page = await entered(fatima)
    await fatima.press("/staff/requests/new", "/staff/requests/new", **{**LETTER, "kind": "x"})
    await fatima.press(page, f"{page}/ask", still="yes")
    await look(fatima)
    await look(fatima, number=ALICE)
    await fatima.press(page, f"{page}/identity", ground=ALICE)
    held = "\n".join(each for rows in (await site.holds()).values() for each in rows)
    for sink in (held, lines.getvalue(), page):
        assert "alice" not in sink.casefold()
    assert "ADDRESS_LOOKED_UP" in held or "address.looked_up" in held  # what was searched is there


async def test_an_address_that_our_relay_cannot_mail_has_the_same_rights(site: Site, fatima: Browser) -> None:
    """A list can have brought it in, or the relay was another one then."""
    assert "Er is niets bewaard" in (await look(fatima, address="jörg@example.org")).text
    assert (await site.get(await entered(fatima, address="jörg@example.org"))).status_code == 200


async def test_without_a_reason_or_a_case_nothing_is_looked_up(site: Site, fatima: Browser) -> None:
    for changed, told in (
        ({"number": "alice@example.org"}, "Vul het nummer van de zaak in"),
        ({"why": ""}, "Kies een van deze"),
        ({"address": "alice"}, "Het @-teken ontbreekt"),
    ):
        answer = await look(fatima, **changed)
        assert answer.status_code == 400
        assert told in answer.text
        assert "sinds" not in answer.text
    for number in range(30):
        await look(fatima, address=f"reader{number}@example.net")
    stopped = await look(fatima)
    assert stopped.status_code == 429
    assert "zoveel adressen opgezocht" in stopped.text
    assert "retry-after" in stopped.headers


async def test_the_list_says_for_a_month_that_a_backup_was_put_back(site: Site, fatima: Browser) -> None:
    assert 'id="restored"' not in (await site.get("/staff/requests")).text
    async with site.house.database.unit_of_work() as db:
        (await service.state(db)).restored_at = site.clock()
    assert "Er is een reservekopie teruggezet; dat is gemerkt op" in (await site.get("/staff/requests")).text
    async with site.house.database.unit_of_work() as db:
        (await service.state(db)).restored_at = site.clock() - timedelta(days=31)
    assert 'id="restored"' not in (await site.get("/staff/requests")).text
