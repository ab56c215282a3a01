"""The trail of everything staff and the service did, in a chain that shows every change.

It cannot hold an address: an event is one of a fixed list, what it is about is an identifier, and
reasons are chosen from a list and carry a case number, not free text (promise 12).
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import chain
from app.core.database import Base, UtcTime
from app.core.errors import Invalid
from app.core.register import Kind, held, kept

SAFE = re.compile(r"[A-Za-z0-9 .,:;_/+()'-]{0,120}")  # no @: an address cannot be written


class Event(StrEnum):
    """What can be on record; each is written somewhere, which a test checks."""

    NEWSLETTER_ADDED = "newsletter.added"
    STAFF_ADDED = "staff.added"
    STAFF_DISABLED = "staff.disabled"
    STAFF_ROLES_CHANGED = "staff.roles_changed"
    STAFF_LINKED = "staff.linked"
    STAFF_REVIEWED = "staff.reviewed"
    STAFF_INVITED = "staff.invited"
    STAFF_ENROLLED = "staff.enrolled"
    STAFF_SIGNED_IN = "staff.signed_in"
    STAFF_REFUSED_OFTEN = "staff.refused_often"
    STAFF_PASSWORD_CHANGED = "staff.password_changed"  # noqa: S105  (the word, not one)
    STAFF_FACTOR_CHANGED = "staff.factor_changed"
    STAFF_CODES_RENEWED = "staff.codes_renewed"
    ISSUE_IMPORTED = "issue.imported"
    ISSUE_SUBMITTED = "issue.submitted"
    ISSUE_APPROVED = "issue.approved"
    ISSUE_APPROVAL_VOIDED = "issue.approval_voided"
    ISSUE_SCHEDULED = "issue.scheduled"
    ISSUE_STARTED = "issue.started"
    ISSUE_PAUSED = "issue.paused"
    ISSUE_RESUMED = "issue.resumed"
    ISSUE_CANCELLED = "issue.cancelled"
    ISSUE_HELD = "issue.held"
    ISSUE_SENT = "issue.sent"
    ISSUE_RESENT = "issue.resent"
    SLOT_MISSED = "slot.missed"
    SLOT_SKIPPED = "slot.skipped"
    SUBSCRIBER_ERASED = "subscriber.erased"
    RESTORE_NOTICED = "restore.noticed"
    RETENTION_RUN = "retention.run"
    INTAKE_BEGUN = "intake.begun"
    INTAKE_RELEASED = "intake.released"
    INTAKE_ENDED = "intake.ended"
    KEY_ACTIVATED = "key.activated"
    KEYS_ROTATED = "keys.rotated"


class Record(Base):
    """One thing that was done."""

    __tablename__ = "audit"
    __table_args__ = {
        "info": kept(
            what="What staff and the service did",
            why="to be able to show who did what",
            until="as long as the service exists",
        )
    }
    seq: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, info=held(Kind.TECHNICAL, "place in the chain")
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "shows that nothing was changed")
    )
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when"))
    actor: Mapped[str] = mapped_column(String(120), info=held(Kind.STAFF, "who did it"))
    event: Mapped[Event] = mapped_column(String(40), info=held(Kind.STAFF, "what was done"))
    about: Mapped[str] = mapped_column(String(120), info=held(Kind.STAFF, "to what, by its number"))
    reason: Mapped[str] = mapped_column(
        String(120), info=held(Kind.STAFF, "why: a word from a list and a case number")
    )

    def covered(self) -> dict[str, Any]:
        """What the chain protects."""
        return {
            "at": self.at.isoformat(),
            "actor": self.actor,
            "event": str(self.event),
            "about": self.about,
            "reason": self.reason,
        }


class Head(chain.HeadColumns, Base):
    """The end of the trail."""

    __tablename__ = "audit_head"
    __table_args__ = {
        "info": kept(what="The end of the trail", why="to add to it", until="as long as it exists")
    }


class Checkpoint(chain.CheckpointColumns, Base):
    """A signed statement of how far the trail had come."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = {
        "info": kept(
            what="Signed points of the trail",
            why="to prove that nothing was changed",
            until="as long as the trail exists",
        )
    }


CHAIN = chain.Tables("audit", Record, Head, Checkpoint)


def checked(*, actor: str, about: str, reason: str) -> None:
    """Raise Invalid for words that could hold an address."""
    if not all(SAFE.fullmatch(each) for each in (actor, about, reason)):
        raise Invalid("the audit trail takes names, numbers and listed reasons only")


async def record(
    session: AsyncSession,
    actor: str,
    event: Event,
    *,
    about: str = "",
    reason: str = "",
    now: datetime,
) -> None:
    """Put something on record; raises Invalid when a field could hold an address."""
    checked(actor=actor, about=about, reason=reason)
    row = Record(at=now, actor=actor, event=event, about=about, reason=reason)
    await chain.append(session, Head, "audit", row)
