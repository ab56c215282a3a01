"""The notice of a breach to readers of each newsletter: its words, how far it is, what can be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import delivery
from app.domain import issue as issues
from app.domain.breach import Breach
from app.domain.issue import ENDED, UNFINISHED, Issue, State
from app.domain.newsletter import Newsletter
from app.mail.compiled import Compiled
from app.mail.specimen import specimen
from app.web import letter as letters

MOVING = frozenset({State.SCHEDULED, State.SENDING})
BUTTON = {State.SCHEDULED: "stop", State.SENDING: "stop", State.PAUSED: "go-on", State.APPROVED: "plan"}


@dataclass(frozen=True, slots=True)
class Going:
    """The notice to the readers of one newsletter."""

    issue: Issue
    title: str
    books: dict[str, int]
    mails: dict[str, tuple[str, str]]  # by language: subject and text of the bytes that were approved

    @property
    def button(self) -> str | None:
        """The one step that helps now."""
        if self.issue.state == State.SENT and self.books["given_up"]:
            return "again"
        if self.issue.state == State.HELD:  # which had not begun is approved anew
            return "go-on" if self.issue.begun else None
        return BUTTON.get(State(self.issue.state))

    @property
    def can_end(self) -> bool:
        """Whether it can be ended for good: what goes out, or is about to, is stopped first."""
        return stands_still(self.issue)


def stands_still(issue: Issue) -> bool:
    """Whether nothing leaves of it, nor will by itself, and it is not over."""
    return issue.state in UNFINISHED and issue.state not in MOVING


async def of(db: AsyncSession, row: Breach) -> list[Going]:
    """All of them; none before the notice is approved."""
    found = [await db.get(Issue, UUID(hex=each)) for each in row.issues.values()]
    return [await _going(db, issue) for issue in found if issue is not None]


async def _going(db: AsyncSession, issue: Issue) -> Going:
    letter = await db.get_one(Newsletter, issue.newsletter_id)
    books = await delivery.books(db, issue.id)
    if issue.state in ENDED:  # the rows go after a while, the totals stay
        books |= {key: getattr(issue, key) or 0 for key in ("accepted", "refused", "left", "given_up")}
    frozen = await issues.frozen(db, issue.id)
    mails = {language: _said(frozen[language], issue.created_at) for language in sorted(frozen, reverse=True)}
    return Going(issue, letter.title, books, mails)


def _said(compiled: bytes, at: datetime) -> tuple[str, str]:
    """What readers get to read: not what the facts would say now."""
    mail = letters.read(specimen(Compiled.from_bytes(compiled), at))
    return str(mail["Subject"]), letters.part(mail, "plain") or ""
