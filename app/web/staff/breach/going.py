"""How far the notice of a breach is with the readers of each newsletter, and what can be done now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import delivery
from app.domain.breach import Breach
from app.domain.issue import ENDED, Issue, State
from app.domain.newsletter import Newsletter

BUTTON = {State.SCHEDULED: "stop", State.SENDING: "stop", State.PAUSED: "go-on", State.APPROVED: "plan"}


@dataclass(frozen=True, slots=True)
class Going:
    """The notice to the readers of one newsletter."""

    issue: Issue
    title: str
    books: dict[str, int]

    @property
    def button(self) -> str | None:
        """The one step that helps now."""
        if self.issue.state == State.SENT and self.books["given_up"]:
            return "again"
        if self.issue.state == State.HELD:  # which had not begun is approved anew
            return "go-on" if self.issue.begun else None
        return BUTTON.get(State(self.issue.state))


async def of(db: AsyncSession, row: Breach) -> list[Going]:
    """All of them; none before the notice is approved."""
    found = [await db.get(Issue, UUID(hex=each)) for each in row.issues.values()]
    return [await _going(db, issue) for issue in found if issue is not None]


async def _going(db: AsyncSession, issue: Issue) -> Going:
    letter = await db.get_one(Newsletter, issue.newsletter_id)
    books = await delivery.books(db, issue.id)
    if issue.state in ENDED:  # the rows go after a while, the totals stay
        books |= {key: getattr(issue, key) or 0 for key in ("accepted", "refused", "left", "given_up")}
    return Going(issue, letter.title, books)
