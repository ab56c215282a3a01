"""Asking a colleague, and what that colleague decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.errors import IllegalMove, Refused
from app.domain import audit, edition, eyes, handed, judgement, notice, staff
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.finding import Blocked, Finding, blocking
from app.domain.finding import unseen as not_looked_at
from app.domain.issue import Frozen, Issue, State
from app.domain.judgement import Outcome
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.features.approve import following
from app.features.approve.checking import check
from app.features.approve.compiling import press


@dataclass(frozen=True, slots=True)
class Desk:
    """Who decides, from where, and when."""

    actor: str
    base_url: str
    ring: KeyRing
    now: datetime


class Changed(Refused):
    """The text is not the one that the approver had before them."""


async def submit(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """It is handed in: its author asks a colleague to look, or an approver takes it from the draft."""
    issue.move_to(State.IN_REVIEW)
    await audit.record(session, actor, Event.ISSUE_SUBMITTED, about=f"issue {issue.id}", now=now)


async def ask(session: AsyncSession, issue: Issue, desk: Desk) -> int:
    """The same from a desk: who may approve is told, and links are looked at; returns how many were told."""
    await staff.must_be(session, desk.actor, Role.EDITOR)
    await _must_pass(session, issue, desk.base_url, desk.now)
    await submit(session, issue, actor=desk.actor, now=desk.now)
    await following.ask(session, issue, actor=desk.actor, now=desk.now)
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    words = {**await _named(session, issue, letter, desk), "what": "asked", "author": desk.actor}
    may = {*(await eyes.on(session, issue)).approvers} - {desk.actor}
    people = [each for each in await staff.with_role(session, Role.APPROVER) if each.name in may]
    for person in people:
        notice.queue(session, letter, person, "review", words, ring=desk.ring, now=desk.now)
    return len(people)


async def send_back(session: AsyncSession, issue: Issue, remark: str, desk: Desk) -> None:
    """A colleague says what has to be different; the author reads it in a mail and on the page."""
    person = await staff.must_be(session, desk.actor, Role.APPROVER)
    if issue.state != State.IN_REVIEW:
        raise IllegalMove(f"the issue is '{issue.state}'; only one in review is sent back")
    contents = await edition.whole(session, issue.id)
    judgement.keep(session, issue.id, Outcome.RETURNED, contents, by=person.name, remark=remark, now=desk.now)
    issue.move_to(State.DRAFT)
    await audit.record(session, person.name, Event.ISSUE_RETURNED, about=f"issue {issue.id}", now=desk.now)
    author = await handed.keeper(session, issue)
    if author is not None:
        letter = await session.get_one(Newsletter, issue.newsletter_id)
        words = {**await _named(session, issue, letter, desk), "what": "returned", "approver": person.name}
        words["remark"] = remark
        notice.queue(session, letter, author, "review", words, ring=desk.ring, now=desk.now)


async def approve(
    session: AsyncSession,
    issue: Issue,
    *,
    approver: str,
    base_url: str,
    ring: KeyRing,
    now: datetime,
    seen: str | None = None,
) -> list[Finding]:
    """Store the bytes that will be sent and their hash; raises Refused with what is in the way.

    `seen` is the hash of the mail that the approver read on a page. Another one is not approved, whether its
    text or its sender differs, nor one whose links or mail nobody has looked at. Without a page nobody can
    look: then that is returned.
    """
    person = await staff.must_be(session, approver, *issue.approvers)
    if person.name not in (await eyes.on(session, issue)).approvers:
        raise Refused("an issue is approved by somebody else than its author, and than who wrote in it")
    if issue.state == State.DRAFT:
        await submit(session, issue, actor=person.name, now=now)  # nobody handed it in: the approver does
    if issue.state != State.IN_REVIEW:
        raise IllegalMove(f"the issue is '{issue.state}'; only a draft or one in review is approved")
    unseen = await _must_pass(session, issue, base_url, now)
    made = await press(session, issue, base_url=base_url)
    stored = {key: value.to_bytes() for key, value in made.items()}
    digest = issues.digest(stored)
    if seen is not None and seen != digest:
        raise Changed("the mail was changed while you read it; read it again")
    if unseen and seen is not None:
        raise Blocked(unseen)
    await issues.void_approval(session, issue)
    session.add_all(Frozen(issue_id=issue.id, language=key, compiled=value) for key, value in stored.items())
    issue.approver, issue.approved_at = person.name, now
    issue.digest, issue.key_id = digest, ring.active
    issue.move_to(State.APPROVED)
    contents = await edition.whole(session, issue.id)
    judgement.keep(session, issue.id, Outcome.APPROVED, contents, by=person.name, now=now)
    about, reason = f"issue {issue.id}", f"sha256 {issue.digest}"
    await audit.record(session, person.name, Event.ISSUE_APPROVED, about=about, reason=reason, now=now)
    return unseen


async def _must_pass(session: AsyncSession, issue: Issue, base_url: str, now: datetime) -> list[Finding]:
    """Raises Blocked with what has to be put right; returns what nobody has looked at yet."""
    found = await check(session, issue, base_url=base_url, now=now)
    if wrong := blocking(found):
        raise Blocked(wrong)
    return not_looked_at(found)


async def _named(session: AsyncSession, issue: Issue, letter: Newsletter, desk: Desk) -> dict[str, str]:
    """What the issue is called, and where its page is."""
    return {
        "subject": await edition.subject(session, issue, letter.language),
        "issue_url": f"{desk.base_url}/staff/issues/{issue.id}/approve",
    }
