"""A reader's own page, behind a short-lived link: see, change, pause, stop, be forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse, Response

from app.core import tokens
from app.core.errors import Invalid, TooMany
from app.core.language import LANGUAGES
from app.features import manage, subscribe
from app.features.manage import PAUSES, Damaged, Mine
from app.features.move import MOVES_FOR
from app.web import forms, holding
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import SEE_OTHER
from app.web.links import ACTS, JSON, NAMES, own, signed
from app.web.pages.leave import left

HOUR = 3600  # seconds
PAGES = {"erase", "request"}  # what has a page of its own before the button

doors = Doors()


@doors.look(*signed("manage"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """Everything that is held, and every button."""
    async with visit.reading() as session:
        try:
            mine = await opened(visit, session, token)
        except Damaged:  # what can be done all the same is there
            return RedirectResponse(own("manage", visit.language, token, ACTS["erase"]), SEE_OTHER)
        return await _page(visit, session, token, mine)


@doors.look(
    *(path for act, word in ACTS.items() if act not in PAGES for path in signed("manage", word)),
    kind=Kind.SIGNED_LINK,
)
async def back(visit: Looking, token: str) -> Response:
    """Somebody reloads the page that a button led to: nothing is pressed again."""
    return RedirectResponse(own("manage", visit.language, token), SEE_OTHER)


async def opened(visit: Visit, session: AsyncSession, token: str) -> Mine:
    """What the link opens; raises LinkProblem, and Damaged."""
    return await manage.open_link(session, token, ring=visit.ring, now=visit.now)


@doors.act(*signed("manage", ACTS["language"]), kind=Kind.SIGNED_LINK)
async def language(visit: Pressed, token: str) -> Response:
    """The language of the next mails."""
    chosen = (await visit.fields()).get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid("that language is not spoken here")
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        manage.set_language(mine, chosen)
        return await _page(visit, session, token, mine, done="language")


@doors.act(*signed("manage", ACTS["pause"]), kind=Kind.SIGNED_LINK)
async def pause(visit: Pressed, token: str) -> Response:
    """No mail for some months."""
    months = (await visit.fields()).get("months", "")
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        await manage.pause(mine, int(months) if months in map(str, PAUSES) else 0, visit.now)
        return await _page(visit, session, token, mine, done="paused")


@doors.act(*signed("manage", ACTS["resume"]), kind=Kind.SIGNED_LINK)
async def resume(visit: Pressed, token: str) -> Response:
    """Mail again."""
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        manage.resume(mine)
        return await _page(visit, session, token, mine, done="resumed")


@doors.act(*signed("manage", ACTS["use"]), kind=Kind.SIGNED_LINK)
async def use(visit: Pressed, token: str) -> Response:
    """A restriction ends; the link does as well, because there is a new yes."""
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        manage.lift(session, mine, ring=visit.ring, now=visit.now)
    return visit.page("lifted.html", mine.newsletter)


@doors.act(*signed("manage", ACTS["address"]), kind=Kind.SIGNED_LINK)
async def address(visit: Pressed, token: str) -> Response:
    """Mail the new address, which must say yes first."""
    typed = await forms.entry(visit)
    async with visit.writing() as session:
        mine = await opened(visit, session, token)
        if typed.address is not None and typed.code is None:
            try:
                await subscribe.within(
                    session, visit.network, visit.limits, gauge=subscribe.OWN, ring=visit.ring, now=visit.now
                )
                await manage.request_address(session, mine, typed.address, ring=visit.ring, now=visit.now)
            except TooMany as limit:
                typed = typed.limited(limit)
        if typed.code is not None:
            return typed.on(await _page(visit, session, token, mine, **typed.words()))
    hours = int(MOVES_FOR.total_seconds() // HOUR)
    return visit.page("address_asked.html", mine.newsletter, valid_hours=hours)


@doors.act(*signed("manage", ACTS["stop"]), kind=Kind.SIGNED_LINK)
async def stop(visit: Pressed, token: str) -> Response:
    """Leave from here, just as with the link in a newsletter."""
    async with visit.reading() as session:
        mine = await opened(visit, session, token)
    return await left(visit, tokens.mark(visit.ring, "leave", mine.newsletter.tag, mine.row.id))


async def _page(visit: Visit, session: AsyncSession, token: str, mine: Mine, **context: Any) -> Response:
    def act(name: str) -> str:
        return own("manage", visit.language, token, ACTS[name])

    found = await manage.holdings(session, mine.address, ring=visit.ring, book=visit.book, now=visit.now)
    mine_only = next(each for each in found if each.newsletter.id == mine.newsletter.id)
    issues = await holding.numbers(session, mine_only)
    looks = await manage.lookups(session, mine.address, ring=visit.ring, book=visit.book)
    paused = mine.row.paused_until
    words: dict[str, Any] = {
        "groups": [
            *holding.groups(mine_only, mine.address, issues, visit.say, visit.language),
            holding.looked(looks, visit.say, visit.language),
        ],
        "json_url": own("manage", visit.language, token, JSON),
        "valid_until": mine.until,
        "reader_language": mine.row.language,
        "languages": list(NAMES.items()),
        "address": "",
        "pauses": PAUSES,
        "restricted": mine.row.restricted_at is not None,
        "paused_until": paused if paused and paused > visit.now else None,
        "erase_url": act("erase"),
        "request_url": act("request"),
        **{f"{each}_action": act(each) for each in ("language", "address", "pause", "resume", "use")},
        "leave_action": act("stop"),
    }
    return visit.page("mydata.html", mine.newsletter, **{**words, **context})
