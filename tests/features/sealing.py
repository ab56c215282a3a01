"""A row in each table that holds something sealed, for tests of a change of keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core import throttle
from app.core.address import parse
from app.domain import candidate, outbox, staff
from app.domain.candidate import Candidate
from app.domain.outbox import Purpose
from app.domain.roster import Roster
from tests import cast as people
from tests.cast import BOB, Stage

FACTOR = "JBSWY3DPEHPK3PXP"
METER = throttle.Meter("asks", timedelta(hours=1))


async def sealed_everywhere(on: Stage, now: datetime) -> None:
    """A row in each table that holds something sealed: bob waits for a mail and an answer, and on a list."""
    house = on.house
    figures: dict[str, Any] = {"lines": 1, "fit": 1, "out": {}, "told": [], "evidence": []}
    row = Roster(newsletter_id=on.letter.id, officer="fatima", created_at=now, gone_at=now, **figures)
    async with house.database.unit_of_work() as session:
        outbox.write(session, house.ring, Purpose.ASK, {"address": BOB}, now)
        staff.seal_factor(house.ring, await staff.named(session, "dana"), FACTOR)
        session.add_all([people.wants(house, on.letter, BOB, now), row])
        await session.flush()
        session.add(Candidate(**candidate.values(house.ring, row, 2, parse(BOB), now, "folder 3")))
        await throttle.hit(session, METER, b"bob", ring=house.ring, now=now)
