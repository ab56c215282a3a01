"""The file of one privacy request: how far it is, and a button for every step that can be taken now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.crypto import Unreadable
from app.core.errors import IllegalMove, NotFound, Refused
from app.domain import erasure, refusal, request, term
from app.domain.certificate import Removed
from app.domain.erasure import Ahead
from app.domain.newsletter import Newsletter
from app.domain.request import Delay, Identity, Refusal, Request
from app.domain.request import Kind as Right
from app.features import erase
from app.features.request import duplicate, identify, settle
from app.features.request.receive import Desk
from app.features.request.settle import Gone, Way
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.pages.erase import UNBLOCK
from app.web.pages.proof import made
from app.web.pages.verify import desk
from app.web.staff.gate import Entered, Inside
from app.web.staff.request.overview import line
from app.web.staff.rooms import OFFICERS, REQUESTS, WATCHERS

ONE: Final = f"{REQUESTS}/{{case}}"
WITHOUT: Final = "without"  # the box that gives a certificate up
UNREAD: Final = "unread"  # what went wrong when the key of the address is away, or the address was damaged
LISTED = TypeVar("LISTED", bound=StrEnum)
Step = Callable[[AsyncSession, Desk, Request], Awaitable[None]]

doors = Doors()


class Choose(Refused):
    """Nothing from the list was chosen; the message is the name of the field."""


@doors.look(ONE, kind=Kind.STAFF, roles=WATCHERS)
async def show(visit: Entered, case: UUID) -> Response:
    """Facts, term and buttons; the supervisor sees no buttons."""
    return await page(visit, case, None, "")


@doors.act(f"{ONE}/ask", kind=Kind.STAFF, roles=OFFICERS)
async def ask(visit: Entered, case: UUID) -> Response:
    """A mail to the address itself."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        await identify.ask(db, at, row, suspends=_listed(Still, fields, "still") is Still.YES)

    return await _take(visit, case, step)


@doors.act(f"{ONE}/ask-again", kind=Kind.STAFF, roles=OFFICERS)
async def ask_again(visit: Entered, case: UUID) -> Response:
    """The same mail once more."""
    return await _take(visit, case, identify.ask_again)


@doors.act(f"{ONE}/asked", kind=Kind.STAFF, roles=OFFICERS)
async def asked(visit: Entered, case: UUID) -> Response:
    """The question was put in another way."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        await identify.asked(db, at, row, _listed(Way, fields, "asked_way"))

    return await _take(visit, case, step)


class Still(StrEnum):
    """Whether the term stands still while we wait."""

    YES = "yes"
    NO = "no"


@doors.act(f"{ONE}/identity", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def record(visit: Entered, case: UUID) -> Response:
    """A ground that an officer saw or heard."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        await identify.record(db, at, row, _listed(Identity, fields, "ground"))

    return await _take(visit, case, step)


@doors.act(f"{ONE}/done", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def carry_out(visit: Entered, case: UUID) -> Response:
    """Do what was asked, and answer."""
    fields, onward = await visit.fields(), [f"{REQUESTS}/{case}"]

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        way = _listed(Way, fields, "way")
        settle.may_be_carried_out(row, way)  # before the ledger has a line, which nothing takes back
        gone = await _erase(visit, db, at, row, unblock=UNBLOCK in fields) if _erases(row) else None
        if gone and gone.proof_url and way is not Way.MAIL:
            onward.append(
                gone.proof_url.removeprefix(at.base_url)
            )  # to be shown or printed here: nothing of it is kept
        await settle.carry_out(db, at, row, way, gone)

    answer = await _take(visit, case, step)
    return answer if answer.status_code == WRONG else visit.to(onward[-1])


def _erases(row: Request) -> bool:
    return row.kind == Right.ERASURE


async def _erase(visit: Inside, db: AsyncSession, at: Desk, row: Request, *, unblock: bool) -> Gone:
    address = request.opened(at.ring, row)
    words: dict[str, Any] = {"ring": at.ring, "book": at.book, "actor": at.actor, "now": at.now}
    erased = await erase.erase(db, address, **words, request=row.id)
    if unblock:
        erased = await erase.unblock(db, address, erased, **words)
    path = await _proof(visit, db, row, erased.removed)
    return Gone(erased.removed, erased.overtaken, f"{at.base_url}{path}" if path else None)


async def _proof(visit: Inside, db: AsyncSession, row: Request, removed: Removed) -> str | None:
    """Where the certificate of what was erased is, when it can be made now."""
    at = row.decided_at or visit.now
    letter, address = await db.get_one(Newsletter, row.newsletter_id), request.opened(visit.ring, row)
    return await made(visit, db, address, removed, letter.sender_name, language=row.language, at=at)


@doors.act(f"{ONE}/refuse", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def refuse(visit: Entered, case: UUID) -> Response:
    """Not carried out, and why."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        why = _listed(Refusal, fields, "refusal")
        await settle.refuse(db, at, row, why, _listed(Way, fields, "refusal_way"))

    return await _take(visit, case, step)


@doors.act(f"{ONE}/extend", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def extend(visit: Entered, case: UUID) -> Response:
    """Two more months."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        why = _listed(Delay, fields, "delay")
        await settle.extend(db, at, row, why, _listed(Way, fields, "delay_way"))

    return await _take(visit, case, step)


@doors.act(f"{ONE}/extend-again", kind=Kind.STAFF, roles=OFFICERS)
async def extend_again(visit: Entered, case: UUID) -> Response:
    """The word that it takes longer, in this way after all."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        await settle.extended_again(db, at, row, _listed(Way, fields, "again_way"))

    return await _take(visit, case, step)


@doors.act(f"{ONE}/answered", kind=Kind.STAFF, roles=OFFICERS)
async def answered(visit: Entered, case: UUID) -> Response:
    """The person has the answer in another way than by mail."""
    fields = await visit.fields()

    async def step(db: AsyncSession, at: Desk, row: Request) -> None:
        way, waits = _listed(Way, fields, "told"), row.unproven
        proven = waits is None or await _proof(visit, db, row, Removed(**waits["removed"])) is not None
        await settle.answered(db, at, row, way, proven=proven)

    return await _take(visit, case, step)


@doors.act(f"{ONE}/again", kind=Kind.STAFF, roles=OFFICERS)
async def again(visit: Entered, case: UUID) -> Response:
    """Mail the answer once more."""
    return await _take(visit, case, settle.again)


@doors.act(f"{ONE}/unreached", kind=Kind.STAFF, roles=OFFICERS)
async def give_up(visit: Entered, case: UUID) -> Response:
    """The answer cannot be delivered, or is given up without its certificate."""
    without = WITHOUT in await visit.fields()
    return await _take(visit, case, partial(settle.give_up, without=without))


@doors.act(f"{ONE}/withdraw", kind=Kind.STAFF, roles=OFFICERS)
async def withdraw(visit: Entered, case: UUID) -> Response:
    """The person took it back."""
    return await _take(visit, case, settle.withdraw)


def _listed(words: type[LISTED], fields: dict[str, str], name: str) -> LISTED:
    try:
        return words(fields.get(name, ""))
    except ValueError:
        raise Choose(name) from None


async def _take(visit: Inside, case: UUID, step: Step) -> Response:
    """One step in one transaction; what was refused is told on the page, and nothing was changed."""
    try:
        async with visit.writing() as db:
            row = await request.by_id(db, case, lock=True)
            await step(db, desk(visit, visit.person.name), row)
    except Choose as missing:
        return await page(visit, case, "choose", str(missing))
    except NotFound:
        raise
    except Unreadable:
        return await page(visit, case, UNREAD, "")
    except IllegalMove:
        return await page(visit, case, "moved", "")
    except Refused as trouble:
        return await page(visit, case, type(trouble).__name__, "")
    return visit.to(f"{REQUESTS}/{case}")


async def page(visit: Inside, case: UUID, error: str | None, field: str) -> Response:
    """All there is to see of it, with what went wrong."""
    on = term.today(visit.now)
    may_act = any(visit.person.has(role) for role in OFFICERS)
    async with visit.reading() as db:
        row = await request.by_id(db, case)
        letter = await db.get_one(Newsletter, row.newsletter_id)
        opens = _opens(visit, row)
        ahead = await _ahead(visit, db, row) if may_act and opens else None
        waits = Removed(**row.unproven["removed"]) if may_act and opens and row.unproven else None
        proof_url = await _proof(visit, db, row, waits) if waits else None
        copy = await _copy(db, row) if may_act else None
    opened_until = row.asked_at + identify.OPENS_FOR if row.asked_at else None
    words: dict[str, Any] = {
        "ahead": ahead,
        "proof_url": proof_url,
        "unread": not opens,
        "clock": line(row, on),
        "letter": letter,
        "may_act": may_act,
        "may_extend": row.state in request.UNDECIDED and row.delay is None and on <= row.term.first(on),
        "grounds": identify.RECORDED,
        "opened_until": opened_until,
        "opens": opened_until is not None and visit.now <= opened_until,
        "done_ways": settle.answers_by(row),
        "asked_ways": [way for way in Way if way is not Way.MAIL],
        "ways": [way for way in Way if row.reachable or way is not Way.MAIL],
        "delays": list(Delay),
        "refusals": refusal.reasons(row, visit.now),
        "unknown_since": refusal.unknown_since(row),
        "reacts": refusal.REACTS.days,
        "wrong": {field: error} if field else {},
        "error": error,
        "copy": copy,
    }
    return visit.page("staff_request.html", status=WRONG if error else OK, row=row, **words)


def _opens(visit: Inside, row: Request) -> bool:
    """Whether its address can be read, as long as it has one: else the page says so, and it can be closed."""
    try:
        return row.address is None or bool(request.opened(visit.ring, row))
    except Unreadable:
        return False


async def _copy(db: AsyncSession, row: Request) -> str | None:
    """Whether the whole copy may be printed here, or was."""
    if not duplicate.may_be_shown(row):
        return None
    return "shown" if await duplicate.shown(db, row) else "may"


async def _ahead(visit: Inside, db: AsyncSession, row: Request) -> Ahead | None:
    """What an erasure would meet, once it may be carried out."""
    if not _erases(row) or row.state != request.State.KNOWN:
        return None
    address = request.opened(visit.ring, row)
    return await erasure.ahead(db, address, ring=visit.ring, now=visit.now, but=row.id)
