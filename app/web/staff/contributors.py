"""Editors make links with which partners send in copy, see which there are, and end them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from app.core import paths
from app.core.errors import Invalid
from app.domain import contribution, contributor, newsletter
from app.domain.contributor import ONE_DAY, USUAL, Contributor
from app.domain.newsletter import Newsletter
from app.domain.problem import Problem
from app.features import contribute
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import COPY, EDITORS
from app.web.templating import READERS_ZONE

EMPTY: Final = {"organisation": "", "newsletter": "", "until": ""}

doors = Doors()


@doors.look(COPY, kind=Kind.STAFF, roles=EDITORS)
async def show(visit: Entered) -> Response:
    """Every link, and the form for one more."""
    usual = _today(visit) + USUAL
    return await _page(visit, {**EMPTY, "until": usual.isoformat()}, {})


@doors.act(COPY, kind=Kind.STAFF, roles=EDITORS)
async def make(visit: Entered) -> Response:
    """One more; its address stands on the page that answers, and nowhere else."""
    fields = await visit.fields()
    typed = {name: fields.get(name, "").strip() for name in EMPTY}
    wanted, wrong = contributor.read(typed, _today(visit))
    async with visit.reading() as db:
        letter = next((each for each in await newsletter.every(db) if each.slug == typed["newsletter"]), None)
    if letter is None:
        wrong = {**wrong, "newsletter": Problem("missing")}
    if wanted is None or letter is None:
        return await _page(visit, typed, wrong)
    try:
        async with visit.writing() as db:
            row, token = await contribute.invite(db, letter, wanted, author=visit.person.name, now=visit.now)
    except contribute.Full:
        return await _page(visit, typed, {"organisation": Problem("link_many")})
    url = paths.link(visit.house.settings.base_url, "copy", letter.language, token)
    usual = _today(visit) + USUAL
    return await _page(visit, {**EMPTY, "until": usual.isoformat()}, {}, made=(row, url))


@doors.act(f"{COPY}/withdraw", kind=Kind.STAFF, roles=EDITORS)
async def withdraw(visit: Entered) -> Response:
    """It works no more, from this moment."""
    try:
        chosen = UUID((await visit.fields()).get("link", ""))
    except ValueError:
        raise Invalid("there is no such link") from None
    async with visit.writing() as db:
        await contribute.withdraw(db, chosen, author=visit.person.name, now=visit.now)
    return visit.to(COPY)


def _today(visit: Inside) -> date:
    return visit.now.astimezone(READERS_ZONE).date()


async def _page(
    visit: Inside,
    typed: Mapping[str, str],
    wrong: Mapping[str, Problem],
    made: tuple[Contributor, str] | None = None,
) -> Response:
    async with visit.reading() as db:
        letters = await newsletter.every(db)
        links = await contributor.every(db)
        waiting = [(each, await contribution.count(db, each.id)) for each in letters]
    words: dict[str, Any] = {
        "letters": letters,
        "rows": [_row(row, letter, visit) for row, letter in links],
        "waiting": waiting,
        "typed": typed,
        "wrong": {name: each.say(visit.say) for name, each in wrong.items()},
        "error": bool(wrong),
        "made": made,
        "longest": contributor.LONGEST.days,
    }
    return visit.page("staff_copy.html", here=COPY, status=WRONG if wrong else OK, **words)


def _row(row: Contributor, letter: Newsletter, visit: Inside) -> dict[str, Any]:
    """A link for the page; its last day is the one before the moment at which it ends."""
    return {
        "id": row.id,
        "organisation": row.organisation,
        "title": letter.title,
        "author": row.author,
        "works": row.works(visit.now),
        "withdrawn_at": row.withdrawn_at,
        "last_at": row.gone_at - ONE_DAY / 2,
    }
