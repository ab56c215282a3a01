"""What is on hold is told with what readers may have already, and a person decides from that page."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from app.domain import halt
from app.domain import issue as issues
from app.domain.halt import Cause
from app.domain.issue import State
from app.features import guard
from tests.sending import approved, look, sent
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def hold(site: Site, *, begun: bool) -> UUID:
    """A planned or a started issue, and then a backup is put back."""
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        if begun:
            issue = await issues.get(db, issue_id)
            issue.move_to(State.SENDING)
            issue.started_at = site.clock()
        await guard.hold(db, "restored", ring=site.house.ring, now=site.clock())
    return issue_id


async def enter(site: Site, name: str) -> Browser:
    await enrolled(site, name)
    await straight_in(site, site.client, name)
    return Browser(site, site.client)


async def test_what_had_not_begun_is_told_and_becomes_a_draft_again(site: Site) -> None:
    dana = await enter(site, "dana")
    assert "Er wacht niets" in (await site.get("/staff/held")).text
    issue_id = await hold(site, begun=False)
    page = (await site.get("/staff/held")).text
    for told in ("Nieuws van de maand", "16 november 2026", "reservekopie", "Volgens deze database niemand"):
        assert told in page
    assert f"/staff/issues/{issue_id}/schedule#cancel" in page
    await dana.press("/staff/held", f"/staff/issues/{issue_id}/schedule/go")
    assert (await look(site.house, issue_id)).state == State.DRAFT
    assert "Er wacht niets" in (await site.get("/staff/held")).text


async def test_what_had_begun_goes_on_by_who_may_decide(site: Site) -> None:
    issue_id = await hold(site, begun=True)
    await enter(site, "fatima")
    page = (await site.get("/staff/held")).text
    assert "ten minste 0 van de 0 lezers" in page
    assert "<form" not in page.split("<main", 1)[1]  # officers hear of it; editors and approvers decide
    emre = await enter(site, "emre")
    assert "laten doorgaan" in (await site.get("/staff/held")).text
    await emre.press("/staff/held", f"/staff/issues/{issue_id}/schedule/go")
    assert (await look(site.house, issue_id)).state == State.SENDING


async def test_why_it_stopped_by_itself_is_told_in_the_language_of_who_reads(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        issue = await issues.get(db, issue_id)
        issue.move_to(State.SENDING)
        issue.move_to(State.PAUSED)
        issue.started_at, issue.reason = site.clock(), "535 5.7.8 at auth"
    await enter(site, "emre")
    for page in ("schedule", "progress"):
        text = (await site.get(f"/staff/issues/{issue_id}/{page}")).text
        assert "De mailserver weigert onze naam of ons wachtwoord. Het antwoord was: 535 5.7.8." in text
        assert "at auth" not in text


async def test_what_is_on_hold_without_a_backup_is_told_nothing_of_one(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        issue = await issues.get(db, issue_id)
        issue.move_to(State.SENDING)
        issue.move_to(State.HELD)
        issue.started_at, issue.reason = site.clock(), halt.told(Cause.KEY, key="k9")
    await enter(site, "emre")
    here = f"/staff/issues/{issue_id}"
    for path in ("/staff/issues", here, f"{here}/schedule", "/staff/held"):
        shown = (await site.get(path)).text.split("<main", 1)[1]
        assert not re.search("kopie|tweede keer|nog een keer", shown), path


async def test_of_an_issue_that_not_everybody_got_that_is_said(site: Site) -> None:
    issue_id = await sent(site.stage, site.clock())
    await enter(site, "emre")
    served, missed = "iedereen is aan de beurt geweest", "Niet iedereen kreeg de editie"
    for count in (0, 1):
        async with site.house.database.unit_of_work() as db:
            (await issues.get(db, issue_id)).given_up = count
        for path in ("/staff/issues", f"/staff/issues/{issue_id}"):
            shown = (await site.get(path)).text
            assert (served in shown, missed in shown) == (not count, bool(count)), path


async def test_a_number_that_no_page_has_is_answered_clearly(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    await enter(site, "emre")
    versions = f"/staff/issues/{issue_id}/versions/nl"
    for number in ("9" * 30, "-1", "x"):
        for path in (f"/staff/issues?before={number}", f"{versions}?before={number}"):
            assert (await site.get(path)).status_code == 400
    assert (await site.get(f"{versions}/{'9' * 30}")).status_code == 404


async def test_taking_away_a_picture_that_is_not_there_is_not_put_on_record(site: Site) -> None:
    dana = await enter(site, "dana")
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        (await issues.get(db, issue_id)).state = State.DRAFT
    here = f"/staff/issues/{issue_id}/pictures"
    before = (await site.holds())["audit"]
    assert (await dana.press(here, f"{here}/Jan.de.Vries")).status_code == 303
    assert (await site.holds())["audit"] == before
