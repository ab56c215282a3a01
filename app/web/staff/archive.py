"""The archive as officers see it: what is public, and a button that takes an issue or a part away at once."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response

from app.core import paths
from app.core.errors import Invalid
from app.domain import archive, edition, newsletter, prose, withheld
from app.domain.content import Block, Content
from app.domain.newsletter import Newsletter
from app.domain.typed import Typed
from app.domain.withheld import INTRO, WHOLE, Why
from app.features import export, withhold
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.links import NAMES
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue.words import Say, kinds
from app.web.staff.rooms import ADMINISTRATORS, ARCHIVE, KEEPERS, OFFICERS

ONE: Final = f"{ARCHIVE}/{{issue}}"
RECORDS: Final = OFFICERS | ADMINISTRATORS
SHOWN: Final = 70  # characters by which somebody knows a block again

doors = Doors()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an issue: its place, and the words by which it is known."""

    place: str
    language: str
    kind: str
    words: str


@doors.look(ARCHIVE, kind=Kind.STAFF, roles=KEEPERS)
async def show(visit: Entered) -> Response:
    """Everything that is public, or was."""
    async with visit.reading() as db:
        letters = await newsletter.every(db)
        shelves = [(each, await archive.entries(db, each, visit.language)) for each in letters]
    return visit.page("staff_archive.html", shelves=shelves)


@doors.look(ONE, kind=Kind.STAFF, roles=KEEPERS)
async def one(visit: Entered, issue: UUID) -> Response:
    """One issue, with what is taken away of it."""
    return await _page(visit, issue, {})


@doors.act(f"{ONE}/take", kind=Kind.STAFF, roles=OFFICERS)
async def take(visit: Entered, issue: UUID) -> Response:
    """Away with it; no second question, because putting it back is as easy."""
    fields = await visit.fields()
    wrong = {name: "choose" for name in ("what", "why") if name not in fields}
    if wrong or fields["why"] not in set(Why):
        return await _page(visit, issue, wrong or {"why": "choose"}, fields)
    try:
        async with visit.writing() as db:
            found = await archive.get(db, issue)
            words: dict[str, Any] = {"actor": visit.person.name, "now": visit.now}
            await withhold.withhold(db, found, fields["what"], Why(fields["why"]), **words)
    except Invalid:
        return await _page(visit, issue, {"what": "choose"}, fields)
    return visit.to(f"{ARCHIVE}/{issue}")


@doors.act(f"{ONE}/back", kind=Kind.STAFF, roles=OFFICERS, fresh=True)
async def back(visit: Entered, issue: UUID) -> Response:
    """Public again."""
    place = (await visit.fields()).get("what", WHOLE)
    async with visit.writing() as db:
        found = await archive.get(db, issue)
        await withhold.put_back(db, found, place, actor=visit.person.name, now=visit.now)
    return visit.to(f"{ARCHIVE}/{issue}")


@doors.act(f"{ONE}/file", kind=Kind.STAFF, roles=RECORDS, fresh=True)
async def save(visit: Entered, issue: UUID) -> Response:
    """Everything of the issue, for the records office."""
    async with visit.writing() as db:
        found = await archive.get(db, issue)
        letter = await db.get_one(Newsletter, found.newsletter_id)
        content = await export.export(db, found, actor=visit.person.name, now=visit.now)
    headers = {"Content-Disposition": f'attachment; filename="{letter.slug}-{found.number}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


async def _page(
    visit: Inside, issue: UUID, wrong: dict[str, str], typed: dict[str, str] | None = None
) -> Response:
    async with visit.reading() as db:
        found = await archive.get(db, issue)
        letter = await db.get_one(Newsletter, found.newsletter_id)
        contents = await edition.whole(db, found.id)
        written = await edition.typed(db, found.id)
        gone = await withheld.of(db, found.id)
        subject = await edition.subject(db, found, letter.language)
    parts = _parts(contents, visit.say)
    return visit.page(
        "staff_archive_issue.html",
        status=WRONG if wrong else OK,
        here=ARCHIVE,
        issue=found,
        letter=letter,
        subject=subject,
        sent_on=archive.sent_on(letter, found),
        web=paths.published("", visit.language, letter.slug, found.number),
        parts=[each for each in parts if each.place not in gone],
        gone=[(each, gone[each.place]) for each in parts if each.place in gone],
        still=_still(parts, written, set(gone)),
        several=len(contents) > 1,
        reasons=reasons(visit.say),
        names=NAMES,
        wrong=wrong,
        error=next(iter(wrong), None),
        typed=typed or {},
        may_save=any(visit.person.has(role) for role in RECORDS),
        may_act=any(visit.person.has(role) for role in OFFICERS),
    )


def reasons(say: Say) -> dict[Why, str]:
    """Why something is taken away."""
    return {
        Why.SAFETY: say("it puts somebody in danger"),
        Why.PERSON: say("it says more about somebody than it may"),
        Why.RIGHTS: say("the text or picture is somebody else's"),
        Why.ORDER: say("a court or an authority says so"),
        Why.WRONG: say("it is not true"),
    }


def _parts(contents: dict[str, Content], say: Say) -> list[Part]:
    called = kinds(say)
    found = [Part(WHOLE, "", say("The whole issue"), "")]
    for language, content in contents.items():
        if content.intro:
            intro = withheld.place(language, INTRO)
            found.append(Part(intro, language, say("Introduction"), _short(prose.plain(content.intro))))
        for number, block in enumerate(content.blocks):
            if block.kind == "divider":
                continue
            at = withheld.place(language, number)
            found.append(Part(at, language, called[block.kind], _short(_words(block))))
    return found


def _still(parts: list[Part], written: dict[str, Typed], gone: set[str]) -> dict[str, list[Part]]:
    """Of each part that is taken away: the same part in another language, while that is public."""
    there = {each.place: each for each in parts if each.place not in gone and WHOLE not in gone}
    same = {place: withheld.elsewhere(written, place) for place in gone}
    return {place: [there[each] for each in found if each in there] for place, found in same.items()}


def _short(words: str) -> str:
    return textwrap.shorten(words, SHOWN, placeholder=" …")


def _words(block: Block) -> str:
    if block.kind == "text":
        return prose.plain(block.markdown)
    if block.kind == "picture":
        return block.alt or ""
    return str(getattr(block, "title", "") or getattr(block, "text", ""))
