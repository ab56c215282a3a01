"""One reader's copy of one issue: where it is, how often it was tried, and whether it was in doubt.

There is no address here and no foreign key to the subscriber: a reader who leaves must neither
block nor break an issue that is going out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    case,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime, changed, insert_or_skip
from app.core.register import Kind, held, kept
from app.core.sqltime import from_now
from app.core.states import check
from app.domain.issue import Issue
from app.domain.issue import State as IssueState
from app.domain.subscriber import Subscriber, wanting

ROOM_PERCENT = 50  # of a page is filled at the freeze; less costs more disk, more costs the HOT updates
DOUBTED = text("in_doubt > 0")  # in these very words, or no index is used
DETAIL_STAYS = timedelta(days=90)  # to answer "did I get it?"; totals stay on the issue


class State(StrEnum):
    """Where a copy is."""

    WAITING = "waiting"  # not handed over yet, or to be tried again
    SENDING = "sending"  # its bytes may leave at any moment; after a crash this one is in doubt
    ACCEPTED = "accepted"  # the relay took it
    REFUSED = "refused"  # the reader's mailbox is not there or refuses for good
    LEFT = "left"  # the reader left before it was handed over
    GIVEN_UP = "given_up"  # tried until the issue's time was up


MOVES = {
    State.WAITING: frozenset({State.SENDING, State.REFUSED, State.LEFT, State.GIVEN_UP}),
    State.SENDING: frozenset({State.ACCEPTED, State.REFUSED, State.WAITING, State.GIVEN_UP, State.LEFT}),
    State.ACCEPTED: frozenset(),
    State.REFUSED: frozenset(),
    State.LEFT: frozenset({State.WAITING}),  # a slip was taken back while the issue goes out
    State.GIVEN_UP: frozenset({State.WAITING}),  # a person sends again to who missed it
}
OPEN = (State.WAITING, State.SENDING)
MAY_GO_OUT = (IssueState.SENDING, IssueState.PAUSED, IssueState.HELD)


class Delivery(Base):
    """A row per reader and issue."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "issue_id"),
        check("state", State),
        # No index knows a column that sending changes, and every page has room for a second version
        # of its rows: PostgreSQL then changes a row in its place (HOT) and touches no index.
        Index("ix_delivery_order", "issue_id", "seq"),
        # But for the few in doubt, which are looked for among all: only where that changes is it touched.
        Index("ix_delivery_doubt", "issue_id", "seq", postgresql_where=DOUBTED, sqlite_where=DOUBTED),
        {
            "sqlite_autoincrement": True,
            "postgresql_with": {"fillfactor": ROOM_PERCENT},
            "info": kept(
                what="Whether an issue was delivered to you",
                why="to try again when it fails, and to answer your question",
                until="90 days after the issue is finished; then only totals are left",
                length=DETAIL_STAYS,
                since="closed_at",
                through=("issue_id", "issue", "id"),
            ),
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order of sending"))
    id: Mapped[UUID] = mapped_column(
        unique=True, default=uuid4, info=held(Kind.PSEUDONYM, "makes the Message-ID")
    )
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("issue.id"), info=held(Kind.READER, "which issue"))
    subscriber_id: Mapped[UUID] = mapped_column(info=held(Kind.PSEUDONYM, "whose copy, by the random number"))
    state: Mapped[State] = mapped_column(
        String(10), default=State.WAITING, info=held(Kind.READER, "where the copy is")
    )
    attempts: Mapped[int] = mapped_column(default=0, info=held(Kind.READER, "how often it was tried"))
    in_doubt: Mapped[int] = mapped_column(
        default=0, info=held(Kind.READER, "how often nobody knew whether it arrived")
    )
    code: Mapped[str | None] = mapped_column(
        String(24), info=held(Kind.READER, "the last answer of the mail server, numbers only")
    )
    due_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when to try again"))
    lease_owner: Mapped[str | None] = mapped_column(
        String(32), info=held(Kind.TECHNICAL, "which worker has it")
    )
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "until when"))


async def leave(session: AsyncSession, subscriber_id: UUID) -> None:
    """A reader left: what was not handed over is not handed over any more."""
    await session.execute(
        update(Delivery)
        .where(Delivery.subscriber_id == subscriber_id, Delivery.state == State.WAITING)
        .values(state=State.LEFT)
    )


async def come_back(session: AsyncSession, row: Subscriber, *, since: datetime, until: datetime) -> None:
    """A slip was taken back, or an address changed: an issue that may still go out reaches this reader.

    `since` and `until` say from when to when they were subscribed before. Who was gone in the very moment
    in which the audience was counted belongs to it as much as who was counted first.
    """
    going = await going_out(session, row.newsletter_id)
    await session.execute(
        update(Delivery)
        .where(
            Delivery.subscriber_id == row.id,
            Delivery.state == State.LEFT,
            Delivery.issue_id.in_([issue.id for issue in going]),
        )
        .values(state=State.WAITING, lease_owner=None, lease_until=None)
    )
    for issue in going:
        if not _uncounted(issue, since, until) or not (issue.notice or row.wants(until)):
            continue
        made = insert_or_skip(session, Delivery).values(
            id=uuid4(),
            issue_id=issue.id,
            subscriber_id=row.id,
            state=State.WAITING,
            attempts=0,
            in_doubt=0,
        )
        if await changed(session, made) and issue.frozen_at is not None:
            issue.audience += 1


async def going_out(session: AsyncSession, newsletter_id: UUID) -> list[Issue]:
    """Issues that may still go out, locked: none is closed while somebody comes back to it.

    Who ends copies first and comes back to them after takes these before: whoever stops an issue takes it
    first and its copies after, and two who take the same in another order wait for each other for ever.
    """
    query = select(Issue).where(Issue.newsletter_id == newsletter_id, Issue.state.in_(MAY_GO_OUT))
    locked = query.order_by(Issue.id).with_for_update().execution_options(populate_existing=True)
    return list(await session.scalars(locked))


def _uncounted(issue: Issue, since: datetime, until: datetime) -> bool:
    """Whether it is for whoever was subscribed then, and its counting came to its end later, if at all."""
    began = issue.started_at is not None and since <= issue.started_at <= until
    return began and (issue.frozen_at is None or issue.frozen_at > until)


async def unlink(session: AsyncSession, subscriber_id: UUID) -> int:
    """A reader is erased: rows keep the books balanced and lose whose copy it was. Returns how many.

    The id goes too: it stands in the mail that the reader still has.
    """
    rows = (await session.scalars(select(Delivery).where(Delivery.subscriber_id == subscriber_id))).all()
    for row in rows:
        row.subscriber_id, row.id = uuid4(), uuid4()
    return len(rows)


@dataclass(frozen=True, slots=True)
class Tally:
    """What one look over all copies of an issue tells."""

    books: dict[str, int]  # how many are in each state, and how many were ever in doubt
    answers: dict[str, int]  # with which answers they were refused, most first
    last_try: datetime | None  # when the copy is tried again that has to wait longest


async def tally(session: AsyncSession, issue_id: UUID) -> Tally:
    """Count all copies, once: an issue may have a million.

    They lie together, because they were made together: rows of other issues are passed by.
    """
    ends = select(func.min(Delivery.seq), func.max(Delivery.seq)).where(Delivery.issue_id == issue_id)
    first, last = (await session.execute(ends)).one()
    here = Delivery.issue_id == issue_id, Delivery.seq.between(first or 0, last or 0)
    unsure, due = func.count().filter(Delivery.in_doubt > 0), func.max(Delivery.due_at)
    query = select(Delivery.state, Delivery.code, func.count(), unsure, due)
    grouped = query.where(*here).group_by(Delivery.state, Delivery.code)
    states: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    doubt, tries = 0, []
    for state, code, count, in_doubt, due_at in await session.execute(grouped):
        states[str(state)] += count
        doubt += in_doubt
        if state == State.REFUSED:
            answers[code or ""] += count
        if state in OPEN and due_at is not None:
            tries.append(due_at)
    done = {
        str(state): states[state] for state in (State.ACCEPTED, State.REFUSED, State.LEFT, State.GIVEN_UP)
    }
    books = {**done, "waiting": sum(states[state] for state in OPEN), "in_doubt": doubt}
    return Tally(books, dict(answers.most_common()), max(tries, default=None))


async def books(session: AsyncSession, issue_id: UUID) -> dict[str, int]:
    """How many copies are in each state now, and how many were ever in doubt."""
    return (await tally(session, issue_id)).books


async def doubted(session: AsyncSession, issue_id: UUID, most: int) -> list[UUID]:
    """The copies of which nobody could know whether they had arrived, first the ones sent first."""
    query = (
        select(Delivery.id).where(Delivery.issue_id == issue_id, DOUBTED).order_by(Delivery.seq).limit(most)
    )
    return list(await session.scalars(query))


async def wait_again(session: AsyncSession, issue: Issue, *, now: datetime) -> tuple[int, int]:
    """Who missed this issue and still wants it waits for it again; who does not any more has left.

    Returns how many wait, and how many of those may have it already: theirs was in doubt.
    """
    missed = (Delivery.issue_id == issue.id, Delivery.state == State.GIVEN_UP)
    left = update(Delivery).where(*missed, ~wanted(now, issue)).values(state=State.LEFT)
    await session.execute(left.execution_options(synchronize_session=False))
    unsure = func.count().filter(Delivery.in_doubt > 0)
    counted = (await session.execute(select(func.count(), unsure).where(*missed))).one()
    again = update(Delivery).where(*missed).values(state=State.WAITING, due_at=None)
    await session.execute(again.execution_options(synchronize_session=False))
    return counted[0], counted[1]


def wanted(now: datetime, issue: Issue) -> ColumnElement[bool]:
    """Whether its reader is still subscribed, and wants mail unless it is a notice that the law asks for."""
    there = Subscriber.id == Delivery.subscriber_id
    return exists().where(there) if issue.notice else exists().where(there, wanting(now))


async def give_up_waiting(session: AsyncSession, issue_id: UUID) -> int:
    """Nobody else gets this issue: what waits is given up. What is under way settles itself."""
    statement = update(Delivery).where(Delivery.issue_id == issue_id, Delivery.state == State.WAITING)
    return await changed(session, statement.values(state=State.GIVEN_UP, lease_owner=None))


async def give_up_rest(session: AsyncSession, issue_id: UUID) -> None:
    """Of a cancelled issue: what came back untaken after that, and what a worker had that died.

    Nobody tries either again. Whether the latter arrived is not known, and it is counted as in doubt.
    """
    died = (Delivery.state == State.SENDING) & (Delivery.lease_until < from_now())
    statement = update(Delivery).where(
        Delivery.issue_id == issue_id, or_(Delivery.state == State.WAITING, died)
    )
    doubt = Delivery.in_doubt + case((Delivery.state == State.SENDING, 1), else_=0)
    await changed(session, statement.values(state=State.GIVEN_UP, in_doubt=doubt, lease_owner=None))
