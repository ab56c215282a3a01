"""What the check of an issue found, for who writes and who approves; and a button to look at its links."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.domain import edition, halt, link
from app.domain import issue as issues
from app.domain.finding import INTRO, Finding, Weight
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.domain.typed import Typed
from app.features import approve
from app.features.approve import following
from app.features.approve import seeing as sights
from app.web import letter
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import seeing, todo, words
from app.web.staff.rooms import DESK, ISSUES, MAKERS

ONE: Final = f"{ISSUES}/{{issue}}"
CHECK: Final = f"{ONE}/check"
# Where somebody has looked at what nobody has looked at yet.
SEEN_AT: Final = {"not_looked": "check#links", "not_seen": "check"}
# What is about a field above the blocks.
FIELDS: Final = {
    "subject_long": "subject",
    "subject_reply": "subject",
    "no_preheader": "preheader",
    "preheader_long": "preheader",
}

doors = Doors()


@dataclass(frozen=True, slots=True)
class Told:
    """One finding in the words of who looks."""

    place: str
    text: str
    foreign: str  # axe's own words, in English
    where: str  # what stands there
    weight: Weight
    path: str | None  # where an editor puts it right

    @property
    def blocks(self) -> bool:
        """Whether it keeps the issue from being approved."""
        return self.weight is not Weight.WARNS


@doors.look(CHECK, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, issue: UUID) -> Response:
    """Everything that was found, what blocks first."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        top = await shared(db, found)
        told = await findings(visit, db, found)
        unseen = await looking(visit, db, found, told)
        looker = await sights.looked(db, found)
        wanted = await link.wanted(db, found.id)
        known = await link.known(db, found.id)
    looked = [known[each] for each in wanted if each in known]
    page = await visit.long(
        "staff_issue_check.html",
        **top,
        told=told,
        unseen=unseen,
        looker=looker,
        may_again=found.state in sights.OPEN,
        pages=len(wanted),
        asked=bool(looked),
        waiting=sum(each.verdict is None for each in looked),
        looked_at=max((each.looked_at for each in looked if each.looked_at), default=None),
        may_act=any(visit.person.has(role) for role in MAKERS),
    )
    return letter.around(page)


@doors.act(f"{CHECK}/links", kind=Kind.STAFF, roles=MAKERS)
async def ask(visit: Entered, issue: UUID) -> Response:
    """Have the links looked at."""
    async with visit.writing() as db:
        found = await issues.get(db, issue, lock=True)
        await following.ask(db, found, actor=visit.person.name, now=visit.now)
    return visit.to(f"{ISSUES}/{issue}/check")


async def shared(db: AsyncSession, found: Issue) -> dict[str, Any]:
    """What every page about one issue shows at its top."""
    of = await db.get_one(Newsletter, found.newsletter_id)
    subject = await edition.subject(db, found, of.language)
    why = halt.read(found.reason)
    return {"here": ISSUES, "issue": found, "letter": of, "subject": subject, "halt": why}


async def looking(visit: Inside, db: AsyncSession, found: Issue, told: list[Told]) -> dict[str, str]:
    """The mails that nobody has looked at: the check told whether there is one, before any is made again."""
    unseen = any(each.weight is Weight.UNSEEN for each in told)
    return await seeing.waiting(visit, db, found) if unseen else {}


async def findings(visit: Inside, db: AsyncSession, found: Issue) -> list[Told]:
    """What the check says now, in the visitor's language."""
    base_url = visit.house.settings.base_url
    told = await approve.check(db, found, base_url=base_url, now=visit.now)
    typed = await edition.typed(db, found.id)
    said = await asyncio.to_thread(lambda: [_said(visit, found, each, typed) for each in told])
    return sorted(said, key=lambda each: not each.blocks)


def _said(visit: Inside, found: Issue, each: Finding, typed: dict[str, Typed]) -> Told:
    written = typed.get(each.language or "")
    field, place, text = _at(visit, each, written)
    there = f"{ISSUES}/{found.id}/{SEEN_AT[each.code]}" if each.code in SEEN_AT else None
    if written is not None and visit.person.has(Role.EDITOR):
        there = f"{ISSUES}/{found.id}/write/{each.language}{f'#{field}' if field else ''}"
    language = words.languages(visit.say)[each.language] if each.language else visit.say("The whole issue")
    return Told(
        f"{language}, {place}" if place else language, text, each.foreign, each.places, each.weight, there
    )


def _at(visit: Inside, each: Finding, written: Typed | None) -> tuple[str, str, str]:
    """The field that a finding is about, where that is, and what to do there, in the words of the form."""
    if each.problem is not None and written is not None:
        task = todo.task(each.problem, written, visit.say)
        return task.field, task.place, task.told
    text = each.say(visit.say)
    if each.block and written is not None:
        return f"block-{each.block - 1}", todo.title(each.block - 1, written, visit.say), text
    field = "intro" if each.block == INTRO else FIELDS.get(each.code, "")
    return field, words.fields(visit.say).get(field, ""), text
