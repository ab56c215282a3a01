"""An officer hands in a list of people who said yes elsewhere; a second person looks and releases it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, BinaryIO, Final
from uuid import UUID

from starlette.datastructures import UploadFile
from starlette.responses import Response

from app.core.errors import IllegalMove
from app.domain import candidate, newsletter, roster
from app.domain.newsletter import Newsletter
from app.domain.roster import State
from app.features import intake
from app.features.intake import MOST_LINES, MOST_OCTETS, Alone, Desk, Found, Kept, Line, NoList, TooLong
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.security import HANDING_IN
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import ANSWERABLE, LISTS, OFFICERS, WATCHERS

ONE: Final = f"{LISTS}/{{case}}"
SHOWN: Final = 50  # lists; older ones have gone within a quarter
FILE: Final = "file"

doors = Doors()


@doors.look(LISTS, kind=Kind.STAFF, roles=ANSWERABLE | WATCHERS)
async def overview(visit: Entered) -> Response:
    """Which lists there are, and what waits for a second person."""
    async with visit.reading() as db:
        rows, letters = await roster.every(db, SHOWN), await newsletter.every(db)
    titles = {each.id: each.title for each in letters}
    return visit.page("staff_lists.html", rows=rows, titles=titles, may_act=_may_hand_in(visit))


@doors.look(HANDING_IN, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def form(visit: Entered) -> Response:
    """What a list must look like, and where to choose it."""
    return _form(visit, await _letters(visit), Wrong())


@doors.act(HANDING_IN, kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def hand_in(visit: Entered) -> Response:
    """Looked through and sealed; what is no list is told and nothing of it is kept."""
    try:
        return await _take(visit)
    finally:
        await visit.close()


async def _take(visit: Inside) -> Response:
    fields, wrong, letters = await visit.fields(), Wrong(), await _letters(visit)
    letter = next((each for each in letters if each.slug == fields.get("newsletter")), None)
    if letter is None:
        wrong.fields["newsletter"] = "choose"
    file = (await visit.files()).get(FILE)
    if file is None or not file.size:
        wrong.fields[FILE] = "missing"
    elif file.size > MOST_OCTETS:
        wrong.fields[FILE] = "large"
    if letter is None or file is None or wrong.fields:
        return _form(visit, letters, wrong, letter)
    return await _read(visit, letters, letter, file)


async def _read(visit: Inside, letters: list[Newsletter], letter: Newsletter, file: UploadFile) -> Response:
    try:
        found = await asyncio.to_thread(intake.look, _lines(visit, letter, file.file))
    except NoList as none:
        return _form(visit, letters, Wrong({FILE: none.code}), letter, line=none.line)
    except TooLong:
        return _form(visit, letters, Wrong({FILE: "large"}), letter)
    if not found.fit:
        return _form(visit, letters, Wrong({FILE: "none"}), letter, found=found)
    desk = Desk(visit.house.database, visit.book, visit.ring, letter)
    lines = _lines(visit, letter, file.file)
    made = await intake.hand_in(desk, found, lines, officer=visit.person.name, now=visit.now)
    return visit.to(f"{LISTS}/{made}")


def _lines(visit: Inside, letter: Newsletter, file: BinaryIO) -> Iterator[Line | Kept]:
    """From the file in memory, from its beginning; it stays open."""
    file.seek(0)
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from intake.read(text, zone=letter.zone, now=visit.now)
    finally:
        text.detach()


@doors.look(ONE, kind=Kind.STAFF, roles=ANSWERABLE | WATCHERS)
async def show(visit: Entered, case: UUID) -> Response:
    """The report of one list, and how far it is."""
    return await _page(visit, case)


@doors.act(f"{ONE}/release", kind=Kind.STAFF, roles=ANSWERABLE, fresh=True)
async def release(visit: Entered, case: UUID) -> Response:
    """A second person agrees."""
    return await _decide(visit, case, intake.release)


@doors.act(f"{ONE}/refuse", kind=Kind.STAFF, roles=ANSWERABLE, fresh=True)
async def refuse(visit: Entered, case: UUID) -> Response:
    """A second person does not, or the officer takes it back."""
    return await _decide(visit, case, intake.refuse)


async def _decide(visit: Inside, case: UUID, act: Any) -> Response:
    try:
        async with visit.writing() as db:
            await act(db, case, actor=visit.person.name, now=visit.now)
    except Alone:
        return await _page(visit, case, "alone")
    except IllegalMove:
        return await _page(visit, case, "moved")
    return visit.to(f"{LISTS}/{case}")


async def _page(visit: Inside, case: UUID, error: str | None = None) -> Response:
    async with visit.reading() as db:
        row = await roster.by_id(db, case)
        letter, waiting = await db.get_one(Newsletter, row.newsletter_id), await candidate.waiting(db, row)
    own = visit.person.name == row.officer
    answers = any(visit.person.has(role) for role in ANSWERABLE)
    # Only where no line is on its way from one count to another.
    still = row.state in {State.WAITING, State.DONE}
    forgotten = row.lines - row.left_out - row.added - row.already - waiting if still else 0
    context = {
        "letter": letter,
        "waiting": waiting,
        "forgotten": forgotten,
        "more": row.left_out - len(row.told),
        "own": own,
        "may_release": answers and not own,
        "may_refuse": answers,
        "error": error,
    }
    return visit.page("staff_list.html", status=WRONG if error else OK, row=row, **context)


def _may_hand_in(visit: Inside) -> bool:
    return any(visit.person.has(role) for role in OFFICERS)


async def _letters(visit: Inside) -> list[Newsletter]:
    async with visit.reading() as db:
        return await newsletter.every(db)


def _form(
    visit: Inside,
    letters: list[Newsletter],
    wrong: Wrong,
    chosen: Newsletter | None = None,
    *,
    line: int = 0,
    found: Found | None = None,
) -> Response:
    words: dict[str, Any] = {
        "letters": letters,
        "chosen": chosen.slug if chosen else "",
        "line": line,
        "found": found,
        "most_lines": f"{MOST_LINES:,}".replace(",", "\N{NO-BREAK SPACE}"),  # read so in both languages
        "most": MOST_OCTETS // 1_000_000,
        "waits": roster.WAITS.days,
    }
    return visit.page("staff_list_new.html", **words, **wrong.words())
