"""The audit trail: read, narrowed down and taken along by who watches over the service; it holds no address.

What it is narrowed down by is chosen from lists, so that nothing can be typed that would stand in a link.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from app.core.days import read_day
from app.core.language import translations
from app.domain import audit
from app.domain.audit import Checkpoint, Event, Record
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.recorded import Words
from app.web.staff.rooms import TRAIL, WATCHERS
from app.web.templating import READERS_ZONE

A_PAGE: Final = 50  # lines that people read at one go
MOST: Final = 20_000  # lines in one file: some years of a monthly newsletter, and no strain on the service
LONGEST_NUMBER: Final = 18  # digits that fit the column
DAYS: Final = ("since", "until")

doors = Doors()


@doors.look(TRAIL, kind=Kind.STAFF, roles=WATCHERS)
async def show(visit: Entered) -> Response:
    """The newest lines, and those before them."""
    asked = dict(visit.request.query_params)
    async with visit.reading() as db:
        actors = list(await db.scalars(select(Record.actor).distinct().order_by(Record.actor)))
        chosen = _chosen(asked, actors)
        query = select(Record).where(*_narrowed(chosen), *_before(asked.get("before", "")))
        rows = list(await db.scalars(query.order_by(Record.seq.desc()).limit(A_PAGE + 1)))
    wrong = {name for name in DAYS if asked.get(name) and not chosen[name]}
    return _page(visit, rows, chosen, actors, wrong)


@cache
def _words(language: str) -> Words:
    """Made once: its forms are many."""
    return Words(translations(language).gettext)


def _page(
    visit: Inside, rows: list[Record], chosen: dict[str, str], actors: list[str], wrong: set[str]
) -> Response:
    kept = {name: value for name, value in chosen.items() if value}
    older = None
    if len(rows) > A_PAGE:
        older = f"{TRAIL}?{urlencode({**kept, 'before': rows[A_PAGE - 1].seq})}"
    words: dict[str, Any] = {"rows": rows[:A_PAGE], "chosen": chosen, "actors": actors, "older_url": older}
    words |= {"events": list(Event), "most": MOST, "told": _words(visit.language), "wrong": wrong}
    return visit.page("staff_trail.html", **words)


@doors.act(f"{TRAIL}/file", kind=Kind.STAFF, roles=WATCHERS, fresh=True)
async def take(visit: Entered) -> Response:
    """The same lines as a file, with what it takes to check the chain; taking it is on record as well."""
    fields = await visit.fields()
    async with visit.writing() as db:
        actors = list(await db.scalars(select(Record.actor).distinct()))
        content = await _file(db, _chosen(fields, actors))
        about = f"{len(content['records'])} records"
        await audit.record(db, visit.person.name, Event.TRAIL_EXPORTED, about=about, now=visit.now)
    name = f"trail-{visit.now:%Y%m%d}.json"
    return JSONResponse(content, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _file(db: AsyncSession, chosen: dict[str, str]) -> dict[str, Any]:
    query = select(Record).where(*_narrowed(chosen)).order_by(Record.seq.desc()).limit(MOST)
    rows = [{"seq": each.seq, **each.covered(), "hash": each.hash.hex()} for each in await db.scalars(query)]
    points = await db.scalars(select(Checkpoint).order_by(Checkpoint.seq))
    signed = [
        {
            "seq": each.seq,
            "count": each.count,
            "at": each.at.isoformat(),
            "hash": each.hash.hex(),
            "key": each.key_id,
            "signature": each.signature.hex(),
        }
        for each in points
    ]
    return {"records": rows[::-1], "checkpoints": signed}


def _chosen(asked: dict[str, str], actors: list[str]) -> dict[str, str]:
    """What can be chosen; anything else narrows nothing down and is not repeated."""
    fits = {
        "event": asked.get("event", "") in list(Event),
        "actor": asked.get("actor", "") in actors,
    }
    chosen = {name: asked[name] if fits[name] else "" for name in fits}
    return chosen | {name: _iso(asked.get(name, "")) for name in DAYS}


def _iso(text: str) -> str:
    """However a day was typed, it is shown and linked to in one way."""
    try:
        return read_day(text).isoformat()
    except ValueError:
        return ""


def _narrowed(chosen: dict[str, str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen["event"]:
        found.append(Record.event == chosen["event"])
    if chosen["actor"]:
        found.append(Record.actor == chosen["actor"])
    since, until = _day(chosen["since"]), _day(chosen["until"], after=1)
    if since is not None:
        found.append(Record.at >= since)
    if until is not None:
        found.append(Record.at < until)
    return found


def _before(text: str) -> list[ColumnElement[bool]]:
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return [Record.seq < int(text)] if is_number else []


def _day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day on the clock here, or of a later one; what is no day narrows nothing down."""
    try:
        on = read_day(text) + timedelta(days=after)
    except ValueError:
        return None
    return datetime.combine(on, time(), READERS_ZONE).astimezone(UTC)
