"""A partner that may send in copy for a newsletter, by a link of their own, until a day.

Whoever has the link may send in and do nothing else. Here is only the hash of its random text, so a stolen
table opens nothing; an editor sees the link once, and makes another when it is lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid4

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from sqlalchemy import ForeignKey, LargeBinary, String, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime, changed
from app.core.errors import LinkProblem
from app.core.register import Kind, held, kept
from app.domain.dates import Day
from app.domain.newsletter import Newsletter
from app.domain.problem import Problem, problems
from app.domain.prose import no_address, one_line
from app.domain.session import TOKEN_BYTES, hash_of

ONE_DAY: Final = timedelta(days=1)
USUAL: Final = timedelta(days=30)  # a link for one issue
LONGEST: Final = timedelta(days=92)  # a quarter: then somebody looks again who still sends in
LISTED: Final = timedelta(days=30)  # so that who comes late reads that it is too late, and editors see why
NAME_MOST: Final = 100  # characters: the longest name of a ministry has 60
MOST: Final = 100  # open links of one newsletter: three for each of the 28 partners, and room for more


class Contributor(Base):
    """One link that was made for one organisation."""

    __tablename__ = "contributor"
    __table_args__ = {
        "info": kept(
            what="Links with which partners send in copy",
            why="so that a partner can send in without an account",
            until="30 days after it stopped working",
            length=LISTED,
            since="gone_at",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the link")
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, unique=True, info=held(Kind.TECHNICAL, "hash of the link's random text")
    )
    newsletter_id: Mapped[UUID] = mapped_column(
        ForeignKey("newsletter.id"), index=True, info=held(Kind.CONTENT, "which newsletter")
    )
    organisation: Mapped[str] = mapped_column(
        String(NAME_MOST), info=held(Kind.CONTENT, "which organisation sends in")
    )
    author: Mapped[str] = mapped_column(String(60), info=held(Kind.STAFF, "who made the link"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was made"))
    gone_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "until when it works"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.STAFF, "when an editor ended it before its day")
    )

    def works(self, now: datetime) -> bool:
        """Whether somebody can still send in with it."""
        return now < self.gone_at


class Wanted(BaseModel):
    """What an editor fills in for a link, once it is right."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    organisation: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_MOST),
        AfterValidator(one_line),
        AfterValidator(no_address),
    ]
    until: Day


def read(fields: Mapping[str, str], today: date) -> tuple[Wanted | None, dict[str, Problem]]:
    """What was filled in; or what is wrong, at its field."""
    filled = {name: typed for name in Wanted.model_fields if (typed := fields.get(name, "").strip())}
    try:
        wanted = Wanted.model_validate(filled)
    except ValidationError as error:
        return None, {each.where: each for each in problems(error)}
    if not today <= wanted.until <= today + LONGEST:
        return None, {"until": Problem("until", values={"most": LONGEST.days})}
    return wanted, {}


def new(letter: Newsletter, wanted: Wanted, *, author: str, now: datetime) -> tuple[Contributor, str]:
    """The row, and the random text of its link, which is nowhere else. Its last day counts whole."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    end = datetime.combine(wanted.until + ONE_DAY, time(), letter.zone)
    row = Contributor(
        id=uuid4(),
        hash=hash_of(token),
        newsletter_id=letter.id,
        organisation=wanted.organisation,
        author=author,
        created_at=now,
        gone_at=end.astimezone(UTC),
    )
    return row, token


async def opened(session: AsyncSession, token: str, now: datetime) -> tuple[Contributor, Newsletter]:
    """Whose link it is; raises LinkProblem. One that was withdrawn answers as one that never was ours."""
    query = select(Contributor, Newsletter).join(Newsletter, Newsletter.id == Contributor.newsletter_id)
    row = (await session.execute(query.where(Contributor.hash == hash_of(token)))).one_or_none()
    if row is None or row[0].withdrawn_at is not None:
        raise LinkProblem("void")
    if not row[0].works(now):
        raise LinkProblem("expired", slug=row[1].slug)
    return row[0], row[1]


async def every(session: AsyncSession) -> list[tuple[Contributor, Newsletter]]:
    """All links that are still listed, those that work longest first."""
    query = select(Contributor, Newsletter).join(Newsletter, Newsletter.id == Contributor.newsletter_id)
    rows = await session.execute(query.order_by(Contributor.gone_at.desc(), Contributor.organisation))
    return [(row[0], row[1]) for row in rows]


async def open_links(session: AsyncSession, newsletter_id: UUID, now: datetime) -> int:
    """How many links of a newsletter work now."""
    mine = Contributor.newsletter_id == newsletter_id, Contributor.gone_at > now
    return await session.scalar(select(func.count()).select_from(Contributor).where(*mine)) or 0


async def withdraw(session: AsyncSession, contributor_id: UUID, now: datetime) -> bool:
    """End it now; False when it had ended already."""
    works = Contributor.id == contributor_id, Contributor.gone_at > now
    return (
        await changed(session, update(Contributor).where(*works).values(withdrawn_at=now, gone_at=now)) == 1
    )
