"""A colleague reads an issue exactly as it will be sent, sees what has changed, and decides."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import IllegalMove, Refused, TooMany
from app.domain import edition, eyes, judgement, prose, slot, subscriber
from app.domain import issue as issues
from app.domain.content import Content
from app.domain.difference import Difference, differences
from app.domain.eyes import Eyes
from app.domain.finding import Blocked, Weight
from app.domain.issue import Issue, State
from app.domain.judgement import REMARK_MOST
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.features import approve as approving
from app.features import schedule as planning
from app.features.approve import Changed, Desk
from app.mail.compile import Compiled
from app.web import letter as letters
from app.web.deps import plain
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import checking, counting, mail
from app.web.staff.issue.words import languages as named
from app.web.staff.rooms import APPROVERS, DESK, EDITORS, ISSUES, MAKERS

APPROVE: Final = f"{ISSUES}/{{issue}}/approve"
# A remark is kept, and no subscriber's address may be in it (promise 3).
ADDRESS: Final = re.compile(r"\S@\S")

doors = Doors()


@doors.look(APPROVE, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, issue: UUID) -> Response:
    """The mail, what has changed, what the check says, and what can be done with it now."""
    return await page(visit, issue)


@doors.act(f"{APPROVE}/ask", kind=Kind.STAFF, roles=EDITORS)
async def ask(visit: Entered, issue: UUID) -> Response:
    """The author is ready: colleagues get a mail."""
    try:
        async with visit.stepping() as db:
            await approving.ask(db, await _ours(db, issue), desk(visit))
    except Blocked:
        return await page(visit, issue, error="blocked")
    return visit.to(path(issue))


@doors.act(APPROVE, kind=Kind.STAFF, roles=APPROVERS)
async def approve(visit: Entered, issue: UUID) -> Response:
    """Approved: the bytes are stored, and the issue takes the next free day."""
    fields = await visit.fields()
    counted = counting.shown(fields)
    try:
        async with visit.stepping() as db:
            await _approve(visit, db, await _ours(db, issue), fields)
    except Blocked as stopped:
        looks = all(each.weight is Weight.UNSEEN for each in stopped.findings)
        return await page(visit, issue, error="unseen" if looks else "blocked", counted=counted)
    except Changed:
        return await page(visit, issue, error="changed", counted=counted)
    except counting.Unsure as unsure:
        return await page(visit, issue, wrong={counting.READERS: unsure.code}, counted=counted)
    return visit.to(path(issue))


async def _approve(visit: Inside, db: AsyncSession, found: Issue, fields: dict[str, str]) -> None:
    """Where that gives the issue its day, it goes out by itself: its approver typed to how many readers."""
    at = desk(visit)
    words: dict[str, Any] = {"base_url": at.base_url, "ring": at.ring, "now": at.now}
    await approving.approve(db, found, approver=at.actor, seen=fields.get("seen", ""), **words)
    await planning.plan(db, found, visit.now)
    if found.state == State.SCHEDULED:
        await counting.confirm(db, found, fields, visit.now)


@doors.act(f"{APPROVE}/return", kind=Kind.STAFF, roles=APPROVERS)
async def send_back(visit: Entered, issue: UUID) -> Response:
    """Not yet: with what has to be different."""
    remark = plain((await visit.fields()).get("remark", "")).strip()
    wrong = "empty" if not remark else "long" if len(remark) > REMARK_MOST else None
    wrong = "address" if ADDRESS.search(remark) or prose.holds_address(remark) else wrong
    if wrong:
        return await page(visit, issue, wrong={"remark": wrong}, remark=remark)
    try:
        async with visit.writing() as db:
            await approving.send_back(db, await _ours(db, issue), remark, desk(visit))
    except IllegalMove:
        return await page(visit, issue, error="moved", remark=remark)
    return visit.to(path(issue))


@doors.act(f"{APPROVE}/test", kind=Kind.STAFF, roles=MAKERS)
async def test(visit: Entered, issue: UUID) -> Response:
    """A test mail, to oneself or to everybody of the desk."""
    everybody = (await visit.fields()).get("to") == "everybody"
    try:
        async with visit.writing() as db:
            found = await issues.get(db, issue)
            count = await approving.attempt(db, found, desk(visit), everybody=everybody)
    except TooMany:
        return await page(visit, issue, error="often")
    except Refused:
        return await page(visit, issue, error="unmade")
    return await page(visit, issue, tried=count)


async def _ours(db: AsyncSession, issue_id: UUID) -> Issue:
    """An issue that the desk decides on; the notice of a data breach is read and approved with its facts."""
    found = await issues.get(db, issue_id, lock=True)
    if found.notice:
        raise IllegalMove("the notice of a data breach is approved by an officer, on the page of that breach")
    return found


def _undecided(found: Issue) -> bool:
    return not found.notice and found.state in {State.DRAFT, State.IN_REVIEW}


def path(issue: UUID) -> str:
    """Where an issue is approved."""
    return f"{ISSUES}/{issue}/approve"


def desk(visit: Inside) -> Desk:
    """Who sits at it."""
    return Desk(visit.person.name, visit.house.settings.base_url, visit.ring, visit.now)


async def page(
    visit: Inside,
    issue: UUID,
    *,
    error: str | None = None,
    wrong: dict[str, str] | None = None,
    remark: str = "",
    counted: str = "",
    tried: int | None = None,
) -> Response:
    """The page as it is now, with what became of a button."""
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        words = await checking.shared(db, found)
        words |= await _read(visit, db, found)
    second: Eyes = words["second"]
    shown = await visit.long(
        "staff_issue_approve.html",
        status=Refused.status if error == "moved" else WRONG if error or wrong else OK,
        **words,
        error=error or ("wrong" if wrong else None),
        wrong=wrong or {},
        remark=remark,
        counted=counted,
        remark_most=REMARK_MOST,
        tried=tried,
        may_ask=visit.person.has(Role.EDITOR) and found.writable,
        may_decide=visit.person.has(Role.APPROVER) and _undecided(found),
        may_try=any(visit.person.has(role) for role in MAKERS) and not found.begun,
        own=second.wrote(visit.person.name),
    )
    return letters.around(shown)


async def _read(visit: Inside, db: AsyncSession, found: Issue) -> dict[str, Any]:
    last = await judgement.last(db, found.id)
    corrected = await issues.get(db, found.corrects_id) if found.corrects_id else None
    second = await eyes.on(db, found)
    open_still = found.state in {State.DRAFT, State.IN_REVIEW}
    letter = await db.get_one(Newsletter, found.newsletter_id)
    told = await checking.findings(visit, db, found) if open_still else []
    before = await edition.whole(db, corrected.id) if corrected else None
    before = await asyncio.to_thread(last.read) if last else before
    made = await _made(visit, db, found)
    return {
        "mails": await asyncio.to_thread(mail.everything, visit, made),
        "last": last,
        "corrected": corrected,
        "changes": await _changes(visit, db, found, before) if before and open_still else None,
        "seen": issues.digest({language: each.to_bytes() for language, each in made.items()}),
        "told": told,
        "unseen": await checking.looking(visit, db, found, told),
        "free": None if corrected else await slot.next_free(db, letter, visit.now),
        "readers": await subscriber.count_wanting(db, letter.id, visit.now),
        "second": second,
        "colleagues": second.approvers,
    }


async def _made(visit: Inside, db: AsyncSession, found: Issue) -> dict[str, Compiled]:
    """The mail in each language; empty when it cannot be made yet."""
    try:
        return await mail.compiled(visit, db, found)
    except Refused:
        return {}


async def _changes(
    visit: Inside, db: AsyncSession, found: Issue, before: dict[str, Content]
) -> list[tuple[str, list[Difference]]]:
    """Per language, since somebody last decided or it was sent; one that was taken out is told as well.

    What is not finished is told by the check. Others do not wait while long texts are compared.
    """
    now, there = await edition.whole(db, found.id), await edition.subjects(db, found.id)
    languages = [each for each in now | before if each in now or each not in there[found.id]]
    names = named(visit.say)
    pairs = [(names[each], before.get(each), now.get(each)) for each in languages]
    return await asyncio.to_thread(lambda: [(name, differences(old, new)) for name, old, new in pairs])
