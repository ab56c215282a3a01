"""An officer chooses the facts of a data breach from lists, first in haste and better later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from starlette.responses import Response

from app.core.days import read_clock, read_day
from app.core.errors import Invalid, Refused
from app.domain import breach, extent, newsletter
from app.domain.breach import MOST_PEOPLE, Breach, Effect, Keys, Measure, Nature, Risk
from app.features.breach import record
from app.features.breach.record import Facts
from app.web.doors import Doors, Kind
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import BREACHES, OFFICERS
from app.web.templating import READERS_ZONE

NEW: Final = f"{BREACHES}/new"
CHANGE: Final = f"{BREACHES}/{{case}}/facts"
LONGEST_NUMBER: Final = len(str(MOST_PEOPLE))
ONES: Final[dict[str, type[StrEnum]]] = {"nature": Nature, "keys": Keys, "risk": Risk}
MANY: Final[dict[str, type[StrEnum]]] = {"effect": Effect, "measure": Measure}
LISTED = TypeVar("LISTED", bound=StrEnum)

doors = Doors()


@doors.look(NEW, kind=Kind.STAFF, roles=OFFICERS)
async def form(visit: Entered) -> Response:
    """What happened; it became known now, unless somebody says otherwise."""
    async with visit.reading() as db:
        known = await record.subscribers(db)
    typed = {**moment(visit.now), **{f"letter-{slug}": "1" for slug in known}}
    return await _form(visit, None, known, typed, Wrong())


@doors.act(NEW, kind=Kind.STAFF, roles=OFFICERS)
async def add(visit: Entered) -> Response:
    """On record; on to its page."""
    return await _take(visit, None)


@doors.look(CHANGE, kind=Kind.STAFF, roles=OFFICERS)
async def again(visit: Entered, case: UUID) -> Response:
    """What was known so far, to be made better."""
    async with visit.reading() as db:
        row, known = await breach.by_id(db, case), await record.subscribers(db)
    return await _form(visit, row, known, _typed(row), Wrong())


@doors.act(CHANGE, kind=Kind.STAFF, roles=OFFICERS)
async def change(visit: Entered, case: UUID) -> Response:
    """What is known now takes its place."""
    async with visit.reading() as db:
        row = await breach.by_id(db, case)
    return await _take(visit, row)


async def _take(visit: Inside, row: Breach | None) -> Response:
    fields, wrong = await visit.fields(), Wrong()
    async with visit.reading() as db:
        known = await record.subscribers(db)
    facts = _facts(visit, fields, known, wrong)
    if facts is None:
        return await _form(visit, row, known, fields, wrong)
    try:
        return visit.to(f"{BREACHES}/{await _save(visit, row, facts)}")
    except Invalid:
        return await _form(visit, row, known, fields, Wrong({"aware_on": "moment"}))
    except Refused:
        return await _form(visit, row, known, fields, Wrong({"aware_on": "closed"}))


async def _save(visit: Inside, row: Breach | None, facts: Facts) -> UUID:
    actor, now = visit.person.name, visit.now
    async with visit.writing() as db:
        rows = await extent.rows(db, visit.book, facts.letters, facts.data)
        facts = replace(facts, rows=rows)
        if row is None:
            return (await record.record(db, facts, actor=actor, now=now)).id
        await record.amend(db, await breach.by_id(db, row.id, lock=True), facts, actor=actor, now=now)
        return row.id


def _facts(visit: Inside, fields: dict[str, str], known: dict[str, int], wrong: Wrong) -> Facts | None:
    aware_at = read_moment(fields, "aware")
    if aware_at is None or aware_at > visit.now:
        wrong.fields["aware_on"] = "moment"
    letters = [slug for slug in known if fields.get(f"letter-{slug}")]
    data = [name for name in extent.kinds() if fields.get(f"data-{name}")]
    wrong.fields |= {name: "some" for name, chosen in (("letters", letters), ("data", data)) if not chosen}
    wrong.fields |= {name: "choose" for name, words in ONES.items() if fields.get(name) not in list(words)}
    people, records = _number("people", fields, wrong), _number("records", fields, wrong)
    if wrong.fields or aware_at is None:
        return None
    return Facts(
        aware_at=aware_at,
        nature=Nature(fields["nature"]),
        keys=Keys(fields["keys"]),
        letters=letters,
        people=people,
        data=data,
        effects=_ticked(Effect, "effect", fields),
        measures=_ticked(Measure, "measure", fields),
        risk=Risk(fields["risk"]),
        records=records,
    )


def _ticked(words: type[LISTED], name: str, fields: dict[str, str]) -> list[LISTED]:
    return [each for each in words if fields.get(f"{name}-{each}")]


def _number(name: str, fields: dict[str, str], wrong: Wrong) -> int | None:
    """How many; empty is all there are."""
    text = fields.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER):
        wrong.fields[name] = "number"
        return None
    return int(text)


def moment(at: datetime, name: str = "aware") -> dict[str, str]:
    """A moment as two fields have it, on the clock here."""
    here = at.astimezone(READERS_ZONE)
    return {f"{name}_on": here.date().isoformat(), f"{name}_time": f"{here:%H:%M}"}


def read_moment(fields: dict[str, str], name: str) -> datetime | None:
    """What two fields say, if it is a moment."""
    try:
        on = read_day(fields.get(f"{name}_on", ""))
        clock = read_clock(fields.get(f"{name}_time", ""))
    except ValueError:
        return None
    return datetime.combine(on, clock, READERS_ZONE).astimezone(UTC)


def _typed(row: Breach) -> dict[str, str]:
    """The form as it was filled in."""
    everybody = row.people == sum(row.letters.values())
    everything = row.records is None or row.records == sum((row.counted or {}).values())
    ticks = [f"letter-{each}" for each in row.letters] + [f"data-{each}" for each in row.data]
    ticks += [f"effect-{each}" for each in row.effects] + [f"measure-{each}" for each in row.measures]
    return {
        **moment(row.aware_at),
        **{name: str(getattr(row, name)) for name in ONES},
        **dict.fromkeys(ticks, "1"),
        "people": "" if everybody else str(row.people),
        "records": "" if everything else str(row.records),
    }


async def _form(
    visit: Inside, row: Breach | None, known: dict[str, int], typed: dict[str, str], wrong: Wrong
) -> Response:
    async with visit.reading() as db:
        titles = await newsletter.titles(db)
    words: dict[str, Any] = {
        "row": row,
        "titles": titles,
        "typed": {**dict.fromkeys(("aware_on", "aware_time", "people", "records", *ONES), ""), **typed},
        "known": {slug: row.letters.get(slug, count) if row else count for slug, count in known.items()},
        "kinds": {name: visit.say(what) for name, what in extent.kinds().items()},
        "ones": {name: list(listed) for name, listed in ONES.items()},
        "many": {name: list(listed) for name, listed in MANY.items()},
        "today": moment(visit.now)["aware_on"],
    }
    return visit.page("staff_breach_facts.html", **words, **wrong.words())
