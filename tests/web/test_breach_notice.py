"""The notice of a data breach in the room where issues are made: stopped there in an emergency, and no more.

Officers and administrators decide what becomes of it, on the page of the breach (Art. 34).
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domain import issue as issues
from app.domain import outbox, staff, version
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.outbox import Mail
from app.domain.staff import Role, Staff
from app.domain.version import Version
from app.features.send.start import start
from app.web.templating import text_of
from tests.sending import look
from tests.web.conftest import Site, field
from tests.web.desk import Browser
from tests.web.test_breaches import FACTS, NEW, fatima, seated

__all__ = ["fatima"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

OUR_ROOM = "Een privacyfunctionaris of beheerder beslist"


async def planned(site: Site, fatima: Browser) -> tuple[str, UUID]:
    """Fatima wrote the notice and ada approved it: the page of the breach, and the issue that goes out."""
    page = str((await fatima.press(NEW, NEW, **FACTS)).headers["location"])
    await fatima.press(page, f"{page}/notice", **{"advice-suspect_mail": "1"})
    ada = await seated(site, "ada")
    await ada.press(page, f"{page}/approve", seen=field((await site.get(page)).text, "seen"))
    async with site.house.database.unit_of_work() as db:
        (issue,) = await db.scalars(select(Issue))
        for mail in await db.scalars(select(Mail)):
            await db.delete(mail)
    return page, issue.id


def buttons(page: str) -> list[str]:
    """Where the forms of a page lead."""
    return re.findall(r'action="([^"]+)"', page.split("<main", 1)[1])


async def becomes(site: Site, issue_id: UUID, state: State, **more: Any) -> None:
    async with site.house.database.unit_of_work() as db:
        row = await issues.get(db, issue_id, lock=True)
        for name, value in {"state": state, **more}.items():
            setattr(row, name, value)


async def told(site: Site) -> dict[str, tuple[str, str]]:
    """To whose account which mail waits, and which words it has of who did it."""
    async with site.house.database.reading() as db:
        people = {staff.opened(site.house.ring, each): each.name for each in await db.scalars(select(Staff))}
        mails = [outbox.opened(site.house.ring, each) for each in await db.scalars(select(Mail))]
    return {people[each["address"]]: (each["template"], each["words"].get("who", "")) for each in mails}


@pytest.mark.parametrize("state", [State.SCHEDULED, State.SENDING])
async def test_an_editor_stops_a_notice_and_officers_hear_of_it_and_decide(
    site: Site, fatima: Browser, state: State
) -> None:
    page, issue_id = await planned(site, fatima)
    if state == State.SENDING:
        await becomes(site, issue_id, state, started_at=site.clock(), audience=1)
    dana, plan = await seated(site, "dana"), f"/staff/issues/{issue_id}/schedule"
    shown = (await site.get(plan)).text
    assert OUR_ROOM in text_of(shown)
    assert [f'action="{plan}/{each}"' in shown for each in ("stop", "cancel", "time", "now")] == [
        True
    ] + 3 * [False]
    assert (await dana.press(plan, f"{plan}/stop")).status_code == 303
    stopped = State.PAUSED if state == State.SENDING else State.APPROVED
    assert (await look(site.house, issue_id)).state == stopped
    assert await told(site) == dict.fromkeys(("fatima", "ada"), ("paused", "dana"))
    shown = (await site.get(plan)).text
    assert (OUR_ROOM in text_of(shown), buttons(shown)) == (True, [])
    ada = await seated(site, "ada")
    step = "go-on" if state == State.SENDING else "plan"
    assert (await ada.press(page, f"{page}/sending", issue=issue_id.hex, step=step)).status_code == 303
    assert (await look(site.house, issue_id)).state == state


@pytest.mark.parametrize("state", list(State))
async def test_nobody_decides_about_a_notice_in_the_room_for_issues(
    site: Site, fatima: Browser, state: State
) -> None:
    _, issue_id = await planned(site, fatima)
    await becomes(site, issue_id, state, started_at=site.clock(), audience=1)
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "dana")).roles = list(Role)
    dana, plan = await seated(site, "dana"), f"/staff/issues/{issue_id}/schedule"
    before = await look(site.house, issue_id)
    typed = {"number": str(before.number), "readers": "1", "on": "2026-12-20", "at": "10:00"}
    for button in ("cancel", "go", "now", "time", "slot"):
        answer = await dana.press("/staff/account", f"{plan}/{button}", **typed)
        assert answer.status_code == 403, button
    for button in ("approve", "approve/ask", "approve/return"):
        await dana.press("/staff/account", f"/staff/issues/{issue_id}/{button}", remark="Anders", **typed)
    await dana.press("/staff/account", f"/staff/issues/{issue_id}/progress/correct")
    after = await look(site.house, issue_id)
    assert (after.state, after.due_at, after.digest) == (before.state, before.due_at, before.digest)
    async with site.house.database.reading() as db:
        assert len(list(await db.scalars(select(Issue)))) == 1
    moving = state in {State.SCHEDULED, State.SENDING}
    assert buttons((await site.get(plan)).text) == [f"{plan}/stop"] * moving


async def test_an_officer_ends_a_notice_for_good_after_it_was_stopped(site: Site, fatima: Browser) -> None:
    page, issue_id = await planned(site, fatima)
    await becomes(site, issue_id, State.SENDING, started_at=site.clock(), audience=1)
    fatima = await seated(site, "fatima")
    given = {"issue": issue_id.hex}
    assert f'{page}/end"' not in (await site.get(page)).text
    assert (await fatima.press(page, f"{page}/end", **given)).status_code == 400
    assert (await look(site.house, issue_id)).state == State.SENDING
    await fatima.press(page, f"{page}/stop", **given)
    assert set(await told(site)) == {"ada"}  # who stopped it knows
    assert "ook naar wie dit bericht al heeft" in (await site.get(page)).text
    for name in ("dana", "emre", "joost"):
        other = await seated(site, name)
        assert (await other.press("/staff/account", f"{page}/end", **given)).status_code == 403
    fatima = await seated(site, "fatima")
    assert (await fatima.press(page, f"{page}/end", **given)).status_code == 303
    assert (await look(site.house, issue_id)).state == State.CANCELLED
    async with site.house.database.reading() as db:
        who = select(Record.actor).where(Record.event == Event.ISSUE_CANCELLED)
        assert list(await db.scalars(who)) == ["fatima"]
    shown = (await site.get(page)).text
    assert ("Keur goed en verstuur" in shown, f'{page}/end"' in shown) == (True, False)


async def test_a_notice_on_hold_is_no_decision_of_the_desk(site: Site, fatima: Browser) -> None:
    page, issue_id = await planned(site, fatima)
    await becomes(site, issue_id, State.HELD, started_at=site.clock(), reason="restored")
    await seated(site, "emre")
    held = (await site.get("/staff/held")).text
    assert ("beslist erover, bij Datalekken" in text_of(held), buttons(held)) == (True, [])
    assert f"/staff/issues/{issue_id}/schedule" not in held
    ada = await seated(site, "ada")
    await ada.press(page, f"{page}/sending", issue=issue_id.hex, step="go-on")
    assert (await look(site.house, issue_id)).state == State.SENDING


async def test_officers_hear_that_a_notice_is_on_hold_because_its_moment_passed(
    site: Site, fatima: Browser
) -> None:
    _, issue_id = await planned(site, fatima)
    site.clock.forward(days=2)
    async with site.house.database.unit_of_work() as db:
        assert await start(db, ring=site.house.ring, now=site.clock()) == [issue_id]
    assert (await look(site.house, issue_id)).state == State.HELD
    assert (await told(site))["fatima"] == ("held", "")


async def test_a_notice_that_is_a_draft_again_shows_editors_no_button_that_is_refused(
    site: Site, fatima: Browser
) -> None:
    _, issue_id = await planned(site, fatima)
    await becomes(site, issue_id, State.DRAFT, digest=None)
    image = {"name": "x.png", "type": "image/png", "width": 1, "height": 1, "content": b"x"}
    other = {"language": "nl", "number": 7, "author": "fatima", "saved_at": site.clock()}
    async with site.house.database.unit_of_work() as db:
        text = (await version.get(db, issue_id, "nl", 1)).content
        db.add(issues.Image(issue_id=issue_id, **image))
        db.add(Version(issue_id=issue_id, content={**text, "subject": "Anders"}, **other))
    await seated(site, "dana")
    here = f"/staff/issues/{issue_id}"
    for path in ("", "/pictures", "/versions/nl", "/versions/nl/7", "/approve", "/schedule", "/write/nl"):
        answer = await site.get(f"{here}{path}")
        there = [f"{here}/approve/test"] * (path == "/approve")
        assert (answer.status_code, buttons(answer.text)) == (200, there), path
    assert "beslist een privacyfunctionaris" in (await site.get("/staff/issues")).text
