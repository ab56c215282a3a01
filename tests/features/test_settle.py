"""A request is refused on a ground that the law has for that right, and answered in a way that can be."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.errors import Refused
from app.domain import refusal
from app.domain.certificate import Removed
from app.domain.request import Identity, Kind, Refusal, State
from app.features.guard import Watch, replay
from app.features.request import identify, settle
from app.features.request.settle import Way
from tests.cast import ALICE, Stage
from tests.conftest import Clock
from tests.features.test_lift import NOTHING
from tests.features.test_request import RECEIVED, Office


@pytest.fixture
def office(cast: Stage, clock: Clock) -> Office:
    return Office(cast, clock)


async def test_an_answer_that_waits_for_its_certificate_is_given_up_only_on_purpose(office: Office) -> None:
    row = await office.known(Kind.ERASURE)
    gone = settle.Gone(Removed(**NOTHING), (), None)
    row = await office.act(row, settle.carry_out, Way.LETTER, gone)
    for verb, given in ((settle.answered, (Way.LETTER,)), (settle.give_up, ())):
        with pytest.raises(settle.Unproven):
            await office.act(row, verb, *given)
    assert (await office.act(row, settle.give_up, without=True)).state == State.UNREACHED


async def test_mailed_once_more_it_still_says_which_requests_ended_with_an_erasure(office: Office) -> None:
    other, row = await office.take(Kind.ACCESS), await office.known(Kind.ERASURE)
    await office.erase(row)
    office.clock.forward(hours=1)
    await office.act(row, settle.again)
    told = [each["words"]["overtaken"] for each in await office.mails()]
    assert told == [other.number, other.number]


async def test_an_answer_to_a_mailbox_that_is_lost_is_refused_before_anything_is_done_for_good(
    office: Office,
) -> None:
    """What the ledger has cannot be taken back, whatever becomes of the rest."""
    row = await office.act(await office.take(Kind.OBJECTION), identify.record, Identity.LOST_MAILBOX)
    with pytest.raises(settle.Unreachable):
        await office.carry_out(row)
    watch = Watch(office.house.database, office.house.book, office.house.ring)
    assert await replay(watch, everything=True, now=office.clock()) == 0
    assert await office.on.find(ALICE) is not None
    assert (await office.look(row)).state == State.KNOWN


async def test_nobody_says_that_a_mail_arrived(office: Office) -> None:
    row = await office.carry_out(await office.known(Kind.ACCESS))
    with pytest.raises(settle.ByItself):
        await office.act(row, settle.answered, Way.MAIL)
    assert (await office.look(row)).state == State.DONE


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (Kind.ACCESS, {Refusal.OTHERS}),
        (Kind.CORRECTION, set()),
        (Kind.ERASURE, {Refusal.LEGAL_DUTY, Refusal.CLAIMS}),
        (Kind.RESTRICTION, set()),
        (Kind.PORTABILITY, {Refusal.OTHERS}),
        (Kind.OBJECTION, None),
        (Kind.LIFT, None),
    ],
)
async def test_a_right_is_refused_on_the_grounds_that_the_law_has_for_it(
    office: Office, kind: Kind, more: set[Refusal] | None
) -> None:
    general = set() if more is None else {Refusal.UNFOUNDED, Refusal.EXCESSIVE}
    unknown = await office.act(await office.take(kind), identify.ask, suspends=False)
    assert refusal.reasons(unknown, office.clock.forward(days=14)) == (Refusal.NOT_IDENTIFIED,)
    for why in set(Refusal) - {Refusal.NOT_IDENTIFIED}:
        with pytest.raises(settle.NoGround):
            await office.act(unknown, settle.refuse, why, Way.LETTER)
    row = await office.act(unknown, identify.record, Identity.DOCUMENT)
    assert set(refusal.reasons(row, office.clock())) == general | (more or set())
    with pytest.raises(settle.NoGround):  # who showed who they are does not hear that nobody did
        await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)


async def test_days_that_the_clock_stood_still_count_when_it_is_refused(office: Office) -> None:
    for way in (Way.LETTER, Way.MAIL):
        row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=True)
        office.clock.forward(days=14)
        done = await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, way)
        assert (done.still, done.still_since) == (14, None)
        assert done.term.last(RECEIVED) == date(2026, 12, 30)
        office.clock.forward(days=-14)
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=True)
    office.clock.forward(days=4)
    assert (await office.act(row, settle.withdraw)).still == 4


@pytest.mark.parametrize("way", [Way.LETTER, Way.TELEPHONE, Way.SCREEN])
async def test_nobody_is_refused_for_not_saying_who_they_are_before_they_were_asked(
    office: Office, way: Way
) -> None:
    row = await office.take(Kind.ACCESS)
    with pytest.raises(settle.NoGround):
        await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)
    row = await office.act(row, identify.asked, way)
    assert (row.state, row.still_since, await office.mails()) == (State.RECEIVED, None, [])
    assert (await office.trail())[-1] == ("request.identity_asked", way)
    office.clock.forward(days=14, seconds=-1)
    with pytest.raises(settle.NoGround):  # who asks may be on holiday
        await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)
    office.clock.forward(seconds=1)
    assert (await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)).state == State.ANSWERED


async def test_asking_in_another_way_leaves_the_mailed_link_its_days_and_is_no_mail(office: Office) -> None:
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=False)
    asked_at = row.asked_at
    office.clock.forward(days=3)
    assert (await office.act(row, identify.asked, Way.TELEPHONE)).asked_at == asked_at
    known = await office.act(row, identify.record, Identity.CALLED_BACK)
    for late, way in ((known, Way.LETTER), (row, Way.MAIL)):
        with pytest.raises(Refused):
            await office.act(late, identify.asked, way)
