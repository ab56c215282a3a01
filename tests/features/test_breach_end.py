"""A data breach ends when the AP was told of what is a risk, and the readers of every newsletter in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.domain import breach, issue, outbox
from app.domain.breach import Advice, Risk, State
from app.domain.newsletter import Newsletter
from app.domain.subscriber import Subscriber
from app.features.breach import notice, record
from tests.features.test_breach import SLUG, Case, case

__all__ = ["case"]
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_that_it_is_too_late_is_told_when_it_is_and_not_in_the_last_hour(case: Case) -> None:
    """As the worker looks: every ten minutes."""
    due_at = (await case.begin()).due_at
    case.clock.forward(hours=66)
    assert await case.remind() == 2
    while not await case.remind():
        case.clock.forward(minutes=10)
    assert timedelta(0) < case.clock() - due_at <= timedelta(minutes=10)
    async with case.house.database.reading() as session:
        mails = await session.scalars(select(outbox.Mail).order_by(outbox.Mail.seq))
        told = [outbox.opened(case.house.ring, each)["words"]["left"] for each in mails]
    assert told == [6, 6, -1, -1]


async def test_how_many_people_it_is_about_does_not_change_when_readers_leave(case: Case) -> None:
    aware_at = (await case.begin()).aware_at
    async with case.house.database.unit_of_work() as session:
        await session.execute(delete(Subscriber))
    await case.act(record.amend, case.facts(aware_at=aware_at))
    row = await case.look()
    assert (row.letters, row.people) == ({SLUG: 1}, 1)


async def test_what_turns_out_to_be_a_risk_is_open_again_with_warnings(case: Case) -> None:
    await case.begin(risk=Risk.UNLIKELY)
    case.clock.forward(hours=25)
    assert await case.remind() == 2
    await case.act(record.leave_out)
    await case.act(record.amend, case.facts(risk=Risk.UNLIKELY, aware_at=(await case.look()).aware_at))
    assert ((await case.look()).state, await case.remind()) == (State.UNREPORTED, 0)
    await case.act(record.amend, case.facts(risk=Risk.LIKELY, aware_at=(await case.look()).aware_at))
    assert ((await case.look()).state, await case.remind(), await case.remind()) == (State.OPEN, 2, 0)
    with pytest.raises(record.RiskFirst):
        await case.act(record.close)
    await case.act(record.report, case.clock(), None)
    await case.act(record.close)


async def test_it_ends_when_the_readers_of_every_newsletter_were_told(case: Case) -> None:
    """Also of one that turned out later to be in it, and of one whose notice somebody ended."""
    words = {name: getattr(case.on.letter, name) for name in ("sender_name", "sender_address", "language")}
    async with case.house.database.unit_of_work() as session:
        session.add(Newsletter(slug="b", title="B", cadence="", created_at=case.clock(), **words))
    await case.begin()
    await case.act(record.report, case.clock(), None)
    await approved(case, issue.State.SENT)
    await case.act(record.amend, case.facts(letters=[SLUG, "b"]))
    with pytest.raises(record.PeopleFirst):
        await case.act(record.close)
    for state in (issue.State.CANCELLED, issue.State.SENT):
        async with case.house.database.reading() as session:
            assert not await breach.told(session, await breach.by_id(session, case.id))
        with pytest.raises(record.PeopleFirst):
            await case.act(record.close)
        await approved(case, state)
    async with case.house.database.reading() as session:
        assert await breach.told(session, await breach.by_id(session, case.id))
    await case.act(record.close)


async def approved(case: Case, state: issue.State) -> None:
    """Two people send the notice to one newsletter, and this is what came of it."""
    await case.act(notice.write, list(Advice))
    (made,) = await case.act(notice.approve, await case.seen(), actor="ada")
    async with case.house.database.unit_of_work() as session:
        row = await issue.get(session, made.id)
        row.state, row.started_at, row.digest = state, case.clock(), "0" * 64
