"""A list of people who said yes elsewhere: it waits, sealed line by line, until a second person releases it.

Here are its figures and its way to the end; its people are in `candidate`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import states
from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind, held, kept
from app.core.states import check
from app.domain.staff import Role

RELEASERS: Final = (Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR)  # not who only writes or watches
WAITS: Final = timedelta(days=14)  # two weeks of holiday; people who said yes should not wait longer unasked
BROKEN: Final = timedelta(days=1)  # what never came in whole is of no use to anybody
REPORTED: Final = timedelta(days=90)  # the report without addresses, for questions of who was on the list


class State(StrEnum):
    """How far a list is."""

    RECEIVING = "receiving"  # its lines are being sealed; one that stays here was broken off
    WAITING = "waiting"  # whole, until a second person decides
    RELEASED = "released"  # being brought in
    DONE = "done"
    REFUSED = "refused"  # by the second person, or taken back; its lines are gone
    DROPPED = "dropped"  # by a backup that was put back: who left since is not known in it


MOVES = {
    State.RECEIVING: frozenset({State.WAITING, State.DROPPED}),
    State.WAITING: frozenset({State.RELEASED, State.REFUSED, State.DROPPED}),
    State.RELEASED: frozenset({State.DONE, State.DROPPED}),
    State.DONE: frozenset(),
    State.REFUSED: frozenset(),
    State.DROPPED: frozenset(),
}
OPEN = frozenset(state for state, targets in MOVES.items() if targets)


class Roster(Base):
    """One list that an officer handed in."""

    __tablename__ = "roster"
    __table_args__ = (
        check("state", State),
        {
            "info": kept(
                what="Lists of people who said yes elsewhere",
                why="so that a second person looks before anybody is brought in",
                until="until 14 days after it was handed in, or 90 days after it was brought in or refused",
                length=timedelta(0),
                since="gone_at",
            )
        },
    )
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the list")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(Kind.TECHNICAL, "for which newsletter")
    )
    state: Mapped[State] = mapped_column(
        String(10), default=State.RECEIVING, info=held(Kind.TECHNICAL, "how far it is")
    )
    officer: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who handed it in"))
    decider: Mapped[str | None] = mapped_column(
        String(60), info=held(Kind.STAFF, "who released or refused it")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it was handed in"))
    decided_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when it was released or refused")
    )
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it ended"))
    gone_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when it is deleted, with all its lines")
    )
    lines: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "how many lines it has"))
    fit: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "how many of them show a yes"))
    added: Mapped[int] = mapped_column(default=0, info=held(Kind.TECHNICAL, "how many were brought in"))
    already: Mapped[int] = mapped_column(
        default=0, info=held(Kind.TECHNICAL, "how many were subscribed already")
    )
    out: Mapped[dict[str, int]] = mapped_column(
        JSON, info=held(Kind.TECHNICAL, "how many lines stay out, by reason")
    )
    told: Mapped[list[tuple[int, str]]] = mapped_column(
        JSON, info=held(Kind.TECHNICAL, "which lines stay out, by their number")
    )
    evidence: Mapped[list[tuple[str, int]]] = mapped_column(
        JSON, info=held(Kind.CONTENT, "where most yeses are kept, for who must judge that")
    )
    first_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "the earliest yes"))
    last_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "the latest yes"))

    @property
    def left_out(self) -> int:
        """How many lines stay out, whatever the reason."""
        return sum(self.out.values())

    def move_to(self, state: State) -> None:
        """Take one step; raises IllegalMove."""
        self.state = states.step(MOVES, State(self.state), state)

    def let_go(self, evidence: str | None) -> None:
        """A line is taken out, and so is where its yes is kept, unless other lines say the same.

        None is a line that cannot be read: whatever one line alone says may be its own.
        """
        least = 2 if evidence is None else 1
        left = [(text, count - (text == evidence)) for text, count in self.evidence]
        self.evidence = [(text, count) for text, count in left if count >= least]

    def close(self, state: State, now: datetime) -> None:
        """The end: what stays for a while is the report, in figures."""
        self.move_to(state)
        self.closed_at, self.gone_at, self.evidence = now, now + REPORTED, []


async def by_id(session: AsyncSession, roster_id: UUID, *, lock: bool = False) -> Roster:
    """The list of that id; raises NotFound. Whoever changes it, locks it."""
    found = await session.get(Roster, roster_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound("there is no such list")
    return found


async def every(session: AsyncSession, most: int) -> list[Roster]:
    """The latest lists, the newest first."""
    return list(await session.scalars(select(Roster).order_by(Roster.created_at.desc()).limit(most)))


async def released(session: AsyncSession, *, hold: bool = False) -> Roster | None:
    """A list to bring in; whoever does holds it, and one that another worker holds is passed over."""
    query = select(Roster).where(Roster.state == State.RELEASED).order_by(Roster.decided_at).limit(1)
    return await session.scalar(query.with_for_update(skip_locked=True) if hold else query)
