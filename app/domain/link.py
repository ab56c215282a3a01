"""The web addresses in an issue that is being written, and whether the page behind each is there.

Somebody asks for it by a button; the worker looks. An answer is about an address and not about a reader:
nothing here says who follows which link, and nobody measures that.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime
from app.core.register import Kind, held, kept
from app.domain import edition
from app.domain.content import Content

KEPT: Final = timedelta(days=30)  # a page that was there a month ago says nothing about today
MOST: Final = 200  # addresses of one issue that are looked at: more is no newsletter


class Verdict(StrEnum):
    """What became of a look at an address."""

    WORKS = "works"
    MOVED = "moved"  # for good, to another address
    DEAD = "dead"  # the site or the page does not exist
    INSECURE = "insecure"  # ends at an address without https
    INNER = "inner"  # leads to an address that is not on the public internet
    UNSURE = "unsure"  # no answer that says either


class Look(Base):
    """One address of one issue, and what was found there."""

    __tablename__ = "look"
    __table_args__ = {
        "info": kept(
            what="Whether the links of an issue work",
            why="so that no reader follows a link that is dead",
            until="30 days after it was asked",
            length=KEPT,
            since="asked_at",
        )
    }
    issue_id: Mapped[UUID] = mapped_column(
        ForeignKey("issue.id"), primary_key=True, info=held(Kind.CONTENT, "of which issue")
    )
    digest: Mapped[str] = mapped_column(
        String(64), primary_key=True, info=held(Kind.CONTENT, "hash of the web address, to find it by")
    )
    address: Mapped[str] = mapped_column(String(2000), info=held(Kind.CONTENT, "the web address"))
    asked_at: Mapped[datetime] = mapped_column(
        UtcTime, index=True, info=held(Kind.CONTENT, "when somebody asked to look")
    )
    looked_at: Mapped[datetime | None] = mapped_column(
        UtcTime, info=held(Kind.CONTENT, "when it was looked at")
    )
    verdict: Mapped[Verdict | None] = mapped_column(String(10), info=held(Kind.CONTENT, "what was found"))
    leads_to: Mapped[str | None] = mapped_column(
        String(2000), info=held(Kind.CONTENT, "the address it has moved to")
    )


async def wanted(session: AsyncSession, issue_id: UUID) -> list[str]:
    """The web addresses of an issue as it is now."""
    return await asyncio.to_thread(addresses, (await edition.whole(session, issue_id)).values())


def addresses(editions: Iterable[Content]) -> list[str]:
    """The web addresses of an issue, each once; a mailbox cannot be looked at."""
    found = (link.address for content in editions for link in content.links_at())
    return list(dict.fromkeys(each for each in found if each.startswith("https://")))[:MOST]


def digest(address: str) -> str:
    """What stands for an address in a key: some are too long for one."""
    return hashlib.sha256(address.encode()).hexdigest()


async def ask(session: AsyncSession, issue_id: UUID, wanted: list[str], now: datetime) -> None:
    """Have these addresses looked at, and forget what was known of others.

    What was found before stands until there is a new answer: a dead link goes on keeping approval back.
    """
    mine = Look.issue_id == issue_id
    await session.execute(delete(Look).where(mine, Look.address.not_in(wanted)))
    before = set(await session.scalars(select(Look.address).where(mine)))
    await session.execute(update(Look).where(mine).values(asked_at=now, looked_at=None))
    session.add_all(
        Look(issue_id=issue_id, digest=digest(each), address=each, asked_at=now)
        for each in wanted
        if each not in before
    )


async def known(session: AsyncSession, issue_id: UUID) -> dict[str, Look]:
    """What is known of each address of an issue; without a verdict it is still to be looked at."""
    rows = await session.scalars(select(Look).where(Look.issue_id == issue_id))
    return {row.address: row for row in rows}


async def waiting(session: AsyncSession, most: int) -> list[Look]:
    """Addresses that nobody has looked at yet, those asked for first before others."""
    query = select(Look).where(Look.looked_at.is_(None)).order_by(Look.asked_at, Look.digest).limit(most)
    return list(await session.scalars(query))
