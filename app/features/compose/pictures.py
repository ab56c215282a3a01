"""Pictures of an issue: cleaned before they are kept, weighed together, taken away when nobody needs them."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import changed
from app.core.errors import Invalid, Refused
from app.core.pictures import Cleaned
from app.domain import audit, edition, staff
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.issue import Image, Issue
from app.domain.staff import Role
from app.features.compose.desk import must_be_open

TOGETHER_MOST: Final = 300_000  # bytes: they travel inside every mail
KEPT_MOST: Final = 50  # of one issue, used or not: more is an archive and no newsletter
STEM_MOST: Final = 40  # characters of a file's own name, so that editors know it again
DIGEST: Final = 8  # hexadecimal characters behind it: two pictures of one name stay apart
ODD: Final = re.compile(r"[^A-Za-z0-9]+")


class Full(Invalid):
    """There are too many pictures with this issue already."""


async def keep(
    session: AsyncSession, issue: Issue, file: str, cleaned: Cleaned, *, author: str, now: datetime
) -> str:
    """Keep a cleaned picture with a draft; returns the name it has in the text."""
    await staff.must_be(session, author, Role.EDITOR)
    must_be_open(issue)
    name = _named(file, cleaned)
    kept = await issues.weights(session, issue.id)
    if name not in kept and len(kept) >= KEPT_MOST:
        raise Full(f"an issue keeps {KEPT_MOST} pictures; take away those that are not used")
    await put(session, issue, name, cleaned)
    await _note(session, issue, author, f"picture {name}", now)
    return name


def _named(file: str, cleaned: Cleaned) -> str:
    stem = ODD.sub("-", file.rpartition(".")[0] or file).strip("-").lower()[:STEM_MOST].rstrip("-")
    digest = hashlib.sha256(cleaned.content).hexdigest()[:DIGEST]
    return f"{stem or 'picture'}-{digest}.{cleaned.type.rpartition('/')[2]}"


async def put(session: AsyncSession, issue: Issue, name: str, cleaned: Cleaned) -> None:
    """In place of the picture of that name, if there is one."""
    row = Image(issue_id=issue.id, name=name, type=cleaned.type, content=cleaned.content)
    row.width, row.height = cleaned.width, cleaned.height
    await session.merge(row)


async def remove(session: AsyncSession, issue: Issue, name: str, *, author: str, now: datetime) -> None:
    """Take a picture away for good, out of a draft; one that the text shows stays."""
    await staff.must_be(session, author, Role.EDITOR)
    must_be_open(issue)
    if name in await used(session, issue):
        raise Refused("this picture is used in the text; take it out there first")
    if not await changed(session, delete(Image).where(Image.issue_id == issue.id, Image.name == name)):
        return  # it was pressed twice; what was never there is not put on record
    await _note(session, issue, author, f"picture {name} removed"[:120], now)


async def used(session: AsyncSession, issue: Issue) -> set[str]:
    """The names of the pictures that a text shows."""
    written = await edition.typed(session, issue.id)
    return {name for each in written.values() for name in each.pictures()}


async def weight(session: AsyncSession, issue: Issue) -> int:
    """What the pictures that are shown weigh together, in bytes."""
    weights = await issues.weights(session, issue.id)
    return sum(weights.get(name, 0) for name in await used(session, issue))


async def _note(session: AsyncSession, issue: Issue, author: str, reason: str, now: datetime) -> None:
    await audit.record(
        session, author, Event.ISSUE_WRITTEN, about=f"issue {issue.id}", reason=reason, now=now
    )
