"""What tests of restored backups share: the guard's look, and what somebody who fills in the form gets."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from app.domain.house import House
from app.features import guard
from app.features.guard import Watch
from app.features.post.decide import Desk, decide
from tests.cast import Stage
from tests.conftest import Clock


def watching(house: House) -> Watch:
    """What the guard works with."""
    return Watch(house.database, house.book, house.ring)


async def tick(house: House, clock: Clock) -> None:
    """What a worker does every ten seconds."""
    clock.forward(seconds=10)
    await guard.check(watching(house), now=clock())
    await guard.raise_counter(watching(house), now=clock())


async def mailed(house: House, on: Stage, address: str, now: datetime) -> str | None:
    """Which mail this address gets when somebody fills it in on the sign-up form; None is none."""
    content = {
        "purpose": "signup",
        "address": address,
        "newsletter": on.letter.id.hex,
        "language": "nl",
        "wording": "",
        "nonce": uuid4().hex,
        "at": now.isoformat(),
    }
    async with house.database.unit_of_work() as session:
        desk = Desk(session, house.ring, "https://bode.example.org", now, 200)
        decision = await decide(desk, content, first=True)
    return decision.template if decision else None
