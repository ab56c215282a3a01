"""A privacy officer puts a data breach on record, adds what is learned later, and reports it in time.

What the service knows itself it fills in: how many people subscribe to each newsletter, and which kinds of
data there are. Nothing is sent from here: the AP is told on its own website, and that is noted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, Refused
from app.domain import audit, breach, extent, issue, newsletter, term
from app.domain.audit import Event
from app.domain.breach import Breach, Effect, Keys, Late, Measure, Nature, Risk, State
from app.domain.subscriber import Subscriber

OLDEST = timedelta(days=366)  # a moment further back is typed with a wrong year


class NeedsReason(Refused):
    """After 72 hours the report says why it is late (Art. 33(1))."""


class PeopleFirst(Refused):
    """At a high risk it is not closed before the people are told (Art. 34)."""


class RiskFirst(Refused):
    """What is a risk to people is reported to the AP."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What Art. 33(3) asks for, chosen from lists; `people` None is everybody of the newsletters.

    `rows` is how many records of each kind there are now, and `records` None is all of them.
    """

    aware_at: datetime
    nature: Nature
    keys: Keys
    letters: list[str]
    people: int | None
    data: list[str]
    effects: list[Effect]
    measures: list[Measure]
    risk: Risk
    rows: dict[str, int] = field(default_factory=dict)
    records: int | None = None


async def subscribers(session: AsyncSession) -> dict[str, int]:
    """How many people each newsletter has now: the first figure that the AP asks for."""
    counts = select(Subscriber.newsletter_id, func.count()).group_by(Subscriber.newsletter_id)
    known = {row[0]: row[1] for row in await session.execute(counts)}
    return {each.slug: known.get(each.id, 0) for each in await newsletter.every(session)}


async def record(session: AsyncSession, facts: Facts, *, actor: str, now: datetime) -> Breach:
    """Put it on record: the clock runs from the moment that somebody here became aware of it."""
    row = Breach(number=await breach.free_number(session, term.today(now).year), state=State.OPEN)
    row.recorded_at, row.issues = now, {}
    await _write(session, row, facts, now)
    session.add(row)
    await note(session, row, Event.BREACH_RECORDED, actor, _said(facts), now)
    await session.flush()
    return row


async def amend(session: AsyncSession, row: Breach, facts: Facts, *, actor: str, now: datetime) -> None:
    """What is learned later takes the place of what was thought (Art. 33(4)).

    What was not to be reported may be after all. A notice that has not begun told something else: it is
    stopped and written anew, so that two people see the words that go out.
    """
    if row.state == State.CLOSED:
        raise Refused("this breach is closed; put a new one on record")
    await _write(session, row, facts, now)
    if row.state == State.UNREPORTED and row.to_report:
        row.move_to(State.OPEN)
        row.warned = None
    row.writer = None
    await stop_unbegun(session, row, row.issues, now)
    if await breach.waiting(session, row):
        row.advice = None
    await note(session, row, Event.BREACH_AMENDED, actor, _said(facts), now)


async def stop_unbegun(session: AsyncSession, row: Breach, slugs: Iterable[str], now: datetime) -> None:
    """A notice that has not begun ends here: another one takes its place."""
    found = await breach.notices(session, row)
    for slug in set(slugs) & set(found):
        each = await issue.get(session, found[slug].id, lock=True)  # it may begin at this very moment
        if not each.begun and each.state not in issue.ENDED:
            each.move_to(issue.State.CANCELLED)
            each.closed_at = now


def _said(facts: Facts) -> str:
    return f"{facts.nature}, keys {facts.keys}, risk {facts.risk}"


async def _write(session: AsyncSession, row: Breach, facts: Facts, now: datetime) -> None:
    known = await subscribers(session)
    if not now - OLDEST <= facts.aware_at <= now:
        raise Invalid("the moment of becoming aware lies in the past year")
    if not facts.letters or not set(facts.letters) <= set(known):
        raise Invalid("name at least one newsletter that exists")
    if not facts.data or not set(facts.data) <= set(extent.kinds()):
        raise Invalid("name at least one kind of data from the register")
    if row.aware_at != facts.aware_at:  # other hours, so other warnings
        row.warned = None
    row.aware_at, row.nature, row.keys, row.risk = facts.aware_at, facts.nature, facts.keys, facts.risk
    then = row.letters or {}  # how many there were when it came on record, whoever came or went since
    row.letters = {slug: then.get(slug, known[slug]) for slug in facts.letters}
    row.people = sum(row.letters.values()) if facts.people is None else facts.people
    same = set(then) == set(facts.letters)
    counted = {**facts.rows, **(row.counted or {} if same else {})}  # as they were then, like the people
    row.counted = {name: counted[name] for name in facts.data if name in counted}
    row.records = sum(row.counted.values()) if facts.records is None else facts.records
    row.data, row.effects, row.measures = facts.data, list(facts.effects), list(facts.measures)


async def report(
    session: AsyncSession, row: Breach, at: datetime, late: Late | None, *, actor: str, now: datetime
) -> None:
    """The AP was told, at this moment; after 72 hours with a reason."""
    if not row.aware_at <= at <= now:
        raise Invalid("it was reported after it became known, and not in the future")
    if at > row.due_at and late is None:
        raise NeedsReason("it was reported after 72 hours; say why")
    row.move_to(State.REPORTED)
    row.reported_at, row.late = at, late if at > row.due_at else None
    await note(session, row, Event.BREACH_REPORTED, actor, str(row.late or "in time"), now)


async def leave_out(session: AsyncSession, row: Breach, *, actor: str, now: datetime) -> None:
    """No risk is likely, so the AP is not told; that this was decided, and by whom, is on record."""
    if row.risk != Risk.UNLIKELY:
        raise RiskFirst("a breach that is a risk to people is reported to the AP")
    row.move_to(State.UNREPORTED)
    await note(session, row, Event.BREACH_UNREPORTED, actor, str(row.risk), now)


async def close(session: AsyncSession, row: Breach, *, actor: str, now: datetime) -> None:
    """Done; not before the AP was told, and at a high risk the people."""
    if row.to_report:
        raise RiskFirst("a breach that is a risk to people is reported to the AP")
    if row.risk == Risk.HIGH and not await breach.on_its_way(session, row):
        raise PeopleFirst("at a high risk the people are told first (Art. 34)")
    row.move_to(State.CLOSED)
    row.closed_at = now
    await note(session, row, Event.BREACH_CLOSED, actor, str(row.risk), now)


async def note(
    session: AsyncSession, row: Breach, event: Event, actor: str, reason: str, now: datetime
) -> None:
    """Every step is on record with the number of the breach."""
    await audit.record(session, actor, event, about=f"breach {row.number}", reason=reason, now=now)
