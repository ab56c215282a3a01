"""A correction: a marked draft of what went out, which takes no month's slot."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.core.errors import IllegalMove
from app.domain import edition
from app.domain import issue as issues
from app.domain.issue import Issue, State
from app.domain.manuscript import read
from app.domain.withheld import Why
from app.features import approve, compose, schedule, withhold
from tests.cast import Stage
from tests.conftest import Clock
from tests.features.test_approve import ENGLISH
from tests.features.test_check import drawn
from tests.features.test_monthly import MONTHLY
from tests.sending import approved, look


async def correct(on: Stage, issue_id: UUID, clock: Clock) -> Issue:
    async with on.house.database.unit_of_work() as session:
        sent = await issues.get(session, issue_id, lock=True)
        return await compose.correct(session, sent, author="dana", now=clock())


async def went_out(on: Stage, issue_id: UUID) -> None:
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id)
        issue.state, issue.started_at = State.SENT, datetime(2026, 12, 1, 9, tzinfo=UTC)


async def test_a_correction_has_the_words_and_pictures_and_says_what_it_is(cast: Stage, clock: Clock) -> None:
    issue_id = await drawn(cast, clock)
    async with cast.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id)
        await compose.write(session, issue, read(ENGLISH), {}, author="dana", now=clock())
    with pytest.raises(IllegalMove, match="only what has gone out"):
        await correct(cast, issue_id, clock)
    await went_out(cast, issue_id)
    draft = await correct(cast, issue_id, clock)
    assert (draft.number, draft.state, draft.corrects_id) == (2, State.DRAFT, issue_id)
    assert (await correct(cast, issue_id, clock)).id == draft.id  # pressed twice
    async with cast.house.database.reading() as session:
        contents = await edition.finished(session, draft.id)
        assert [each.name for each in await issues.images(session, draft.id)] == ["raadzaal.png"]
    assert contents["nl"].subject.startswith("Rectificatie: ")
    assert contents["nl"].intro.startswith("**Rectificatie.** In nummer 1 van 1 december 2026 ")
    assert contents["en"].subject == "Correction: News of the month: zó doet u dat"
    assert contents["en"].intro.startswith(
        "**Correction.** There was an error in issue 1 of 1 December 2026."
    )
    assert (await look(cast.house, issue_id)).state == State.SENT


async def test_what_was_taken_away_comes_neither_into_a_correction_nor_into_the_next_issue(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock(), MONTHLY)
    await went_out(cast, issue_id)
    async with cast.house.database.unit_of_work() as session:
        issue, by = await issues.get(session, issue_id), {"actor": "fatima", "now": clock()}
        for place in ("nl.intro", "nl.2"):
            await withhold.withhold(session, issue, place, Why.SAFETY, **by)
    async with cast.house.database.unit_of_work() as session:
        fresh = await compose.start(session, cast.letter, author="dana", now=clock())
    draft = await correct(cast, issue_id, clock)
    async with cast.house.database.reading() as session:
        both = [(await edition.typed(session, each.id))["nl"] for each in (draft, fresh)]
    assert "Inleiding" not in both[0].top["intro"]
    assert "Komt nog" not in str([each.stored() for each in both])
    assert [piece.kind for piece in both[0].pieces] == ["heading", "event"]


async def test_a_correction_takes_no_slot(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    await went_out(cast, issue_id)
    draft = await correct(cast, issue_id, clock)
    house = cast.house
    async with house.database.unit_of_work() as session:
        issue = await issues.get(session, draft.id)
        words = {"base_url": house.settings.base_url, "ring": house.ring, "now": clock()}
        await approve.approve(session, issue, approver="emre", **words)
        await schedule.plan(session, issue, clock())
    assert ((await look(house, draft.id)).state, (await look(house, draft.id)).due_at) == (
        State.APPROVED,
        None,
    )
