"""A month's issue of a newsletter, from first draft to the last reader served.

What was approved is what is sent: approval stores the compiled bytes with their gaps per language,
and any edit takes the approval away (promise 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, UniqueConstraint, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind, held, kept
from app.core.states import check, step
from app.domain.staff import Role


class State(StrEnum):
    """Where an issue is."""

    DRAFT = "draft"  # being written
    IN_REVIEW = "in_review"  # a colleague is asked to look
    APPROVED = "approved"  # the bytes are stored; not planned yet
    SCHEDULED = "scheduled"  # goes out at its time
    SENDING = "sending"  # going out
    PAUSED = "paused"  # stopped by a person or by trouble; goes on when a person says so
    SENT = "sent"  # the books balance and are closed
    CANCELLED = "cancelled"  # will not go out, or no further
    HELD = "held"  # after a restore or a long silence: a person decides


MOVES = {
    State.DRAFT: frozenset({State.IN_REVIEW, State.CANCELLED, State.HELD}),
    State.IN_REVIEW: frozenset({State.APPROVED, State.DRAFT, State.CANCELLED, State.HELD}),
    State.APPROVED: frozenset({State.SCHEDULED, State.DRAFT, State.CANCELLED, State.HELD}),
    State.SCHEDULED: frozenset({State.SENDING, State.APPROVED, State.DRAFT, State.CANCELLED, State.HELD}),
    State.SENDING: frozenset({State.PAUSED, State.SENT, State.CANCELLED, State.HELD}),
    State.PAUSED: frozenset({State.SENDING, State.CANCELLED, State.HELD}),
    State.HELD: frozenset({State.DRAFT, State.SENDING, State.CANCELLED}),
    State.SENT: frozenset({State.SENDING}),  # a person sends again to who missed it
    State.CANCELLED: frozenset(),
}
ENDED = frozenset({State.SENT, State.CANCELLED})
NOTICED = (Role.OFFICER, Role.ADMINISTRATOR)  # one of them writes a notice of a data breach, another approves
UNFINISHED = tuple(state for state in State if state not in ENDED)


class Issue(Base):
    """One issue; its numbers stay when the rows per reader are gone."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("newsletter_id", "number"),
        check("state", State),
        {
            "info": kept(
                what="Issues and their totals",
                why="a public newsletter is kept as it was sent",
                until="as long as the selection list of the controller says",
            )
        },
    )
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.CONTENT, "identifies the issue")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.CONTENT, "of which newsletter")
    )
    number: Mapped[int] = mapped_column(info=held(Kind.CONTENT, "its number"))
    state: Mapped[State] = mapped_column(
        String(10), default=State.DRAFT, info=held(Kind.CONTENT, "where it is")
    )
    author: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who wrote it"))
    approver: Mapped[str | None] = mapped_column(String(60), info=held(Kind.STAFF, "who approved it"))
    approved_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when it was approved")
    )
    digest: Mapped[str | None] = mapped_column(
        String(64), info=held(Kind.CONTENT, "hash of the approved bytes")
    )
    key_id: Mapped[str | None] = mapped_column(String(8), info=held(Kind.TECHNICAL, "the key of its links"))
    due_at: Mapped[datetime | None] = mapped_column(
        UtcTime, index=True, info=held(Kind.CONTENT, "when it goes out")
    )
    period: Mapped[str | None] = mapped_column(
        String(7), info=held(Kind.CONTENT, "the month whose slot it takes")
    )
    previewed_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when colleagues got the final mail")
    )
    started_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "when sending began; the mail's date")
    )
    freeze_cursor: Mapped[int] = mapped_column(
        default=0, info=held(Kind.TECHNICAL, "how far the audience is frozen")
    )
    frozen_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when the audience was complete")
    )
    paced_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "until when the pace is used up")
    )
    resumed_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "when a person last let it go on")
    )
    tried_before: Mapped[int] = mapped_column(
        default=0, info=held(Kind.CONTENT, "accepted or refused before it went on")
    )
    refused_before: Mapped[int] = mapped_column(
        default=0, info=held(Kind.CONTENT, "refused before it went on")
    )
    audience: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "readers at the freeze"))
    accepted: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "accepted at close"))
    refused: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "refused at close"))
    left: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "left before their turn"))
    given_up: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "given up at close"))
    in_doubt: Mapped[int] = mapped_column(default=0, info=held(Kind.CONTENT, "ever in doubt"))
    answers: Mapped[dict[str, int] | None] = mapped_column(
        JSON(none_as_null=True), info=held(Kind.CONTENT, "with which answers servers refused it, at close")
    )
    reason: Mapped[str | None] = mapped_column(
        String(120), info=held(Kind.CONTENT, "why it was paused, held or cancelled")
    )
    corrects_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("issue.id"), info=held(Kind.CONTENT, "the issue that it corrects")
    )
    notice: Mapped[bool] = mapped_column(
        default=False, info=held(Kind.CONTENT, "whether it is a notice of a data breach and no month's issue")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.CONTENT, "when begun"))
    closed_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "when the books were closed")
    )
    published_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "since when it is in the archive")
    )

    def move_to(self, target: State) -> None:
        """Take a step of MOVES; raises IllegalMove for any other."""
        self.state = step(MOVES, State(self.state), target)

    @property
    def approvers(self) -> tuple[Role, ...]:
        """Who may approve it: a notice of a data breach is for officers, and not for who makes issues."""
        return NOTICED if self.notice else (Role.APPROVER,)

    @property
    def writable(self) -> bool:
        """Whether editors may write in it: a draft, and no notice, whose words are those of officers."""
        return self.state == State.DRAFT and not self.notice

    @property
    def begun(self) -> bool:
        """Whether any reader may already have it."""
        return self.started_at is not None

    @property
    def going_since(self) -> datetime | None:
        """From when its speed, its refusals and its patience count: its start, or when it went on."""
        return self.resumed_at or self.started_at

    def go_on(self, tried: dict[str, int], now: datetime) -> None:
        """A person let it go on, knowing what became of it so far: what counts, counts from here."""
        self.resumed_at = now
        self.tried_before = tried["accepted"] + tried["refused"]
        self.refused_before = tried["refused"]


class Frozen(Base):
    """What was approved: the mail in one frame language, compiled, with gaps for each reader."""

    __tablename__ = "frozen"
    __table_args__ = {
        "info": kept(
            what="The mail as it was approved",
            why="what was approved is what is sent",
            until="as long as the issue",
        )
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    language: Mapped[str] = mapped_column(
        String(2), primary_key=True, info=held(Kind.CONTENT, "for readers of which language")
    )
    compiled: Mapped[bytes] = mapped_column(LargeBinary, info=held(Kind.CONTENT, "the bytes"))


class Image(Base):
    """A picture inside an issue's mail, as it was cleaned on import."""

    __tablename__ = "image"
    __table_args__ = {
        "info": kept(what="Pictures of an issue", why="they travel in the mail", until="as long as the issue")
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    name: Mapped[str] = mapped_column(
        String(120), primary_key=True, info=held(Kind.CONTENT, "its name in the text")
    )
    type: Mapped[str] = mapped_column(String(20), info=held(Kind.CONTENT, "kind of picture"))
    width: Mapped[int] = mapped_column(info=held(Kind.CONTENT, "in pixels"))
    height: Mapped[int] = mapped_column(info=held(Kind.CONTENT, "in pixels"))
    content: Mapped[bytes] = mapped_column(LargeBinary, info=held(Kind.CONTENT, "the picture"))


async def get(session: AsyncSession, issue_id: UUID, *, lock: bool = False) -> Issue:
    """The issue; raises NotFound. `lock` keeps others from moving it in the meantime."""
    found = await session.get(Issue, issue_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound(f"there is no issue {issue_id}; see: bode issue list")
    return found


async def next_number(session: AsyncSession, newsletter_id: UUID) -> int:
    """The number a new issue gets."""
    query = select(func.max(Issue.number)).where(Issue.newsletter_id == newsletter_id)
    return 1 + (await session.scalar(query) or 0)


async def of(session: AsyncSession, newsletter_id: UUID, *, before: int | None, most: int) -> list[Issue]:
    """The newest issues of a newsletter, or those with a lower number than `before`."""
    query = select(Issue).where(Issue.newsletter_id == newsletter_id)
    if before is not None:
        query = query.where(Issue.number < before)
    return list(await session.scalars(query.order_by(Issue.number.desc()).limit(most)))


async def under_way(session: AsyncSession, newsletter_id: UUID) -> bool:
    """Whether an issue of it still has to go out; a correction or a notice of a breach is no month's.

    One that readers already have, and that somebody stopped, is the month's before.
    """
    monthly = Issue.corrects_id.is_(None), Issue.notice.is_(False), Issue.started_at.is_(None)
    query = select(Issue.id).where(
        Issue.newsletter_id == newsletter_id, Issue.state.in_(UNFINISHED), *monthly
    )
    return await session.scalar(query.limit(1)) is not None


async def images(session: AsyncSession, issue_id: UUID) -> list[Image]:
    """The pictures that travel in the mail."""
    query = select(Image).where(Image.issue_id == issue_id).order_by(Image.name)
    return list(await session.scalars(query))


async def weights(session: AsyncSession, issue_id: UUID) -> dict[str, int]:
    """What each picture weighs, in bytes; the pictures themselves are not fetched."""
    query = select(Image.name, func.length(Image.content)).where(Image.issue_id == issue_id)
    return {row.name: row[1] for row in await session.execute(query.order_by(Image.name))}


async def frozen(session: AsyncSession, issue_id: UUID) -> dict[str, bytes]:
    """The approved bytes per language of the reader."""
    rows = await session.scalars(select(Frozen).where(Frozen.issue_id == issue_id))
    return {row.language: row.compiled for row in rows}


def digest(compiled: dict[str, bytes]) -> str:
    """The hash that binds an approval to its bytes."""
    whole = hashlib.sha256()
    for language in sorted(compiled):
        whole.update(language.encode() + len(compiled[language]).to_bytes(8, "big"))
        whole.update(compiled[language])
    return whole.hexdigest()


async def void_approval(session: AsyncSession, issue: Issue) -> None:
    """Take the approval and its bytes away."""
    await session.execute(delete(Frozen).where(Frozen.issue_id == issue.id))
    issue.approver = issue.approved_at = issue.digest = issue.key_id = None


async def in_states(session: AsyncSession, states: Sequence[State]) -> list[Issue]:
    """All issues that are in one of these states, oldest first."""
    query = select(Issue).where(Issue.state.in_(states)).order_by(Issue.created_at)
    return list(await session.scalars(query))
