"""A data breach: what is known of it, the 72 hours to report it, and the word to those it is about.

GDPR Art. 33 and 34. Its facts are figures, dates and words from lists. It holds nobody's address and no free
text, because what is typed in haste may hold one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import JSON, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import states
from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind, held, kept
from app.core.states import check
from app.domain import issue, newsletter
from app.domain.issue import Issue

TERM: Final = timedelta(hours=72)  # Art. 33(1), from becoming aware; weekends count
WARN_AT: Final = (48, 24, 6, -1)  # hours left: a day gone, the last day, the last hours, too late
KEPT: Final = timedelta(days=1095)  # BIO2 5.28.01: what shows how an incident was handled, three years
DIGITS: Final = 6  # of a number by chance, as of a request
HOUR: Final = timedelta(hours=1)
MOST_PEOPLE: Final = 100_000_000  # more than anybody's list: a slip of the finger


class Nature(StrEnum):
    """What happened (Art. 33(3)(a))."""

    SENT_WRONG = "sent_wrong"  # a mail or file went to who should not have it
    INTRUSION = "intrusion"  # somebody got into a system or an account
    BACKUP = "backup"  # a copy of the data was lost or taken
    DEVICE = "device"  # a computer, phone or disk was lost or taken
    INSIDE = "inside"  # somebody of ours looked or used it without need
    LOST = "lost"  # data cannot be reached or is gone
    OTHER = "other"


OVER: Final = frozenset({issue.State.PAUSED, issue.State.HELD, issue.State.CANCELLED, issue.State.SENT})


class Keys(StrEnum):
    """Whether addresses can be read by who has the data: they are sealed, the keys lie apart."""

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"  # then it counts as yes


class Effect(StrEnum):
    """What it may mean for people (Art. 33(3)(c))."""

    KNOWN_READER = "known_reader"  # others learn that somebody reads this newsletter, and so what they are
    THREAT = "threat"  # harassment or threats at the address
    PHISHING = "phishing"  # false mail that looks like ours
    NONE_LIKELY = "none_likely"  # what came out cannot be read


class Measure(StrEnum):
    """What was done about it (Art. 33(3)(d))."""

    CLOSED = "closed"  # the leak itself
    KEYS_CHANGED = "keys_changed"
    SIGN_INS_ENDED = "sign_ins_ended"  # passwords and sessions of staff
    DELETION_ASKED = "deletion_asked"  # whoever got it was asked to delete it
    POLICE = "police"
    SENDING_STOPPED = "sending_stopped"


class Risk(StrEnum):
    """How much people are at risk; it decides who must be told."""

    UNLIKELY = "unlikely"  # Art. 33(1): not reported, kept in our own register
    LIKELY = "likely"  # the AP is told
    HIGH = "high"  # Art. 34: the people themselves as well


class Late(StrEnum):
    """Why the report came after 72 hours (Art. 33(1))."""

    UNCLEAR = "unclear"  # whether it was a breach had to be found out first
    PROCESSOR = "processor"  # the processor told us late
    PEOPLE = "people"  # protecting people came first
    MISSED = "missed"  # nobody was there; we tell it as it is


class Advice(StrEnum):
    """What people can do themselves, in the notice to them."""

    SUSPECT_MAIL = "suspect_mail"
    REPORT_THREATS = "report_threats"
    OWN_SECURITY = "own_security"
    NOTHING_NEEDED = "nothing_needed"


class State(StrEnum):
    """How far it is."""

    OPEN = "open"  # known here; the 72 hours run
    REPORTED = "reported"  # the AP has the report
    UNREPORTED = "unreported"  # no risk is likely: it stays in our own register
    CLOSED = "closed"


MOVES = {
    State.OPEN: frozenset({State.REPORTED, State.UNREPORTED}),
    State.UNREPORTED: frozenset({State.REPORTED, State.CLOSED, State.OPEN}),  # one may learn more
    State.REPORTED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}


class Breach(Base):
    """One breach, from becoming aware of it to its end."""

    __tablename__ = "breach"
    __table_args__ = (
        check("state", State),
        check("nature", Nature),
        {
            "info": kept(
                what="Data breaches and what was done about them",
                why="to report them in time, and to show the AP how they were handled (Art. 33(5))",
                until="1095 days (three years) after it was closed",
                length=KEPT,
                since="closed_at",
            )
        },
    )
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the breach")
    )
    number: Mapped[str] = mapped_column(
        String(20), unique=True, info=held(Kind.TECHNICAL, "the number people call it by")
    )
    state: Mapped[State] = mapped_column(
        String(10), default=State.OPEN, info=held(Kind.TECHNICAL, "how far it is")
    )
    aware_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it became known"))
    recorded_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when it was put on record")
    )
    nature: Mapped[Nature] = mapped_column(String(12), info=held(Kind.TECHNICAL, "what happened"))
    keys: Mapped[Keys] = mapped_column(String(8), info=held(Kind.TECHNICAL, "whether keys came out as well"))
    letters: Mapped[dict[str, int]] = mapped_column(
        JSON, info=held(Kind.TECHNICAL, "which newsletters, with their number of subscribers at that time")
    )
    people: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "how many people it is about"))
    counted: Mapped[dict[str, int] | None] = mapped_column(
        JSON(none_as_null=True),
        info=held(Kind.TECHNICAL, "how many records of each of these kinds there were at that time"),
    )
    records: Mapped[int | None] = mapped_column(info=held(Kind.TECHNICAL, "how many records it is about"))
    data: Mapped[list[str]] = mapped_column(JSON, info=held(Kind.TECHNICAL, "which kinds of data"))
    effects: Mapped[list[str]] = mapped_column(JSON, info=held(Kind.TECHNICAL, "what it may mean for people"))
    measures: Mapped[list[str]] = mapped_column(JSON, info=held(Kind.TECHNICAL, "what was done about it"))
    risk: Mapped[Risk] = mapped_column(String(10), info=held(Kind.TECHNICAL, "how much people are at risk"))
    reported_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.TECHNICAL, "when the AP was told")
    )
    late: Mapped[Late | None] = mapped_column(
        String(10), info=held(Kind.TECHNICAL, "why that was after 72 hours")
    )
    advice: Mapped[list[str] | None] = mapped_column(
        JSON, info=held(Kind.TECHNICAL, "what the notice says that people can do")
    )
    writer: Mapped[str | None] = mapped_column(String(60), info=held(Kind.STAFF, "who wrote the notice"))
    approver: Mapped[str | None] = mapped_column(String(60), info=held(Kind.STAFF, "who approved the notice"))
    approved_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when the notice was approved")
    )
    issues: Mapped[dict[str, str]] = mapped_column(
        JSON, default=dict, info=held(Kind.TECHNICAL, "with which issue the notice goes to a newsletter")
    )
    warned: Mapped[int | None] = mapped_column(
        info=held(Kind.TECHNICAL, "the last warning about the 72 hours, in hours left")
    )
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it ended"))

    @property
    def to_report(self) -> bool:
        """Whether the AP must be told, and was not."""
        return self.risk != Risk.UNLIKELY and self.reported_at is None

    @property
    def due_at(self) -> datetime:
        """Until when the AP must have the report."""
        return self.aware_at + TERM

    def left(self, at: datetime) -> int:
        """Whole hours until then; below 0 it is too late."""
        return (self.due_at - at) // HOUR

    def move_to(self, state: State) -> None:
        """Take one step; raises IllegalMove."""
        self.state = states.step(MOVES, State(self.state), state)


def warning(left: int, warned: int | None) -> int | None:
    """Which warning is due at so many hours left, if it was not given yet."""
    step = next((each for each in sorted(WARN_AT) if left <= each), None)
    return step if step is not None and (warned is None or step < warned) else None


async def free_number(session: AsyncSession, year: int) -> str:
    """A number that no breach has."""
    while True:
        number = f"D-{year}-{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if await session.scalar(select(Breach.id).where(Breach.number == number)) is None:
            return number


async def by_id(session: AsyncSession, breach_id: UUID, *, lock: bool = False) -> Breach:
    """The breach of that id; raises NotFound. Whoever changes it, locks it."""
    found = await session.get(Breach, breach_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound("there is no such breach")
    return found


async def by_number(session: AsyncSession, number: str) -> Breach:
    """The breach that people call by this number; raises NotFound."""
    found = await session.scalar(select(Breach).where(Breach.number == number))
    if found is None:
        raise NotFound("there is no breach of that number; see: bode breach list")
    return found


async def every(session: AsyncSession) -> list[Breach]:
    """All of them, the newest first."""
    return list(await session.scalars(select(Breach).order_by(Breach.aware_at.desc())))


async def notices(session: AsyncSession, row: Breach) -> dict[str, Issue]:
    """The issue with which the notice goes to each newsletter; none before it is approved."""
    ids = [UUID(hex=each) for each in row.issues.values()]
    found = {each.id.hex: each for each in await session.scalars(select(Issue).where(Issue.id.in_(ids)))}
    return {slug: found[each] for slug, each in row.issues.items() if each in found}


async def told(session: AsyncSession, row: Breach) -> bool:
    """Whether the notice has gone to the readers of every newsletter; one that was stopped told nobody."""
    return await _everywhere(session, row, _sent)


async def on_its_way(session: AsyncSession, row: Breach) -> bool:
    """Whether it has begun to go to the readers of every newsletter, and nobody stopped it half-way."""
    return await _everywhere(
        session, row, lambda each: _sent(each) or (each.begun and each.state not in OVER)
    )


def _sent(each: Issue) -> bool:
    """Not in vain to everybody: single readers may be missed, all of them may not."""
    return each.state == issue.State.SENT and bool(each.accepted or not each.given_up)


async def _everywhere(session: AsyncSession, row: Breach, such: Callable[[Issue], bool]) -> bool:
    found, there = await notices(session, row), await _there(session, row)
    return bool(there) and all(slug in found and such(found[slug]) for slug in there)


async def gone(session: AsyncSession, row: Breach) -> set[str]:
    """To which newsletters the notice goes or went, or may go: a restore voids what had not begun."""
    found = (await notices(session, row)).items()
    stopped = issue.State.CANCELLED
    return {slug for slug, each in found if each.state != stopped and (each.begun or each.digest)}


async def waiting(session: AsyncSession, row: Breach) -> list[str]:
    """For which newsletters the notice waits for an approval, a first one or another."""
    if row.state == State.CLOSED:
        return []
    went = await gone(session, row)
    return [slug for slug in await _there(session, row) if slug not in went]


async def _there(session: AsyncSession, row: Breach) -> list[str]:
    known = {each.slug for each in await newsletter.every(session)}
    return [slug for slug in row.letters if slug in known]
