"""One data breach: its clock, its facts, and a button for every step that can be taken now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import IllegalMove, NotFound, Refused
from app.core.language import LANGUAGES
from app.domain import breach, extent, newsletter
from app.domain.breach import Advice, Breach, Late
from app.domain.issue import NOTICED
from app.features.breach import notice, record, words
from app.mail.markdown import to_html
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.breach import going
from app.web.staff.breach.facts import moment, read_moment
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue.words import states
from app.web.staff.rooms import BREACHES, DECIDERS, KEEPERS, OFFICERS

ONE: Final = f"{BREACHES}/{{case}}"
Step = Callable[[AsyncSession, Breach], Awaitable[None]]

doors = Doors()


class Choose(Refused):
    """Something was not filled in; the message is the name of the field."""


@doors.look(ONE, kind=Kind.STAFF, roles=KEEPERS)
async def show(visit: Entered, case: UUID) -> Response:
    """Clock, facts and buttons; whoever is no officer reads."""
    return await page(visit, case)


@doors.act(f"{ONE}/report", kind=Kind.STAFF, roles=OFFICERS)
async def report(visit: Entered, case: UUID) -> Response:
    """The AP was told."""
    fields = await visit.fields()

    async def step(db: AsyncSession, row: Breach) -> None:
        at = read_moment(fields, "reported")
        if at is None or not row.aware_at.replace(second=0, microsecond=0) <= at <= visit.now:
            raise Choose("reported_on")
        late = Late(fields["late"]) if fields.get("late") in list(Late) else None
        at = max(at, row.aware_at)  # the form knows minutes
        await record.report(db, row, at, late, actor=visit.person.name, now=visit.now)

    return await take(visit, case, step, fields)


@doors.act(f"{ONE}/leave-out", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def leave_out(visit: Entered, case: UUID) -> Response:
    """No risk is likely."""

    async def step(db: AsyncSession, row: Breach) -> None:
        await record.leave_out(db, row, actor=visit.person.name, now=visit.now)

    return await take(visit, case, step)


@doors.act(f"{ONE}/close", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def close(visit: Entered, case: UUID) -> Response:
    """Nothing is left to do."""

    async def step(db: AsyncSession, row: Breach) -> None:
        await record.close(db, row, actor=visit.person.name, now=visit.now)

    return await take(visit, case, step)


async def take(visit: Inside, case: UUID, step: Step, typed: dict[str, str] | None = None) -> Response:
    """One step in one transaction; what was refused is told on the page, and nothing was changed."""
    try:
        async with visit.writing() as db:
            await step(db, await breach.by_id(db, case, lock=True))
    except Choose as missing:
        return await page(visit, case, "choose", str(missing), typed)
    except NotFound:
        raise
    except IllegalMove:
        return await page(visit, case, "moved", "", typed)
    except Refused as refusal:
        field = "late" if isinstance(refusal, record.NeedsReason) else ""
        return await page(visit, case, type(refusal).__name__, field, typed)
    return visit.to(f"{BREACHES}/{case}")


async def page(
    visit: Inside, case: UUID, error: str | None = None, field: str = "", typed: dict[str, str] | None = None
) -> Response:
    """All there is to see of it."""
    async with visit.reading() as db:
        row = await breach.by_id(db, case)
        letters = [each for each in await newsletter.every(db) if each.slug in row.letters]
        said = await notice.contents(db, row)
        sent, waiting = await going.of(db, row), await breach.waiting(db, row)
    known, person = extent.kinds(), visit.person
    website = {each: [words.told(row, one, each, website=True) for one in letters] for each in LANGUAGES}
    context: dict[str, Any] = {
        "left": row.left(visit.now),
        "letters": letters,
        "titles": {each.slug: each.title for each in letters},
        "data": [visit.say(known[each]) for each in row.data if each in known],
        "counted": {
            visit.say(known[each]): many for each, many in (row.counted or {}).items() if each in known
        },
        "may_act": any(person.has(role) for role in OFFICERS),
        "may_approve": any(person.has(role) for role in NOTICED) and person.name != row.writer,
        "advice": list(Advice),
        "reasons": list(Late),
        "said": said,
        "website": website,
        "seen": notice.fingerprint(said),
        "waiting": waiting,
        "sent": sent,
        "states": states(visit.say),
        "may_send": any(person.has(role) for role in DECIDERS),
        "typed": {**moment(visit.now, "reported"), "late": "", **(typed or {})},
        "wrong": {field: error} if field else {},
        "error": error,
        "marked": _marked,
    }
    return visit.page("staff_breach.html", status=WRONG if error else OK, row=row, **context)


def _marked(markdown: str) -> Markup:
    return Markup(to_html(markdown))  # noqa: S704  (cleaned there, at every use)
