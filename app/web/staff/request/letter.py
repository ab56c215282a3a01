"""What goes by post: a page to print, in the language of who asked; with the whole copy if no mail comes."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core import paths
from app.core.address import Address
from app.core.crypto import Unreadable
from app.core.errors import TooMany
from app.core.language import translations
from app.domain import request, term
from app.domain.lookup import Why
from app.domain.newsletter import Newsletter
from app.domain.request import Request, State
from app.features import lookup, manage
from app.features.request import duplicate
from app.web import holding
from app.web.doors import Doors, Kind
from app.web.errors import retry_after
from app.web.holding import Group
from app.web.pages.verify import desk
from app.web.staff.gate import Entered, Inside
from app.web.staff.request.steps import UNREAD, page
from app.web.staff.rooms import OFFICERS, REQUESTS

LETTER: Final = f"{REQUESTS}/{{case}}/letter"
LONGER: Final = f"{REQUESTS}/{{case}}/longer"
COPY: Final = f"{REQUESTS}/{{case}}/copy"
DECIDED: Final = (State.DONE, State.REFUSED, State.RETURNED, State.ANSWERED)

doors = Doors()


@doors.look(LETTER, kind=Kind.STAFF, roles=OFFICERS)
async def letter(visit: Entered, case: UUID) -> Response:
    """What was decided; there is no address in it."""
    async with visit.reading() as db:
        row = await request.by_id(db, case)
        sender = await db.get_one(Newsletter, row.newsletter_id)
    if row.state not in DECIDED or row.decided_at is None:
        return visit.to(f"{REQUESTS}/{case}")
    return _page(visit, row, sender, None, None)


@doors.look(LONGER, kind=Kind.STAFF, roles=OFFICERS)
async def longer(visit: Entered, case: UUID) -> Response:
    """That the answer takes two more months, and why; there is no address in it either."""
    async with visit.reading() as db:
        row = await request.by_id(db, case)
        sender = await db.get_one(Newsletter, row.newsletter_id)
    if row.state not in request.UNDECIDED or row.delay is None:
        return visit.to(f"{REQUESTS}/{case}")
    last_on = row.term.last(term.today(visit.now))
    return _print(visit, "staff_request_longer.html", row, sender, last_on=last_on)


@doors.act(COPY, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def copy(visit: Entered, case: UUID) -> Response:
    """The letter with everything that is held: on record first, shown once, and kept nowhere."""
    officer = visit.person.id, visit.person.name
    try:
        async with visit.writing() as db:
            row = await request.by_id(db, case, lock=True)
            sender = await db.get_one(Newsletter, row.newsletter_id)
            address = await duplicate.show(db, desk(visit, visit.person.name), row)
            words: dict[str, Any] = {"officer": officer, "ring": visit.ring, "now": visit.now}
            await lookup.look_up(db, address, Why.REQUEST, row.number, **words)
            held, looks = await _held(visit, db, address, row.language)
    except TooMany as limit:
        answer = await page(visit, case, type(limit).__name__, "")
        answer.status_code = limit.status
        answer.headers.update(retry_after(limit.wait))
        return answer
    except Unreadable:
        return await page(visit, case, UNREAD, "")
    except (duplicate.NoCopy, duplicate.SeenBefore) as refused:
        return await page(visit, case, type(refused).__name__, "")
    return _page(visit, row, sender, held, looks)


async def _held(
    visit: Inside, db: AsyncSession, address: Address, language: str
) -> tuple[list[tuple[str, list[Group]]], Group]:
    """All of it but the address itself, which the person knows and no page of these rooms shows."""
    say = translations(language).gettext
    found = await manage.holdings(db, address, ring=visit.ring, book=visit.book, now=visit.now)
    groups = []
    for each in found:
        theirs = holding.groups(each, address, await holding.numbers(db, each), say, language)
        groups.append((each.newsletter.title, _unnamed(theirs, address)))
    looks = await manage.lookups(db, address, ring=visit.ring, book=visit.book)
    return groups, holding.looked(looks, say, language)


def _unnamed(groups: list[Group], address: Address) -> list[Group]:
    return [(title, [each for each in rows if each[1] != address.typed]) for title, rows in groups]


def _page(
    visit: Inside,
    row: Request,
    sender: Newsletter,
    held: list[tuple[str, list[Group]]] | None,
    looks: Group | None,
) -> Response:
    base_url = visit.house.settings.base_url
    words: dict[str, Any] = {
        "held": held,
        "looks": looks,
        "signup_url": paths.signup(base_url, row.language, sender.slug),
        "ask_url": paths.ask(base_url, row.language, sender.slug),
        "backup_days": visit.house.settings.backup_days,
    }
    return _print(visit, "staff_request_letter.html", row, sender, **words)


def _print(visit: Inside, template: str, row: Request, sender: Newsletter, **words: Any) -> Response:
    visit.language = row.language  # it is the person who reads it
    words |= {
        "held": words.get("held"),
        "sender": sender,
        "today": term.today(visit.now),
        "back_url": f"{REQUESTS}/{row.id}",
        "privacy_url": paths.privacy(visit.house.settings.base_url, row.language, sender.slug),
    }
    return visit.page(template, row=row, switch=None, **words)
