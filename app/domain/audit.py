"""The trail of everything staff and the service did, in a chain that shows every change.

It cannot hold an address: an event is one of a fixed list, what it is about is an identifier, and
reasons are chosen from a list and carry a case number, not free text (promise 12).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core import chain
from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime
from app.core.errors import Invalid
from app.core.faults import Unkeyed, lacks
from app.core.names import ACCENTED
from app.core.register import Kind, held, kept

SEAL = 32  # bytes of HMAC-SHA-256
SAFE = re.compile(rf"[A-Za-z0-9{ACCENTED} .,:;_/+()'-]{{0,120}}")  # no @: an address cannot be written


class Event(StrEnum):
    """What can be on record; each is written somewhere, which a test checks."""

    NEWSLETTER_ADDED = "newsletter.added"
    NEWSLETTER_CHANGED = "newsletter.changed"
    STAFF_ADDED = "staff.added"
    STAFF_DISABLED = "staff.disabled"
    STAFF_ROLES_CHANGED = "staff.roles_changed"
    STAFF_LINKED = "staff.linked"
    STAFF_AWAY = "staff.away"
    STAFF_BACK = "staff.back"
    STAFF_REVIEWED = "staff.reviewed"
    STAFF_INVITED = "staff.invited"
    STAFF_ENROLLED = "staff.enrolled"
    STAFF_SIGNED_IN = "staff.signed_in"
    STAFF_REFUSED_OFTEN = "staff.refused_often"
    STAFF_PASSWORD_CHANGED = "staff.password_changed"  # noqa: S105  (the word, not one)
    STAFF_FACTOR_CHANGED = "staff.factor_changed"
    STAFF_CODES_RENEWED = "staff.codes_renewed"
    WORK_HANDED_OVER = "work.handed_over"
    ISSUE_BEGUN = "issue.begun"
    ISSUE_CORRECTED = "issue.corrected"
    ISSUE_WRITTEN = "issue.written"
    ISSUE_IMPORTED = "issue.imported"
    ISSUE_LINKS_ASKED = "issue.links_asked"
    ISSUE_SEEN = "issue.seen"
    ISSUE_SIGHT_ASKED = "issue.sight_asked"
    ISSUE_SUBMITTED = "issue.submitted"
    ISSUE_RETURNED = "issue.returned"
    ISSUE_TRIED = "issue.tried"
    ISSUE_APPROVED = "issue.approved"
    ISSUE_APPROVAL_VOIDED = "issue.approval_voided"
    ISSUE_SCHEDULED = "issue.scheduled"
    ISSUE_UNPLANNED = "issue.unplanned"
    ISSUE_STARTED = "issue.started"
    ISSUE_PAUSED = "issue.paused"
    ISSUE_RESUMED = "issue.resumed"
    ISSUE_CANCELLED = "issue.cancelled"
    ISSUE_HELD = "issue.held"
    ISSUE_SENT = "issue.sent"
    ISSUE_RESENT = "issue.resent"
    ISSUE_WITHDRAWN = "issue.withdrawn"
    ISSUE_BLANKED = "issue.blanked"
    ISSUE_PUT_BACK = "issue.put_back"
    ISSUE_EXPORTED = "issue.exported"
    COPY_LINK_MADE = "copy.link_made"
    COPY_LINK_WITHDRAWN = "copy.link_withdrawn"
    COPY_RECEIVED = "copy.received"
    COPY_USED = "copy.used"
    COPY_REMOVED = "copy.removed"
    SLOT_MISSED = "slot.missed"
    SLOT_SKIPPED = "slot.skipped"
    SLOT_REOPENED = "slot.reopened"
    SUBSCRIBER_ERASED = "subscriber.erased"
    REQUEST_RECEIVED = "request.received"
    REQUEST_IDENTITY_ASKED = "request.identity_asked"
    REQUEST_IDENTITY_KNOWN = "request.identity_known"
    REQUEST_EXTENDED = "request.extended"
    REQUEST_CARRIED_OUT = "request.carried_out"
    REQUEST_REFUSED = "request.refused"
    REQUEST_COPY_SHOWN = "request.copy_shown"
    REQUEST_RETURNED = "request.returned"
    REQUEST_ANSWERED_AGAIN = "request.answered_again"
    REQUEST_CLOSED = "request.closed"
    REQUEST_WARNED = "request.warned"
    REPLY_CARRIED_OUT = "reply.carried_out"
    COMPLAINT_RECORDED = "complaint.recorded"
    BLOCK_LIFTED = "block.lifted"
    BREACH_RECORDED = "breach.recorded"
    BREACH_AMENDED = "breach.amended"
    BREACH_REPORTED = "breach.reported"
    BREACH_UNREPORTED = "breach.unreported"
    BREACH_WARNED = "breach.warned"
    BREACH_NOTICE_WRITTEN = "breach.notice_written"
    BREACH_NOTICE_APPROVED = "breach.notice_approved"
    BREACH_CLOSED = "breach.closed"
    ADDRESS_LOOKED_UP = "address.looked_up"
    RESTORE_NOTICED = "restore.noticed"
    RESTORE_DRILLED = "restore.drilled"
    LEDGER_CAUGHT_UP = "ledger.caught_up"
    LEDGER_FILLED = "ledger.filled"
    TRAIL_EXPORTED = "trail.exported"
    SUPERVISION_TAKEN = "supervision.taken"
    RETENTION_RUN = "retention.run"
    INTAKE_BEGUN = "intake.begun"
    INTAKE_RELEASED = "intake.released"
    INTAKE_REFUSED = "intake.refused"
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


async def happened(session: AsyncSession, event: Event, about: str) -> bool:
    """Whether this is on record of it already."""
    query = select(Record.seq).where(Record.event == event, Record.about == about).limit(1)
    return await session.scalar(query) is not None


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


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the trail had come at some moment, under a key, as the ledger keeps it in its own database.

    Whoever rewrites what came since the last signed point needs the key for a seal that fits.
    """

    seq: int
    seal: bytes  # begins with its key; what was sealed before it did, is of any

    @property
    def key(self) -> str | None:
        """The key that sealed it, if it says so."""
        return self.seal[:-SEAL].hex() or None

    def fault(self, ring: KeyRing, found: bytes | None) -> str | None:
        """What is wrong when the record at that place now has this hash; None when it is what was sealed."""
        if self.key and lacks(ring, self.key):
            return Unkeyed(f"what the ledger saw of record {self.seq} is sealed", self.key)
        known = [self.key] if self.key and ring.has(self.key) else ring.ids
        seals = [_seal(ring, each, self.seq, found)[-SEAL:] for each in known] if found is not None else []
        if any(hmac.compare_digest(each, self.seal[-SEAL:]) for each in seals):
            return None
        return f"record {self.seq} is not the one that the ledger saw: the trail was rewritten"


def _seal(ring: KeyRing, key_id: str, seq: int, found: bytes) -> bytes:
    told = f"{seq}|".encode() + found
    return bytes.fromhex(key_id) + ring.mac("trail", told, key_id=key_id, scope=None)


async def see(session: AsyncSession, ring: KeyRing, before: Seen | None) -> Seen | None:
    """The end of the trail, for the ledger; None when what was seen before cannot be found again."""
    head = await session.get(Head, CHAIN.name)
    if head is None or (before is not None and before.fault(ring, await _hash(session, before.seq))):
        return None
    return Seen(head.seq, _seal(ring, ring.active, head.seq, head.hash))


async def verify(session: AsyncSession, ring: KeyRing, seen: Seen | None) -> list[str]:
    """What is wrong with the trail, in words; `seen` is what the ledger saw of it last."""
    faults = await chain.verify(session, CHAIN, ring)
    if seen is not None and (fault := seen.fault(ring, await _hash(session, seen.seq))):
        faults.append(fault)
    return faults


async def _hash(session: AsyncSession, seq: int) -> bytes | None:
    found: bytes | None = await session.scalar(select(Record.hash).where(Record.seq == seq))
    return found


async def latest(session: AsyncSession, event: Event, about: str) -> Record | None:
    """Who did this to it last, and when."""
    query = select(Record).where(Record.event == event, Record.about == about)
    return (await session.scalars(query.order_by(Record.seq.desc()).limit(1))).one_or_none()
