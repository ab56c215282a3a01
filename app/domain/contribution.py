"""Copy that a partner sent in: plain text that waits in the tray until an editor puts it into an issue.

It is written by somebody without an account, so it is read as words and never as Markdown, and an e-mail
address in it is refused: where the text goes, everybody who makes the newsletter can read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from sqlalchemy import JSON, ForeignKey, String, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import commonmark
from app.core.database import Base, UtcTime, changed
from app.core.register import Kind, held, kept
from app.domain import prose
from app.domain.dates import Clock, Day
from app.domain.problem import Problem, problems, refusal
from app.domain.prose import Link, Phrase, no_address
from app.domain.typed import Piece

TEXT_MOST: Final = 3_000  # characters: a page and a half, and a newsletter has one paragraph for it
SENDER_MOST: Final = 80  # characters: a name and what somebody does there
WAITS: Final = timedelta(days=90)  # three issues of a monthly letter: what is not in it by then is no news
STAYS: Final = timedelta(days=30)  # after it was used: until the issue has gone out, and somebody may ask
SHOWN: Final = 40  # in the tray at once: more than a newsletter has room for


class Contribution(Base):
    """One text as it came in."""

    __tablename__ = "contribution"
    __table_args__ = {
        "info": kept(
            what="Copy that partners sent in",
            why="so that editors can put it into an issue",
            until="90 days; once it was put into an issue 30 days",
            length=timedelta(0),
            since="gone_at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the text")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), index=True, info=held(Kind.CONTENT, "for which newsletter")
    )
    organisation: Mapped[str] = mapped_column(
        String(100), info=held(Kind.CONTENT, "from which organisation it came")
    )
    sender: Mapped[str] = mapped_column(
        String(SENDER_MOST), info=held(Kind.PARTNER, "whom the editors can ask about it")
    )
    language: Mapped[str] = mapped_column(
        String(2), info=held(Kind.CONTENT, "in which language the form was filled in")
    )
    content: Mapped[dict[str, Any]] = mapped_column(
        JSON, info=held(Kind.CONTENT, "title, text, link, and day and place of an event")
    )
    received_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.PARTNER, "when it came in"))
    used_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when it was put into an issue")
    )
    used_by: Mapped[str | None] = mapped_column(String(60), info=held(Kind.STAFF, "who put it into an issue"))
    issue_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("issue.id"), index=True, info=held(Kind.CONTENT, "into which issue it was put")
    )
    gone_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it is deleted"))

    @property
    def kind(self) -> str:
        """Which block it makes: what has a day is an event, what has a link an article."""
        return "event" if "starts_on" in self.content else "article" if "link" in self.content else "text"

    @property
    def day(self) -> date | None:
        """On which day the event is."""
        on = self.content.get("starts_on")
        return date.fromisoformat(on) if on else None

    @property
    def piece(self) -> Piece:
        """The block: the words as they were typed, for an editor to go on with."""
        text = commonmark.literal(str(self.content["text"]))
        headed = f"**{commonmark.literal(str(self.content['title']))}**\n\n{text}"
        return Piece.of({**self.content, "kind": self.kind, "summary": text, "markdown": headed})


def _plain(value: str) -> str:
    if prose.unseen(value, allowed="\n\t"):
        raise refusal("characters")
    return value


def _https(value: object) -> object:
    if not str(value).startswith("https://"):
        raise refusal("https_only")
    return value


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=TEXT_MOST),
    BeforeValidator(prose.same_line_ends),
    AfterValidator(_plain),
    AfterValidator(no_address),
]
Line = Annotated[Phrase, AfterValidator(no_address)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=SENDER_MOST),
    AfterValidator(prose.one_line),
    AfterValidator(no_address),
]


class Written(BaseModel):
    """What a partner fills in, once it is right."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    title: Line
    text: Words
    link: Annotated[Link, BeforeValidator(_https), AfterValidator(no_address)] | None = None
    starts_on: Day | None = None
    starts_at: Clock | None = None
    place: Line | None = None
    sender: Name


def read(fields: Mapping[str, str], today: date) -> tuple[Written | None, dict[str, Problem]]:
    """What was filled in; or everything that is wrong, each at its field."""
    filled = {name: typed for name in Written.model_fields if (typed := fields.get(name, "").strip())}
    wrong = {name: Problem("event_half") for name in _lacking(filled)}
    try:
        written = Written.model_validate(filled)
    except ValidationError as error:
        return None, wrong | {each.where: each for each in problems(error)}
    if written.starts_on and written.starts_on < today:
        wrong["starts_on"] = Problem("past")
    return (None, wrong) if wrong else (written, {})


def _lacking(filled: Mapping[str, str]) -> list[str]:
    """What an event lacks; without any of these three it is none."""
    if not {"starts_on", "starts_at", "place"} & filled.keys():
        return []
    return [name for name in ("starts_on", "place") if name not in filled]


async def same(session: AsyncSession, row: Contribution) -> bool:
    """Whether this very text came in already: a page that is loaded again sends its form again."""
    query = select(Contribution).where(
        Contribution.newsletter_id == row.newsletter_id,
        Contribution.organisation == row.organisation,
        Contribution.received_at > row.received_at - timedelta(days=1),
    )
    return any(each.content == row.content for each in await session.scalars(query))


async def waiting(session: AsyncSession, newsletter_id: UUID) -> list[Contribution]:
    """What nobody has used yet, the oldest first, as much as a tray shows."""
    query = select(Contribution).where(*_waits(newsletter_id))
    return list(await session.scalars(query.order_by(Contribution.received_at).limit(SHOWN)))


async def count(session: AsyncSession, newsletter_id: UUID) -> int:
    """How much waits."""
    query = select(func.count()).select_from(Contribution)
    return await session.scalar(query.where(*_waits(newsletter_id))) or 0


def _waits(newsletter_id: UUID) -> tuple[Any, ...]:
    return Contribution.newsletter_id == newsletter_id, Contribution.used_at.is_(None)


async def used_in(session: AsyncSession, issue_id: UUID) -> list[Contribution]:
    """What was put into an issue, the last one first."""
    query = select(Contribution).where(Contribution.issue_id == issue_id)
    return list(await session.scalars(query.order_by(Contribution.used_at.desc())))


async def use(
    session: AsyncSession,
    newsletter_id: UUID,
    contribution_id: UUID,
    issue_id: UUID,
    *,
    author: str,
    now: datetime,
) -> Contribution | None:
    """Take it out of the tray for an issue; None when somebody else was first."""
    waits = Contribution.id == contribution_id, *_waits(newsletter_id)
    values = {"used_at": now, "used_by": author, "issue_id": issue_id, "gone_at": now + STAYS}
    if not await changed(session, update(Contribution).where(*waits).values(values)):
        return None
    return await session.get_one(Contribution, contribution_id, populate_existing=True)


async def remove(session: AsyncSession, newsletter_id: UUID, contribution_id: UUID) -> bool:
    """Set it aside: it is gone. False when it was not waiting any more."""
    waits = Contribution.id == contribution_id, *_waits(newsletter_id)
    return await changed(session, delete(Contribution).where(*waits)) == 1
