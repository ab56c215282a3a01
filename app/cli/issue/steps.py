"""`bode issue approve`, `schedule`, `send`, `pause`, `resume`, `resend`, `cancel`: one step each."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import AsJson, answer, change, inside
from app.cli.issue import words
from app.cli.issue.words import IssueId
from app.core.names import spelled
from app.domain import audit, subscriber
from app.domain import house as houses
from app.domain.audit import Event
from app.domain.house import House
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.features import approve as approving
from app.features import resend as resending
from app.features import schedule as planning

Step = Callable[[AsyncSession, Issue, House], Awaitable[None]]


def moment(text: str) -> str:
    """A time with its zone; without one nobody knows which hour is meant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter("give a day and a time with its zone, such as 2026-12-01T10:00+01:00")
    return at.isoformat()


def _take(issue_id: str, step: Step, *, tell: str = "", follow: bool = False, as_json: bool) -> None:
    """Take a step with an issue, and say where it is then; `tell` is how colleagues hear of it.

    `follow`: mail begins to go out, and a person at a terminal hears how to follow that.
    """

    async def work(house: House) -> tuple[dict[str, Any], Newsletter]:
        async def act(session: AsyncSession) -> tuple[dict[str, Any], Newsletter]:
            issue = await words.find(session, issue_id, lock=True)
            letter = await session.get_one(Newsletter, issue.newsletter_id)
            await step(session, issue, house)
            shown = await words.described(session, issue)
            if issue.state == State.SCHEDULED:
                shown["readers"] = await subscriber.count_wanting(session, letter.id, houses.now())
            if tell:
                await glass.broken(session, house, tell, letter=letter, number=issue.number)
            return shown, letter

        return await change(house, act)

    shown, letter = inside(work)
    text = f"issue {shown['number']} of {shown['newsletter']} is '{shown['state']}'"
    if shown["state"] == "scheduled":
        text += f", due {words.local(shown['due_at'], letter)}, readers: {shown['readers']}"
    if follow and sys.stdout.isatty():
        text += f"\nfollow it: bode issue report {shown['id']} --watch"
    answer(shown, text, as_json=as_json)


def approve(
    issue_id: IssueId,
    *,
    approver: Annotated[str, typer.Option(parser=spelled, metavar="NAME", help="An approver's account.")],
    as_json: AsJson = False,
) -> None:
    """Approve an issue: what is stored now is, byte for byte, what every reader gets.

    The approver is another person than the author. The issue takes the newsletter's next free slot;
    without a cadence it waits for `schedule` or `send`. On its page an approver types how many readers it
    goes to; the command says how many, and asks nothing, so that a script can run it. In production
    colleagues are told by mail. What nobody has looked at yet, links or the mail in a browser, is told here
    and in the trail.
    """

    async def step(session: AsyncSession, issue: Issue, house: House) -> None:
        now = houses.now()
        unseen = await approving.approve(
            session,
            issue,
            approver=approver,
            base_url=house.settings.base_url,
            ring=house.ring,
            now=now,
        )
        for each in unseen:
            typer.echo(each, err=True)
        reason = f"by command, as {issue.approver}{', not looked at' if unseen else ''}"
        about = f"issue {issue.id}"
        await audit.record(session, glass.actor(), Event.ISSUE_APPROVED, about=about, reason=reason, now=now)
        await planning.plan(session, issue, now)

    _take(issue_id, step, tell="approve", as_json=as_json)


def schedule(
    issue_id: IssueId,
    *,
    at: Annotated[str, typer.Option(parser=moment, metavar="TIME", help="Such as 2026-12-01T10:00+01:00.")],
    as_json: AsJson = False,
) -> None:
    """Send an approved issue at a time of your own instead of in its slot."""

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        chosen = datetime.fromisoformat(at)
        await planning.schedule(session, issue, chosen, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, tell="schedule", as_json=as_json)


def send(issue_id: IssueId, *, as_json: AsJson = False) -> None:
    """Send an approved issue now: a worker begins within a second, nobody has ten minutes to stop it."""

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        await planning.send_now(session, issue, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, tell="send", follow=True, as_json=as_json)


def pause(issue_id: IssueId, *, as_json: AsJson = False) -> None:
    """Stop an issue that is going out; who has not had it waits until `resume`.

    It is on record and mailed to nobody: to stop is always safe, and nothing may stand in its way.
    """

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        await planning.pause(session, issue, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, as_json=as_json)


def resume(issue_id: IssueId, *, as_json: AsJson = False) -> None:
    """Let a paused issue go on, or decide about a held one.

    An issue that was held before it began is a draft afterwards and needs a new approval. One that
    paused because too many refused it does not pause again for those: refusals count anew from here.
    """

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        await planning.resume(session, issue, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, tell="resume", follow=True, as_json=as_json)


def resend(
    issue_id: IssueId,
    *,
    given_up: Annotated[bool, typer.Option("--given-up", help="To who missed it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a sent issue again to who missed it: the readers it was given up for, and nobody else.

    Who has left, paused or restricted the use of their data since does not get it. The mail has the
    same bytes and the same Message-ID, so a copy that did arrive is seen as the same mail. Its books
    are open until they balance again, and it is tried as long as at first.
    """
    if not given_up:
        raise typer.BadParameter("say to whom: --given-up is to who missed it")

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        await resending.resend(session, issue, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, tell="resend", follow=True, as_json=as_json)


def cancel(issue_id: IssueId, *, as_json: AsJson = False) -> None:
    """Send an issue to nobody else. Who has it keeps it; this cannot be undone.

    In production colleagues are told by mail.
    """

    async def step(session: AsyncSession, issue: Issue, _house: House) -> None:
        await planning.cancel(session, issue, actor=glass.actor(), now=houses.now())

    _take(issue_id, step, tell="cancel", as_json=as_json)


def add(app: typer.Typer) -> None:
    """Put the commands where they are typed."""
    example = "Example: bode issue {} 5e0c3f4e-7d0f-4c55-9c57-0d3a7b1f8d11{}"
    app.command("approve", epilog=example.format("approve", " --approver emre"))(approve)
    app.command("schedule", epilog=example.format("schedule", " --at 2026-12-01T10:00+01:00"))(schedule)
    app.command("send", epilog=example.format("send", ""))(send)
    app.command("pause", epilog=example.format("pause", ""))(pause)
    app.command("resume", epilog=example.format("resume", ""))(resume)
    app.command("resend", epilog=example.format("resend", " --given-up"))(resend)
    app.command("cancel", epilog=example.format("cancel", ""))(cancel)
