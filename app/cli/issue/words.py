"""How an issue is shown on a command line, to a script and to a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.domain import issue as issues
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter

MINUTE, HOUR = 60, 3600  # seconds

IssueId = Annotated[str, typer.Argument(metavar="ID", help="Which issue; see: bode issue list.")]


async def find(session: AsyncSession, text: str, *, lock: bool = False) -> Issue:
    """The issue of that id; raises NotFound, which says where to look."""
    try:
        number = UUID(text)
    except ValueError:
        raise NotFound("this is not the id of an issue; see: bode issue list") from None
    return await issues.get(session, number, lock=lock)


async def described(session: AsyncSession, issue: Issue) -> dict[str, Any]:
    """What a script may want to know of any issue."""
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    return {
        "id": str(issue.id),
        "newsletter": letter.slug,
        "number": issue.number,
        "state": str(issue.state),
        "author": issue.author,
        "approver": issue.approver,
        "approved_at": iso(issue.approved_at),
        "due_at": iso(issue.due_at),
        "period": issue.period,
        "started_at": iso(issue.started_at),
        "closed_at": iso(issue.closed_at),
        "reason": issue.reason,
    }


def iso(at: datetime | None) -> str | None:
    """A moment for scripts, in UTC."""
    return None if at is None else at.isoformat()


def local(at: str | None, letter: Newsletter) -> str:
    """A moment for people, on the newsletter's clock."""
    if at is None:
        return "-"
    return f"{datetime.fromisoformat(at).astimezone(letter.zone):%Y-%m-%d %H:%M %Z}"


def speed(rate: float) -> str:
    """Messages a second, for people."""
    return f"{rate:.1f} a second"


def length(seconds: float) -> str:
    """How long something takes, for people: in the largest two units."""
    hours, rest = divmod(round(seconds), HOUR)
    minutes, small = divmod(rest, MINUTE)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {small} s" if minutes else f"{small} s"


def on_the_clock(told: dict[str, Any], letter: Newsletter) -> dict[str, Any]:
    """The same, with every moment as people read it."""
    return {name: local(each, letter) if name.endswith("_at") else each for name, each in told.items()}


def table(rows: dict[str, Any]) -> str:
    """Names and values below each other, in line."""
    width = max(len(name) for name in rows)
    return "\n".join(f"{name:<{width}}  {'-' if value is None else value}" for name, value in rows.items())
