"""A newsletter: what it is called, who sends it, how often, and who answers for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.calendar import Cadence
from app.core.database import Base, UtcTime
from app.core.errors import NotFound
from app.core.register import Kind, held, kept
from app.core.tokens import tag_of

DEFAULT_PACE = 20  # messages a second: relays and people can follow, and a stop button means something
ZONE = "Europe/Amsterdam"


class Newsletter(Base):
    """One newsletter; every one has keys of its own, derived from its id."""

    __tablename__ = "newsletter"
    __table_args__ = {
        "info": kept(
            what="The newsletter itself",
            why="it is what people subscribe to",
            until="as long as the newsletter exists",
        )
    }
    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, info=held(Kind.TECHNICAL, "identifies the newsletter")
    )
    slug: Mapped[str] = mapped_column(
        String(60), unique=True, info=held(Kind.CONTENT, "its name in web addresses")
    )
    title: Mapped[str] = mapped_column(String(120), info=held(Kind.CONTENT, "its name"))
    sender_name: Mapped[str] = mapped_column(String(120), info=held(Kind.CONTENT, "who sends it"))
    sender_address: Mapped[str] = mapped_column(
        String(254), info=held(Kind.CONTENT, "the address it is sent from")
    )
    language: Mapped[str] = mapped_column(String(2), info=held(Kind.CONTENT, "main language"))
    cadence: Mapped[str] = mapped_column(
        String(60), default="", info=held(Kind.CONTENT, "on which day it goes out")
    )
    pace: Mapped[int | None] = mapped_column(
        info=held(Kind.TECHNICAL, "messages a second; empty is unlimited")
    )
    reply_to: Mapped[str] = mapped_column(
        String(254), default="", info=held(Kind.CONTENT, "where answers go")
    )
    controller: Mapped[str] = mapped_column(
        String(500), default="", info=held(Kind.CONTENT, "who is responsible")
    )
    dpo: Mapped[str] = mapped_column(
        String(500), default="", info=held(Kind.CONTENT, "the data protection officer")
    )
    privacy_contact: Mapped[str] = mapped_column(
        String(500), default="", info=held(Kind.CONTENT, "where to ask about privacy")
    )
    postal_address: Mapped[str] = mapped_column(
        String(500), default="", info=held(Kind.CONTENT, "the sender's postal address")
    )
    processor: Mapped[str] = mapped_column(
        String(500), default="", info=held(Kind.CONTENT, "who sends and hosts on behalf of it")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when it was added"))

    @property
    def tag(self) -> bytes:
        """The part of the id that its links carry."""
        return tag_of(self.id)

    @property
    def zone(self) -> ZoneInfo:
        """The clock its slots follow."""
        return ZoneInfo(ZONE)

    @property
    def rhythm(self) -> Cadence | None:
        """The parsed cadence; None when issues have no fixed day."""
        return Cadence.parse(self.cadence) if self.cadence else None

    @property
    def unfilled(self) -> list[str]:
        """What the privacy statement needs and nobody has filled in yet."""
        fields = ("controller", "dpo", "privacy_contact", "postal_address", "processor")
        return [name for name in fields if not getattr(self, name)]


async def by_slug(session: AsyncSession, slug: str) -> Newsletter:
    """The newsletter of that name; raises NotFound."""
    found = await session.scalar(select(Newsletter).where(Newsletter.slug == slug))
    if found is None:
        raise NotFound(f"there is no newsletter '{slug[:60]}'; see: bode newsletter list")
    return found


async def by_tag(session: AsyncSession, tag: bytes) -> Newsletter | None:
    """The newsletter that a link's tag stands for."""
    for each in await session.scalars(select(Newsletter)):
        if each.tag == tag:
            return each
    return None


async def every(session: AsyncSession) -> list[Newsletter]:
    """All newsletters, oldest first."""
    return list(await session.scalars(select(Newsletter).order_by(Newsletter.created_at)))


async def paces(session: AsyncSession) -> dict[UUID, int | None]:
    """How many letters a second each newsletter may send now; None: as many as it can."""
    found = await session.execute(select(Newsletter.id, Newsletter.pace))
    return {row.id: row.pace for row in found}


async def titles(session: AsyncSession) -> dict[str, str]:
    """What people call each newsletter, by its short name."""
    return {each.slug: each.title for each in await every(session)}
