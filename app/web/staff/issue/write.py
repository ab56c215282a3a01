"""An editor begins an issue and writes it: subject, introduction and blocks, in one language or two."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from app.core.errors import IllegalMove, Invalid, NotFound, Refused
from app.core.language import LANGUAGES, clock
from app.domain import issue as issues
from app.domain import newsletter
from app.domain.issue import Issue
from app.domain.problem import Problem
from app.domain.typed import Typed
from app.features import compose
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import clash, form, sheet, uploads
from app.web.staff.rooms import EDITORS, ISSUES
from app.web.templating import READERS_ZONE

NEW: Final = f"{ISSUES}/new"
ONE: Final = f"{ISSUES}/{{issue}}"
WRITE: Final = f"{ONE}/write/{{language}}"

doors = Doors()


@doors.look(NEW, kind=Kind.STAFF, roles=EDITORS)
async def choose(visit: Entered) -> Response:
    """Of which newsletter."""
    async with visit.reading() as db:
        letters = await newsletter.every(db)
    return visit.page("staff_issue_new.html", here=ISSUES, letters=letters)


@doors.act(NEW, kind=Kind.STAFF, roles=EDITORS)
async def begin(visit: Entered) -> Response:
    """A new draft, in the order of the last one."""
    slug = (await visit.fields()).get("newsletter", "")
    async with visit.writing() as db:
        letter = await newsletter.by_slug(db, slug)
        issue = await compose.start(db, letter, author=visit.person.name, now=visit.now)
    return visit.to(sheet.path(issue.id, letter.language))


@doors.look(WRITE, kind=Kind.STAFF, roles=EDITORS)
async def show(visit: Entered, issue: UUID, language: str) -> Response:
    """The form with what was typed so far; of an approved issue first what an edit means."""
    async with visit.reading() as db:
        found = await sheet.read(db, issue, language)
    if found.written is None:
        raise NotFound("this issue has no text in that language")
    if not found.issue.writable:
        return sheet.closed(visit, found, language)
    asked = visit.request.query_params
    told, seen = sheet.TOLD in asked, sheet.beside(asked, language)
    return await sheet.page(visit, found, found.written, told=told, seen=seen)


@doors.act(WRITE, kind=Kind.STAFF, roles=EDITORS)
async def save(visit: Entered, issue: UUID, language: str) -> Response:
    """Keep what was typed, whichever button was pressed."""
    if language not in LANGUAGES:
        raise NotFound("that language is not spoken here")
    fields = await visit.fields()
    act, written = fields.get("act", form.SAVE), form.read(fields, language)
    if act == form.AUTO:
        return await _by_itself(visit, issue, written)
    received = await uploads.receive(visit, written)
    try:
        at = await _save(visit, issue, written, received)
    except compose.Meanwhile:
        return await clash.page(visit, issue, await _with_pictures(visit, issue, written, received))
    except IllegalMove:
        return await clash.page(visit, issue, written)
    except compose.pictures.Full:
        told = Problem("picture_many").say(visit.say)
        received = uploads.Received({}, {f"b{number}-image": told for number in received.files})
        at = await _save(visit, issue, written, received)
    if received.wrong:
        return await _told(visit, issue, language, received.wrong)
    return visit.to(_next(issue, language, act, at, sheet.beside(fields, language)))


async def _save(visit: Inside, issue_id: UUID, written: Typed, received: uploads.Received) -> str:
    """Save what was typed; returns the place on the page where the editor goes on."""
    fields = await visit.fields()
    who: dict[str, Any] = {"author": visit.person.name, "now": visit.now}
    async with visit.writing() as db:
        found = await issues.get(db, issue_id, lock=True)
        act = fields.get("act", form.SAVE)
        if act == form.OPEN:
            await compose.reopen(db, found, actor=visit.person.name, now=visit.now)
        complete = await uploads.keep(db, found, written, received, **who)
        if act == form.GIVE_WAY:
            await compose.give_way(db, found, complete, **who)
            return ""
        who |= {"begun_on": form.begun_on(fields)}
        if copied := form.copy_of(act):
            return await _tray(db, found, complete, *copied, **who)
        pressed = form.press(complete, act)
        await compose.save(db, found, pressed.written, **who)
        return pressed.at


async def _with_pictures(visit: Inside, issue_id: UUID, written: Typed, received: uploads.Received) -> Typed:
    """A colleague was first: the pictures that came along stay, as a browser would not send them again."""
    with suppress(compose.pictures.Full, IllegalMove):
        async with visit.writing() as db:
            found = await issues.get(db, issue_id, lock=True)
            return await uploads.keep(db, found, written, received, author=visit.person.name, now=visit.now)
    return written


async def _tray(db: AsyncSession, issue: Issue, written: Typed, verb: str, copy_id: UUID, **who: Any) -> str:
    """Copy of a partner into the issue or away; when a colleague was first, the tray says so."""
    if verb == form.ASIDE:
        await compose.set_aside(db, issue, written, copy_id, **who)
        return "tray"
    taken = await compose.take(db, issue, written, copy_id, **who)
    return f"block-{len(written.pieces)}" if taken else "tray"


async def _by_itself(visit: Inside, issue_id: UUID, written: Typed) -> Response:
    """What the page saves while somebody types: the new number of the version, or that it cannot."""
    begun_on = form.begun_on(await visit.fields())
    who: dict[str, Any] = {"author": visit.person.name, "now": visit.now}
    try:
        async with visit.writing() as db:
            found = await issues.get(db, issue_id, lock=True)
            number = await compose.save(db, found, written, begun_on=begun_on, by_itself=True, **who)
    except (compose.Meanwhile, IllegalMove):
        return Response(status_code=Refused.status)
    at = clock(visit.now.astimezone(READERS_ZONE).timetz(), visit.language)
    return JSONResponse({"version": number, "at": at})


async def _told(visit: Inside, issue_id: UUID, language: str, wrong: dict[str, str]) -> Response:
    """The words are saved and a file was not: the page says which and why."""
    async with visit.reading() as db:
        found = await sheet.read(db, issue_id, language)
    seen = sheet.beside(await visit.fields(), language)
    return await sheet.page(visit, found, found.written, told=True, seen=seen, refused=wrong)


def _next(issue_id: UUID, language: str, act: str, at: str, seen: str) -> str:
    """Where the editor goes on: in another language, at the block that was touched, or with what is to do."""
    verb, _, to = act.partition("-")
    if verb == "goto" and to in LANGUAGES:  # who translates sees the one they leave beside it
        return sheet.path(issue_id, to, beside=language if seen == to else seen)
    if verb == "goto" and to == "preview":
        return f"{ISSUES}/{issue_id}/preview"
    told = "" if at or act in {form.SHOW, form.GIVE_WAY} else "1"
    return sheet.path(issue_id, language, todo=told, beside=seen) + (f"#{at}" if at else "")


@doors.act(f"{ONE}/open", kind=Kind.STAFF, roles=EDITORS)
async def reopen(visit: Entered, issue: UUID) -> Response:
    """Take the approval away, by who was told what that means."""
    language = spoken((await visit.fields()).get("language", ""))
    async with visit.writing() as db:
        found = await issues.get(db, issue, lock=True)
        await compose.reopen(db, found, actor=visit.person.name, now=visit.now)
    return visit.to(sheet.path(found.id, language))


@doors.act(f"{ONE}/languages", kind=Kind.STAFF, roles=EDITORS)
async def languages(visit: Entered, issue: UUID) -> Response:
    """Another language, or one less."""
    fields = await visit.fields()
    language = spoken(fields.get("language", ""))
    change = compose.drop if "drop" in fields else compose.add
    async with visit.writing() as db:
        found = await issues.get(db, issue, lock=True)
        await change(db, found, language, author=visit.person.name, now=visit.now)
    return visit.to(f"{ISSUES}/{found.id}" if "drop" in fields else sheet.path(found.id, language))


def spoken(language: str) -> str:
    """A language that an issue can have; raises Invalid."""
    if language not in LANGUAGES:
        raise Invalid("that language is not spoken here")
    return language
