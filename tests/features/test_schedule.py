"""When an issue goes out: in its month's slot, at a chosen time, or not at all; and once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.errors import IllegalMove, Invalid, Refused
from app.domain import issue as issues
from app.domain import outbox
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.outbox import Mail
from app.domain.slot import Slot
from app.domain.slot import State as SlotState
from app.features import approve, compose, remind, schedule
from app.features.schedule import Why
from app.features.send.start import due, start
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import TEXT, approved, look, read

DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)  # the first Tuesday, 10:00 in Amsterdam
JANUARY = datetime(2027, 1, 5, 9, tzinfo=UTC)


async def begin(on: Stage, now: datetime) -> list[UUID]:
    async with on.house.database.unit_of_work() as session:
        return await start(session, ring=on.house.ring, now=now)


async def act(on: Stage, issue_id: UUID, step: Any, **words: Any) -> Issue:
    """A step that dana takes."""
    async with on.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id, lock=True)
        await step(session, issue, actor="dana", **words)
    return await look(on.house, issue_id)


async def slots(on: Stage) -> dict[str, Slot]:
    async with on.house.database.reading() as session:
        return {each.period: each for each in await session.scalars(select(Slot))}


async def trail(on: Stage, event: Event) -> int:
    async with on.house.database.reading() as session:
        return len(list(await session.scalars(select(Record).where(Record.event == event))))


async def skip(on: Stage, period: str, now: datetime) -> None:
    async with on.house.database.unit_of_work() as session:
        await schedule.skip(session, on.letter, period, Why.RECESS, actor="dana", now=now)


async def test_approval_gives_the_next_free_slot_and_two_editors_get_two_months(
    cast: Stage, clock: Clock
) -> None:
    first = await look(cast.house, await approved(cast, clock()))
    second = await look(cast.house, await approved(cast, clock()))
    assert (first.state, first.due_at, first.period) == (State.SCHEDULED, DECEMBER, "2026-12")
    assert (second.state, second.due_at, second.period) == (State.SCHEDULED, JANUARY, "2027-01")


async def test_a_slot_that_is_near_leaves_ten_minutes_to_stop_it(cast: Stage, clock: Clock) -> None:
    clock.time = DECEMBER - timedelta(minutes=1)
    issue = await look(cast.house, await approved(cast, clock()))
    assert (issue.due_at, issue.period) == (clock() + timedelta(minutes=10), "2026-12")


async def test_it_begins_at_its_moment_and_not_before(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    clock.time = DECEMBER - timedelta(seconds=1)
    async with cast.house.database.reading() as session:
        assert not await due(session, clock())
    assert await begin(cast, clock()) == []
    async with cast.house.database.reading() as session:
        assert await due(session, clock.forward(seconds=1))
    assert await begin(cast, clock()) == [issue_id]
    issue = await look(cast.house, issue_id)
    assert (issue.state, issue.started_at) == (State.SENDING, DECEMBER)
    assert (await slots(cast))["2026-12"].state == SlotState.USED


async def test_two_workers_that_notice_at_once_begin_it_once(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    moved = await asyncio.gather(*(begin(cast, DECEMBER) for _ in range(6)))
    assert [each for each in moved if each] == [[issue_id]]
    assert await trail(cast, Event.ISSUE_STARTED) == 1


async def test_a_worker_that_starts_again_does_not_begin_it_again(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock())
    await begin(cast, DECEMBER)
    assert await begin(cast, DECEMBER + timedelta(minutes=1)) == []
    assert await begin(cast, JANUARY) == []


async def final_mails(on: Stage, now: datetime) -> int:
    async with on.house.database.unit_of_work() as session:
        return await remind.preview(session, ring=on.house.ring, now=now)


@pytest.mark.parametrize("first", ["the start", "the final mail"])
@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(hours=24)])
async def test_within_a_day_it_still_goes_out_ten_minutes_after_the_final_mail(
    cast: Stage, clock: Clock, late: timedelta, first: str
) -> None:
    """Nobody could have seen it, and stopped it, while the service was down; whichever job is first."""
    issue_id = await approved(cast, clock())
    back = DECEMBER + late
    early = await final_mails(cast, back) if first == "the final mail" else 0
    assert await begin(cast, back) == []
    assert early + await final_mails(cast, back) == 2
    assert await trail(cast, Event.ISSUE_SCHEDULED) == 1
    assert await begin(cast, back + timedelta(minutes=10, seconds=-1)) == []
    assert await begin(cast, back + timedelta(minutes=10)) == [issue_id]


async def test_who_had_the_final_mail_before_the_service_was_down_waits_no_longer(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock())
    assert await final_mails(cast, DECEMBER - timedelta(minutes=10)) == 2
    assert await begin(cast, DECEMBER + timedelta(hours=1)) == [issue_id]


async def test_it_can_be_stopped_after_the_service_was_down(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    clock.time = DECEMBER + timedelta(hours=3)
    assert await begin(cast, clock()) == []
    assert (
        await act(cast, issue_id, schedule.stop, ring=cast.house.ring, now=clock())
    ).state == State.APPROVED
    assert await begin(cast, clock.forward(minutes=10)) == []


async def test_the_command_does_not_wait_also_when_no_worker_was_there(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    await act(cast, issue_id, schedule.send_now, now=clock())
    assert await begin(cast, clock.forward(hours=1)) == [issue_id]


async def test_after_a_day_it_waits_for_a_person_who_is_told(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    late = DECEMBER + timedelta(hours=24, seconds=1)
    assert await begin(cast, late) == [issue_id]
    issue = await look(cast.house, issue_id)
    assert (issue.state, issue.reason) == (State.HELD, "late")
    assert await begin(cast, late) == []
    async with cast.house.database.reading() as session:
        mails = [outbox.opened(cast.house.ring, each) for each in await session.scalars(select(Mail))]
    assert [(each["template"], each["words"]["why"]) for each in mails] == [("held", "late")] * 2


async def test_a_chosen_time_gives_the_slot_back(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    at = clock() + timedelta(days=2)
    issue = await act(cast, issue_id, schedule.schedule, at=at, now=clock())
    assert (issue.state, issue.due_at, issue.period) == (State.SCHEDULED, at, None)
    assert (await slots(cast))["2026-12"].state == SlotState.OPEN


async def test_what_was_stopped_and_goes_out_later_that_month_still_has_the_month(
    cast: Stage, clock: Clock
) -> None:
    issue_id = await approved(cast, clock())
    await act(cast, issue_id, schedule.stop, ring=cast.house.ring, now=clock())
    issue = await act(cast, issue_id, schedule.choose, at=DECEMBER + timedelta(days=2), now=clock())
    assert (issue.period, (await slots(cast))["2026-12"].state) == ("2026-12", SlotState.CLAIMED)
    async with cast.house.database.unit_of_work() as session:
        assert await remind.remind(session, ring=cast.house.ring, now=DECEMBER - timedelta(days=2)) == 0
        assert await remind.missed(session, ring=cast.house.ring, now=DECEMBER + timedelta(minutes=1)) == 0


@pytest.mark.parametrize("days", [-1, 367])
async def test_a_slip_of_the_pen_is_refused(cast: Stage, clock: Clock, days: int) -> None:
    issue_id = await approved(cast, clock())
    with pytest.raises(Invalid):
        await act(cast, issue_id, schedule.schedule, at=clock() + timedelta(days=days), now=clock())
    assert (await look(cast.house, issue_id)).due_at == DECEMBER


@pytest.mark.parametrize(
    ("day", "state"), [(DECEMBER - timedelta(hours=9), SlotState.USED), (None, SlotState.OPEN)]
)
async def test_send_makes_it_due_now_and_keeps_the_slot_of_its_own_month_only(
    cast: Stage, clock: Clock, day: datetime | None, state: SlotState
) -> None:
    issue_id = await approved(cast, clock())
    clock.time = day or clock.time
    await act(cast, issue_id, schedule.send_now, now=clock())
    assert await begin(cast, clock()) == [issue_id]
    assert (await slots(cast))["2026-12"].state == state


async def test_only_what_is_paused_or_held_goes_on(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    with pytest.raises(IllegalMove, match="what is paused or held"):
        await act(cast, issue_id, schedule.resume, now=clock())
    assert (await look(cast.house, issue_id)).state == State.SCHEDULED


@pytest.mark.parametrize("words", [{}, {"at": DECEMBER}])
async def test_what_is_not_approved_is_not_sent(cast: Stage, clock: Clock, words: dict[str, Any]) -> None:
    async with cast.house.database.unit_of_work() as session:
        issue = await compose.begin(session, cast.letter, read(TEXT), {}, author="dana", now=clock())
    step = schedule.schedule if words else schedule.send_now
    with pytest.raises(IllegalMove, match="have it approved first"):
        await act(cast, issue.id, step, now=clock(), **words)


async def test_cancelling_gives_the_slot_back_to_the_next_issue(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    issue = await act(cast, issue_id, schedule.cancel, now=clock())
    assert (issue.state, issue.closed_at) == (State.CANCELLED, clock())
    assert await begin(cast, DECEMBER) == []
    other = await look(cast.house, await approved(cast, clock()))
    assert other.due_at == DECEMBER


async def test_what_was_sent_or_cancelled_takes_no_further_step(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    await act(cast, issue_id, schedule.cancel, now=clock())
    for step in (schedule.cancel, schedule.pause, schedule.resume):
        with pytest.raises(IllegalMove):
            await act(cast, issue_id, step, now=clock())


async def test_a_pause_and_going_on_are_on_record(cast: Stage, clock: Clock) -> None:
    issue_id = await approved(cast, clock())
    await begin(cast, DECEMBER)
    paused = await act(cast, issue_id, schedule.pause, now=clock())
    assert (paused.state, paused.reason) == (State.PAUSED, "by hand")
    going = await act(cast, issue_id, schedule.resume, now=clock())
    assert (going.state, going.reason) == (State.SENDING, None)
    assert [await trail(cast, each) for each in (Event.ISSUE_PAUSED, Event.ISSUE_RESUMED)] == [1, 1]


async def test_an_issue_in_summer_goes_out_at_ten_by_the_clock_on_the_wall(cast: Stage, clock: Clock) -> None:
    clock.time = datetime(2027, 3, 10, tzinfo=UTC)  # the clocks go forward on the 28th
    issue = await look(cast.house, await approved(cast, clock()))
    assert issue.due_at == datetime(2027, 4, 6, 8, tzinfo=UTC)


async def test_a_skipped_month_is_passed_over(cast: Stage, clock: Clock) -> None:
    await skip(cast, "2026-12", clock())
    assert (await look(cast.house, await approved(cast, clock()))).due_at == JANUARY
    assert (await slots(cast))["2026-12"].reason == "recess"
    assert await trail(cast, Event.SLOT_SKIPPED) == 1


async def test_a_skipped_month_is_put_back_until_it_has_passed(cast: Stage, clock: Clock) -> None:
    async def put_back(now: datetime) -> None:
        async with cast.house.database.unit_of_work() as session:
            await schedule.put_back(session, cast.letter, "2026-12", actor="dana", now=now)

    await skip(cast, "2026-12", clock())
    with pytest.raises(Refused):
        await put_back(datetime(2026, 12, 1, 9, tzinfo=UTC))  # ten o'clock in Amsterdam
    await put_back(clock())
    with pytest.raises(Refused):
        await put_back(clock())
    assert ((await slots(cast))["2026-12"].reason, await trail(cast, Event.SLOT_REOPENED)) == (None, 1)
    assert (await look(cast.house, await approved(cast, clock()))).period == "2026-12"


async def test_a_month_that_has_an_issue_or_has_passed_is_not_skipped(cast: Stage, clock: Clock) -> None:
    await approved(cast, clock())
    with pytest.raises(IllegalMove):
        await skip(cast, "2026-12", clock())
    with pytest.raises(Refused, match="has passed"):
        await skip(cast, "2026-11", clock())


async def test_without_a_cadence_an_approved_issue_waits_for_a_time(cast: Stage, clock: Clock) -> None:
    async with cast.house.database.unit_of_work() as session:
        (await session.merge(cast.letter)).cadence = ""
        issue = await compose.begin(session, cast.letter, read(TEXT), {}, author="dana", now=clock())
        words = {"base_url": "https://bode.example.org", "ring": cast.house.ring, "now": clock()}
        await approve.approve(session, issue, approver="emre", **words)
        await schedule.plan(session, issue, clock())
    found = await look(cast.house, issue.id)
    assert (found.state, found.due_at) == (State.APPROVED, None)
