"""Copy of a partner, as it comes in: for tests of what comes after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from app.domain import contribution, contributor
from app.domain.contribution import Contribution
from app.domain.contributor import Wanted
from app.features import contribute
from app.features.contribute import Source
from tests.cast import Stage

TEXT = {"title": "Nieuwe handreiking", "text": "Er is een *nieuwe* handreiking.", "sender": "Els de Vries"}


async def link(on: Stage, now: datetime, *, until: date | None = None, by: str = "Gemeente Oss") -> str:
    """The random text of a partner's link, made by dana."""
    wanted = Wanted(organisation=by, until=until or (now + timedelta(days=30)).date())
    async with on.house.database.unit_of_work() as session:
        _, token = await contribute.invite(session, on.letter, wanted, author="dana", now=now)
    return token


async def send_in(
    on: Stage,
    token: str,
    now: datetime,
    *,
    network: str | None = "192.0.2.7/32",
    most: int = 60,
    **typed: str,
) -> None:
    """Fill in the form; raises what the feature raises."""
    written, wrong = contribution.read({**TEXT, **typed}, now.date())
    assert written, wrong
    async with on.house.database.unit_of_work() as session:
        row, _ = await contributor.opened(session, token, now)
        source = Source(row, network, "nl")
        await contribute.receive(session, source, written, per_network=most, ring=on.house.ring, now=now)


async def waiting(on: Stage) -> list[Contribution]:
    """What lies in the tray."""
    async with on.house.database.reading() as session:
        return await contribution.waiting(session, on.letter.id)


async def came_in(on: Stage, now: datetime, **typed: str) -> Any:
    """One text in the tray; returns its number."""
    await send_in(on, await link(on, now), now, **typed)
    title = {**TEXT, **typed}["title"]
    return next(each.id for each in await waiting(on) if each.content["title"] == title)
