"""Counting copies: of one issue all of them, and none of another, however they lie."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.domain import delivery
from app.domain.delivery import Delivery, State
from tests.cast import Stage
from tests.conftest import Clock
from tests.sending import approved


async def test_copies_of_issues_that_lie_between_each_other_are_counted_apart(
    cast: Stage, clock: Clock
) -> None:
    one, other, none = [await approved(cast, clock()) for _ in range(3)]

    def copy(issue_id: UUID, number: int) -> Delivery:
        state = State.REFUSED if number % 3 == 0 else State.ACCEPTED
        words = {"code": "550 5.1.1" if state is State.REFUSED else "250", "in_doubt": int(number == 3)}
        return Delivery(seq=number, issue_id=issue_id, subscriber_id=uuid4(), state=state, **words)

    async with cast.house.database.unit_of_work() as session:
        session.add_all([copy(one if number % 2 else other, number) for number in range(1, 10)])
    async with cast.house.database.reading() as session:
        found = [await delivery.tally(session, each) for each in (one, other, none)]
        doubt = [len(await delivery.doubted(session, each, 9)) for each in (one, other)]
    counted = [tuple(each.books[name] for name in ("accepted", "refused", "in_doubt")) for each in found]
    assert counted == [(3, 2, 1), (3, 1, 0), (0, 0, 0)]
    assert [each.answers for each in found] == [{"550 5.1.1": 2}, {"550 5.1.1": 1}, {}]
    assert doubt == [1, 0]
