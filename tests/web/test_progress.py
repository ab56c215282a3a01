"""Following an issue by browser: numbers that change while one looks on, and totals afterwards."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from app.domain import consent, session, staff
from app.domain import house as houses
from app.domain import issue as issues
from app.domain.issue import State
from app.domain.newsletter import Newsletter
from app.features import report
from app.features.send.start import start
from tests.cast import crowd
from tests.sending import approved, send, until, working
from tests.web.conftest import Site
from tests.web.desk import straight_in
from tests.web.test_approving import at_the_desk

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def going(site: Site) -> str:
    """An issue to 41 readers that goes out slowly, and the page on which it is followed."""
    site.clock.time = houses.now()
    issue_id = await approved(site.stage, site.clock())
    await crowd(site.house, site.stage.letter, 40, site.clock())
    await send(site.house, issue_id)
    async with site.house.database.unit_of_work() as db:
        (await db.get_one(Newsletter, site.stage.letter.id)).pace = 20
    return f"/staff/issues/{issue_id}/progress"


async def test_who_looks_on_sees_the_numbers_change_until_it_is_sent(site: Site) -> None:
    path = await going(site)
    await straight_in(site, site.client, "joost")
    async with working(site.house, site.box):
        answer = await site.get(f"{path}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [
        json.loads(line.removeprefix("data: "))
        for line in answer.text.split("\n")
        if line.startswith("data: {")
    ]
    accepted = [each["accepted"] for each in told]
    assert accepted == sorted(accepted)
    assert len(set(accepted)) > 2
    assert (told[-1]["accepted"], told[-1]["state"], told[-1]["share"]) == (41, "Verzonden", 100)
    assert answer.text.endswith("event: end\ndata: -\n\n")
    late = await site.get(f"{path}/live")  # the page was loaded just before the end
    assert '"moving": false' in late.text
    assert late.text.endswith("event: end\ndata: -\n\n")
    page = (await site.get(path)).text
    assert 'data-number="accepted">41<' in page
    assert "dat meten wij niet" in page
    assert "<script" not in page


async def test_readers_over_time_come_once_it_has_gone_out(site: Site) -> None:
    path, charts = await going(site), 'id="readers-title"'
    async with site.house.database.unit_of_work() as db:
        await start(db, ring=site.house.ring, now=houses.now())
    await straight_in(site, site.client, "joost")
    assert charts not in (await site.get(path)).text
    async with working(site.house, site.box):
        await site.get(f"{path}/live")  # until it ends
    assert charts in (await site.get(path)).text


async def test_all_who_look_on_share_one_count_a_second(site: Site) -> None:
    path = await going(site)
    await straight_in(site, site.client, "joost")
    counts = []

    def heard(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counts.extend(["GROUP BY delivery.state"] * ("GROUP BY delivery.state" in statement))

    event.listen(site.house.database.engine.sync_engine, "before_cursor_execute", heard)
    async with working(site.house, site.box):
        answers = await asyncio.gather(*(site.get(f"{path}/live") for _ in range(5)))
    seen = [re.findall(r'"accepted": (\d+)', each.text) for each in answers]
    assert {each[-1] for each in seen} == {"41"}  # everybody sees the end
    assert sum(map(len, seen)) >= 2 * len(counts) > 0


async def test_looking_on_ends_with_the_session(site: Site) -> None:
    path = await going(site)
    await straight_in(site, site.client, "joost")
    looking = asyncio.create_task(site.get(f"{path}/live"))

    async def looks_on() -> bool:
        return getattr(site.client._transport.app.state, "watching", 0) == 1

    await until(looks_on)
    page = (await site.get(path)).text  # its script says so when the numbers stand still
    assert 'data-stale="Deze cijfers lopen niet meer vanzelf mee.' in page
    async with site.house.database.unit_of_work() as db:
        await session.end(db, (await staff.named(db, "joost")).id)
    assert (await looking).text.endswith("event: end\ndata: -\n\n")


async def test_looking_on_ends_with_the_role(site: Site) -> None:
    path = await going(site)
    await straight_in(site, site.client, "joost")
    looking = asyncio.create_task(site.get(f"{path}/live"))

    async def looks_on() -> bool:
        return getattr(site.client._transport.app.state, "watching", 0) == 1

    await until(looks_on)
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "joost")).roles = [staff.Role.OFFICER]
    assert (await looking).text.endswith("event: end\ndata: -\n\n")
    assert (await site.get(path)).status_code == 403


async def test_a_span_counts_who_came_and_went_since_its_issue(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        issue = await issues.get(db, issue_id)
        issue.state, issue.started_at, issue.audience = State.SENT, site.clock() - timedelta(days=25), 7
    told = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        issue = await issues.get(db, told)
        issue.notice, issue.state, issue.started_at = True, State.SENT, site.clock() - timedelta(days=5)
    async with site.house.database.reading() as db:
        (span,) = await report.history(db, site.stage.letter, now=site.clock())
        moments = [site.clock() - timedelta(days=days) for days in (60, 25, 15, 0)]
        moved = await consent.moved(db, site.stage.letter.id, moments)
    assert (span.number, span.readers, span.came, span.went) == (1, 7, 1, 1)  # chris came and went
    assert moved == [(1, 0), (1, 0), (0, 1)]  # before that alice came


async def test_refusals_are_told_by_cause(site: Site) -> None:
    assert {code: report._cause(code) for code in ("5.1.1", "5.2.2", "5.7.26", "550", "")} == {
        "5.1.1": report.Cause.ADDRESS,
        "5.2.2": report.Cause.MAILBOX,
        "5.7.26": report.Cause.POLICY,
        "550": report.Cause.OTHER,
        "": report.Cause.OTHER,
    }


async def test_one_button_begins_a_correction(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        issue = await issues.get(db, issue_id)
        issue.state, issue.started_at = State.SENT, site.clock()
    path = f"/staff/issues/{issue_id}/progress"
    answer = await (await at_the_desk(site, "dana")).press(path, f"{path}/correct")
    assert answer.status_code == 303
    draft = answer.headers["location"]
    assert 'value="Rectificatie: Nieuws' in (await site.get(draft)).text
    assert "Eerstvolgende verzenddag" not in (await site.get(draft.partition("/write")[0])).text
    await straight_in(site, site.client, "emre")
    assert "Schrijf een rectificatie" not in (await site.get(path)).text
