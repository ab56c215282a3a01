"""The rooms for data breaches: from the first facts to a notice that a second person sends; others read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domain import issue as issues
from app.domain.breach import Breach, Risk, State
from app.domain.delivery import Delivery
from app.domain.delivery import State as Fate
from app.domain.issue import Issue
from app.domain.issue import State as Sending
from app.features import guard
from app.web.templating import text_of
from tests.web.conftest import Site, field
from tests.web.desk import Browser, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
NEW = "/staff/breaches/new"
FACTS = {
    "aware_on": "2026-11-14",
    "aware_time": "12:00",
    "nature": "intrusion",
    "keys": "unknown",
    "letter-weerbaar-bestuur": "1",
    "people": "",
    "data-subscriber": "1",
    "effect-threat": "1",
    "measure-closed": "1",
    "risk": "high",
}


@pytest.fixture
async def fatima(site: Site) -> Browser:
    """A privacy officer at her browser."""
    for name in ("fatima", "joost", "ada"):
        await enrolled(site, name)
    return await seated(site, "fatima")


async def seated(site: Site, name: str) -> Browser:
    await straight_in(site, site.client, name)
    return Browser(site, site.client)


async def held(site: Site) -> list[Any]:
    async with site.house.database.reading() as db:
        return [*await db.scalars(select(Breach)), *await db.scalars(select(Issue))]


async def test_from_the_first_facts_to_a_notice_that_is_planned(site: Site, fatima: Browser) -> None:
    page = str((await fatima.press(NEW, NEW, **FACTS)).headers["location"])
    assert "Nog 26 uur" in (await site.get(page)).text  # known on Saturday at noon; it is Monday, ten o'clock
    assert "Nog 26 uur" in (await site.get("/staff/breaches")).text
    early = await fatima.press(page, f"{page}/report", reported_on="2026-11-14", reported_time="11:00")
    assert early.status_code == 400
    assert "nadat het bekend werd" in early.text
    await fatima.press(page, f"{page}/report", reported_on="2026-11-16", reported_time="09:30")
    assert "krijgen de mensen eerst bericht" in (await fatima.press(page, f"{page}/close")).text
    assert "ten minste één" in (await fatima.press(page, f"{page}/notice")).text
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    own = (await site.get(page)).text
    assert "Ga ervan uit dat anderen uw e-mailadres kunnen lezen" in text_of(own)
    assert "Tekst voor de website" in own
    assert f'{page}/approve"' not in own
    ada = await seated(site, "ada")
    seen = field((await site.get(page)).text, "seen")
    assert (await ada.press(page, f"{page}/approve", seen=seen)).status_code == 303
    found, issue = await held(site)
    assert (found.state, found.writer, found.approver) == (State.REPORTED, "fatima", "ada")
    assert (issue.state, issue.notice, issue.approver) == (Sending.SCHEDULED, True, "ada")
    assert (issue.due_at - site.clock()).total_seconds() == 600
    fatima = await seated(site, "fatima")
    await going(site, fatima, page, issue.id)
    assert (await fatima.press(page, f"{page}/close")).status_code == 303


async def test_the_page_says_how_many_records_of_which_kinds_and_takes_another_number(
    site: Site, fatima: Browser
) -> None:
    kinds = {**FACTS, "data-subscriber": "1", "data-consent": "1"}
    page = str((await fatima.press(NEW, NEW, **kinds)).headers["location"])
    found, *_ = await held(site)
    shown = " ".join((await site.get(page)).text.split())
    assert f"<dt>Hoeveel gegevensrecords</dt><dd>{found.records} (" in shown
    assert f"{found.records - 1}; Uw abonnement: 1)</dd>" in shown
    assert f"{site.stage.letter.title} (1)" in shown
    assert "weerbaar-bestuur (" not in shown
    facts = f"{page}/facts"
    wrong = await fatima.press(facts, facts, **{**kinds, "records": "veel"})
    assert (wrong.status_code, "Vul een aantal in cijfers in" in wrong.text) == (400, True)
    await fatima.press(facts, facts, **{**kinds, "records": "3"})
    assert "<dt>Hoeveel gegevensrecords</dt><dd>3 (" in " ".join((await site.get(page)).text.split())
    assert 'name="records" type="text" inputmode="numeric" value="3"' in (await site.get(facts)).text


async def test_a_notice_that_went_is_shown_as_it_went_whatever_is_learned_later(
    site: Site, fatima: Browser
) -> None:
    page = str((await fatima.press(NEW, NEW, **FACTS)).headers["location"])
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    ada = await seated(site, "ada")
    await ada.press(page, f"{page}/approve", seen=field((await site.get(page)).text, "seen"))
    async with site.house.database.unit_of_work() as db:
        (issue,) = await db.scalars(select(Issue))
        issue.state, issue.started_at = Sending.SENDING, site.clock()
    fatima = await seated(site, "fatima")
    await fatima.press(f"{page}/facts", f"{page}/facts", **{**FACTS, "keys": "no"})
    shown = " ".join(text_of((await site.get(page)).text).split())
    said, learned = "Ga ervan uit dat anderen uw e-mailadres kunnen lezen", "om ze te lezen zijn niet gelekt"
    above, website = shown.split("Tekst voor de website")
    website, went = website.split("Het bericht aan lezers van")
    assert [(said in part, learned in part) for part in (above, website, went)] == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert "Datalek: wat er met uw gegevens is gebeurd" in went
    assert "De mail zoals die is goedgekeurd, Engels" in went


async def test_an_editor_cannot_rewrite_the_notice_of_a_breach_nor_take_its_approval_away(
    site: Site, fatima: Browser
) -> None:
    page = str((await fatima.press(NEW, NEW, **FACTS)).headers["location"])
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    ada = await seated(site, "ada")
    await ada.press(page, f"{page}/approve", seen=field((await site.get(page)).text, "seen"))
    _, issue = await held(site)
    dana, here = await seated(site, "dana"), f"/staff/issues/{issue.id}"
    shown = await site.get(f"{here}/write/nl")
    assert "Dit is het bericht over een datalek" in shown.text
    assert f"{here}/open" not in shown.text
    mine = {"language": "nl", "act": "open", "subject": "Alles is in orde", "version": "1"}
    for path in ("open", "write/nl", "languages"):
        assert (await dana.press("/staff/account", f"{here}/{path}", **mine)).status_code == 409
    _, now = await held(site)
    assert (now.state, now.digest, now.author) == (Sending.SCHEDULED, issue.digest, "fatima")
    async with site.house.database.unit_of_work() as db:
        (await issues.get(db, issue.id)).state = Sending.DRAFT  # as after a restore
    assert "Dit is het bericht over een datalek" in (await site.get(f"{here}/write/nl")).text
    assert (await dana.press("/staff/account", f"{here}/write/nl", **mine)).status_code == 409
    assert (await held(site))[1].author == "fatima"


async def going(site: Site, fatima: Browser, page: str, issue_id: UUID) -> None:
    """The officer stops it, plans it anew, stops it while it goes out, lets it go on, and sends it again."""

    async def press(said: str, path: str, step: str, *, state: Sending) -> None:
        assert said in (await site.get(page)).text
        answer = await fatima.press(page, f"{page}/{path}", issue=issue_id.hex, step=step)
        assert answer.status_code == 303, answer.text
        async with site.house.database.reading() as db:
            assert (await issues.get(db, issue_id)).state == state

    async def becomes(state: Sending, **more: Any) -> None:
        async with site.house.database.unit_of_work() as db:
            row = await issues.get(db, issue_id, lock=True)
            for name, value in {"state": state, **more}.items():
                setattr(row, name, value)

    await press("Stop: er gaat niets meer weg", "stop", "stop", state=Sending.APPROVED)
    await press("Verstuur over tien minuten", "sending", "plan", state=Sending.SCHEDULED)
    await becomes(Sending.SENDING, started_at=site.clock(), frozen_at=site.clock(), audience=1)
    await press("Stop: er gaat niets meer weg", "stop", "stop", state=Sending.PAUSED)
    await press("Laat doorgaan", "sending", "go-on", state=Sending.SENDING)
    missed = {"issue_id": issue_id, "subscriber_id": site.stage.alice.id, "state": Fate.GIVEN_UP}
    async with site.house.database.unit_of_work() as db:
        db.add(Delivery(**missed))
    await becomes(Sending.SENT, given_up=1, closed_at=site.clock())
    await press("Verstuur het opnieuw aan wie het miste", "sending", "again", state=Sending.SENDING)
    other = await fatima.press(page, f"{page}/stop", issue=UUID(int=7).hex)
    assert other.status_code == 404
    assert (await fatima.press(page, f"{page}/sending", issue=issue_id.hex, step="x")).status_code == 404


async def test_what_is_wrong_is_told_at_its_field_and_the_rest_stays(site: Site, fatima: Browser) -> None:
    wrong = {
        "aware_on": "2026-11-17",
        "people": "veel",
        "risk": "",
        "data-subscriber": "",
        "nature": "alice@x",
    }
    answer = await fatima.press(NEW, NEW, **{**FACTS, **wrong})
    assert answer.status_code == 400
    for told in (
        "Ze zijn voorbij, hoogstens een jaar geleden",
        "aantal in cijfers",
        "Kies hoeveel risico",
        "één soort gegevens",
        "Kies wat er is gebeurd",
    ):
        assert told in answer.text
    assert 'value="veel"' in answer.text
    assert 'id="keys-unknown" name="keys" value="unknown" checked' in answer.text
    assert await held(site) == []
    for on, at in (("0001-01-01", "00:00"), ("9999-12-31", "23:59")):  # the edges of the calendar
        answer = await fatima.press(NEW, NEW, **{**FACTS, "aware_on": on, "aware_time": at, "people": "12"})
        assert (answer.status_code, "Ze zijn voorbij, hoogstens" in answer.text) == (400, True)
        assert {f'value="{each}"' in answer.text for each in (on, at, 12)} == {True}


async def test_facts_are_made_better_and_others_only_read(site: Site, fatima: Browser) -> None:
    page = str((await fatima.press(NEW, NEW, **{**FACTS, "people": "12"})).headers["location"])
    facts = (await site.get(f"{page}/facts")).text
    assert 'value="12"' in facts
    assert 'href="/staff/breaches" aria-current="true"' in facts  # deeper in a room one sees which it is
    early = await fatima.press(page, f"{page}/report", reported_on="0001-01-01", reported_time="00:00")
    assert early.status_code == 400
    changed = {**FACTS, "risk": "unlikely", "keys": "no"}
    assert (await fatima.press(f"{page}/facts", f"{page}/facts", **changed)).status_code == 303
    assert (await fatima.press(page, f"{page}/leave-out")).status_code == 303
    assert "Nog 26 uur" not in (await site.get(page)).text
    await fatima.press(f"{page}/facts", f"{page}/facts", **{**changed, "risk": "likely"})
    shown = (await site.get(page)).text  # it must be reported after all: the hours are back
    assert ("Nog 26 uur" in shown, "Sluit dit datalek" in shown) == (True, False)
    assert (await fatima.press(f"{page}/facts", f"{page}/facts", **changed)).status_code == 303
    (row,) = await held(site)
    assert (row.risk, row.people) == (Risk.UNLIKELY, 1)
    joost = await seated(site, "joost")
    assert "<form" not in (await site.get(page)).text.split("<main", 1)[1]
    assert (await joost.press("/staff", f"{page}/leave-out")).status_code == 403
    assert (await site.get(NEW)).status_code == 403
    await straight_in(site, site.client, "dana")
    assert (await site.get("/staff/breaches")).status_code == 403


async def test_a_notice_without_measures_waits_and_one_that_a_restore_made_void_is_approved_anew(
    site: Site, fatima: Browser
) -> None:
    page = str((await fatima.press(NEW, NEW, **{**FACTS, "measure-closed": ""})).headers["location"])
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    ada = await seated(site, "ada")
    shown = (await site.get(page)).text
    assert "Vul eerst beide in" in shown
    assert f'{page}/approve"' not in shown
    fatima = await seated(site, "fatima")
    await fatima.press(f"{page}/facts", f"{page}/facts", **FACTS)
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    ada = await seated(site, "ada")
    for told in ("tien minuten", "is niet weggegaan"):
        shown = (await site.get(page)).text
        assert told in shown
        assert (await ada.press(page, f"{page}/approve", seen=field(shown, "seen"))).status_code == 303
        assert f'{page}/approve"' not in (await site.get(page)).text
        async with site.house.database.unit_of_work() as db:
            await guard.hold(db, "restored", ring=site.house.ring, now=site.clock())
    states = [each.state for each in await held(site) if isinstance(each, Issue)]
    assert sorted(states) == [Sending.CANCELLED, Sending.HELD]
