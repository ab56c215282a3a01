"""A privacy request: somebody asks for what the law gives them, and gets an answer within the term.

The address is typed once, sealed, and gone when the answer has reached its reader or cannot. What stays
for two years is a number, dates and words from lists, under a pseudonym that the person alone can match.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Date, ForeignKey, LargeBinary, String, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import states
from app.core.address import Address, parse
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind as About
from app.core.register import Sealed, held, kept
from app.core.states import check
from app.domain import consent, term
from app.domain.term import Term

KEPT = timedelta(days=730)  # to show that it was handled in time; a complaint to the AP comes within that


class Kind(StrEnum):
    """What somebody asks for, in the order of the GDPR's articles 15 to 21, and to take the last one back."""

    ACCESS = "access"  # Art. 15: what do you hold about me?
    CORRECTION = "correction"  # Art. 16: my address or language is not right any more
    ERASURE = "erasure"  # Art. 17: forget me
    RESTRICTION = "restriction"  # Art. 18: keep it, and do not use it
    PORTABILITY = "portability"  # Art. 20: give me my data as a file
    OBJECTION = "objection"  # Art. 21: never mail me again
    LIFT = "lift"  # mail may come again: a block is lifted


class Channel(StrEnum):
    """How a request came in."""

    LINK = "link"  # the reader's own page
    LETTER = "letter"
    TELEPHONE = "telephone"
    MAIL = "mail"
    DESK = "desk"  # in person


class Identity(StrEnum):
    """How we know that it is the person who asks."""

    LINK = "link"  # the reader's own page, behind a link that was mailed to them
    BUTTON = "button"  # a mail to the address itself, and the button behind its link
    DOCUMENT = "document"  # shown at the desk; no copy is kept
    CALLED_BACK = "called_back"  # on a number that was known already
    REPRESENTATIVE = "representative"  # a lawyer or guardian with a written mandate
    LOST_MAILBOX = "lost_mailbox"  # the mailbox went with the office; the organisation confirms who it was


class Refusal(StrEnum):
    """Why a request is not carried out; no other reason is one (DR-07: an objection is never weighed)."""

    NOT_IDENTIFIED = "not_identified"  # Art. 12(6): nobody showed that it is them
    UNFOUNDED = "unfounded"  # Art. 12(5): plainly without ground
    EXCESSIVE = "excessive"  # Art. 12(5): the same again and again
    LEGAL_DUTY = "legal_duty"  # Art. 17(3)(b): a law says that it must be kept
    CLAIMS = "claims"  # Art. 17(3)(e): needed for a legal claim
    OTHERS = "others"  # Art. 15(4): it would harm somebody else


class Delay(StrEnum):
    """Why two more months are needed (Art. 12(3))."""

    COMPLEX = "complex"
    MANY = "many"  # many requests at once


class State(StrEnum):
    """How far it is."""

    RECEIVED = "received"  # on record; the clock runs
    ASKED = "asked"  # whoever asks was asked to show who they are
    KNOWN = "known"  # it is certain who asks
    DONE = "done"  # carried out; the answer is on its way
    REFUSED = "refused"  # not carried out; the answer with the reason is on its way
    RETURNED = "returned"  # the answer did not arrive: it goes by post, or is mailed once more
    ANSWERED = "answered"  # the person has the answer
    UNREACHED = "unreached"  # somebody decided that no answer can be delivered
    WITHDRAWN = "withdrawn"  # the person took it back, or says it was not them
    OVERTAKEN = "overtaken"  # the person was erased first: there is nothing left to do it with


MOVES = {
    State.RECEIVED: frozenset({State.ASKED, State.KNOWN, State.REFUSED, State.WITHDRAWN, State.OVERTAKEN}),
    State.ASKED: frozenset({State.KNOWN, State.REFUSED, State.WITHDRAWN, State.OVERTAKEN}),
    State.KNOWN: frozenset({State.DONE, State.REFUSED, State.WITHDRAWN, State.OVERTAKEN}),
    State.DONE: frozenset({State.RETURNED, State.ANSWERED, State.UNREACHED, State.OVERTAKEN}),
    State.REFUSED: frozenset({State.RETURNED, State.ANSWERED, State.UNREACHED, State.OVERTAKEN}),
    State.RETURNED: frozenset({State.DONE, State.REFUSED, State.ANSWERED, State.UNREACHED, State.OVERTAKEN}),
    State.ANSWERED: frozenset(),
    State.UNREACHED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.OVERTAKEN: frozenset(),
}
UNDECIDED = frozenset({State.RECEIVED, State.ASKED, State.KNOWN})
ENDS = frozenset(state for state, targets in MOVES.items() if not targets)


class Request(Base):
    """One request of one person."""

    __tablename__ = "request"
    __table_args__ = (
        check("kind", Kind),
        check("state", State),
        {
            "info": kept(
                what="Your privacy request",
                why="to answer it within the term of the law, and to show that we did",
                until=(
                    "two years after it was answered; your address in it until the answer has reached you"
                ),
                length=KEPT,
                since="closed_at",
            )
        },
    )
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(About.TECHNICAL, "order"))
    id: Mapped[UUID] = mapped_column(
        unique=True, default=uuid4, info=held(About.TECHNICAL, "identifies the request")
    )
    number: Mapped[str] = mapped_column(
        String(20), unique=True, info=held(About.READER, "the number of your request")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), info=held(About.READER, "the newsletter in whose name we answer")
    )
    subject: Mapped[bytes | None] = mapped_column(
        LargeBinary, index=True, info=held(About.PSEUDONYM, "to show you your own requests")
    )
    key_id: Mapped[str] = mapped_column(String(8), info=held(About.TECHNICAL, "the key of the pseudonym"))
    address: Mapped[bytes | None] = mapped_column(
        LargeBinary,
        info=held(About.ADDRESS, "where the answer goes", Sealed("request", scope="newsletter_id")),
    )
    language: Mapped[str] = mapped_column(String(2), info=held(About.READER, "the language of the answer"))
    kind: Mapped[Kind] = mapped_column(String(12), info=held(About.READER, "what you ask"))
    channel: Mapped[Channel] = mapped_column(String(10), info=held(About.READER, "how it came in"))
    state: Mapped[State] = mapped_column(
        String(10), default=State.RECEIVED, info=held(About.READER, "how far it is")
    )
    recorded_at: Mapped[datetime] = mapped_column(
        UtcTime, info=held(About.READER, "when it was put on record")
    )
    received_on: Mapped[date] = mapped_column(Date, info=held(About.READER, "the day it came in"))
    identity: Mapped[Identity | None] = mapped_column(
        String(16), info=held(About.READER, "how we know that it is you")
    )
    still: Mapped[int] = mapped_column(
        default=0, info=held(About.READER, "for how many days the term stood still")
    )
    still_since: Mapped[date | None] = mapped_column(
        Date, info=held(About.READER, "since when the term stands still, because we wait for you")
    )
    asked_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(About.READER, "when you were asked to show who you are")
    )
    delay: Mapped[Delay | None] = mapped_column(
        String(10), info=held(About.READER, "why two more months are needed")
    )
    refusal: Mapped[Refusal | None] = mapped_column(
        String(16), info=held(About.READER, "why it was not carried out")
    )
    decided_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(About.READER, "when it was carried out or refused")
    )
    mailed_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(About.READER, "when the answer was mailed to you last")
    )
    unproven: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True),
        info=held(About.READER, "how much was deleted, until the ledger has it and there is a certificate"),
    )
    told_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(About.TECHNICAL, "when officers last heard that you wait for a mail")
    )
    lost: Mapped[str | None] = mapped_column(
        String(10), info=held(About.TECHNICAL, "which mail to you did not arrive, before the answer")
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(About.READER, "when you had the answer")
    )
    warned: Mapped[int | None] = mapped_column(
        info=held(About.TECHNICAL, "the last warning about the term, in days left")
    )

    @property
    def term(self) -> Term:
        """Its legal clock."""
        return Term(self.received_on, self.delay is not None, self.still, self.still_since)

    @property
    def reachable(self) -> bool:
        """Whether a mail to the address reaches the person: not when the mailbox went with the office."""
        return self.address is not None and self.identity != Identity.LOST_MAILBOX

    def move_to(self, state: State) -> None:
        """Take one step; raises IllegalMove."""
        self.state = states.step(MOVES, State(self.state), state)

    def run_on(self, on: date) -> None:
        """The clock runs again; the days that it stood still stay counted."""
        self.still, self.still_since = self.term.stood_still(on), None


def may_be_carried_out(row: Request) -> None:
    """Raise IllegalMove when it may not be: for what happens before the step itself."""
    states.step(MOVES, State(row.state), State.DONE)


def new(ring: KeyRing, newsletter_id: UUID, address: Address, **columns: Any) -> Request:
    """A row for a request that has just come in."""
    row = Request(id=uuid4(), newsletter_id=newsletter_id, state=State.RECEIVED, still=0, **columns)
    plain = address.typed.encode()
    row.address = ring.seal("request", plain, bound_to=_bound(row.id), scope=newsletter_id)
    row.subject, row.key_id = consent.proof(ring, newsletter_id, address)
    return row


def _bound(request_id: UUID) -> str:
    return f"request|address|{request_id.hex}"


def keyed(ring: KeyRing, newsletter_id: UUID, plain: bytes) -> dict[str, Any]:
    """What else of a row is made with the key in use, from what was sealed: for a change of keys."""
    subject, key_id = consent.proof(ring, newsletter_id, parse(plain.decode()))
    return {"subject": subject, "key_id": key_id}


def opened(ring: KeyRing, row: Request) -> Address:
    """Whose request it is; raises NotFound when that was let go."""
    if row.address is None:
        raise NotFound("the address of this request is not kept any more")
    plain = ring.open("request", row.address, bound_to=_bound(row.id), scope=row.newsletter_id)
    return parse(plain.decode())


def close(row: Request, state: State, now: datetime) -> None:
    """The end: the address goes, and of who is forgotten the pseudonym as well."""
    row.move_to(state)
    row.run_on(term.today(now))
    row.closed_at, row.address, row.unproven = now, None, None
    if row.kind == Kind.ERASURE and state != State.WITHDRAWN:
        row.subject = None


async def by_id(session: AsyncSession, request_id: UUID, *, lock: bool = False) -> Request:
    """The request of that id; raises NotFound. Whoever changes it, locks it."""
    query = select(Request).where(Request.id == request_id)
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound("there is no such request")
    return found


async def unfinished(session: AsyncSession) -> list[Request]:
    """Every request whose person has no answer yet, oldest first."""
    query = select(Request).where(Request.state.not_in(ENDS)).order_by(Request.received_on, Request.seq)
    return list(await session.scalars(query))


async def unproven(session: AsyncSession) -> list[Request]:
    """Every erasure that was carried out while the ledger was away, and has no certificate yet."""
    query = select(Request).where(Request.unproven.is_not(null())).order_by(Request.seq)
    return list(await session.scalars(query))


async def unproven_one(session: AsyncSession, request_id: UUID) -> Request | None:
    """One of those, for who makes its certificate; None when somebody else has it under way, or did it."""
    query = select(Request).where(Request.id == request_id, Request.unproven.is_not(null()))
    return await session.scalar(query.with_for_update(skip_locked=True))


async def finished(session: AsyncSession, limit: int) -> list[Request]:
    """The last ones that came to an end."""
    query = select(Request).where(Request.state.in_(ENDS)).order_by(Request.closed_at.desc()).limit(limit)
    return list(await session.scalars(query))


async def of(session: AsyncSession, known: Sequence[bytes]) -> list[Request]:
    """Every request under these pseudonyms, oldest first."""
    query = select(Request).where(Request.subject.in_(known)).order_by(Request.seq)
    return list(await session.scalars(query))
