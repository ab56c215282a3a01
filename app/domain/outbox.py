"""Mail to one person that waits to be sent: sealed, with its cause, for at most 24 hours.

A request writes a row; the worker opens it, decides what to send, sends it and deletes the row. A
mail to an address that has not confirmed exists nowhere else (promise 1).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, String, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import KeyRing
from app.core.database import Base, UtcTime
from app.core.register import Kind, Sealed, held, kept

LIVES = timedelta(hours=24)  # promise 1: then the row is deleted, sent or not
LENGTHS = (512, 1024, 4096, 16_384)  # sealed sizes, so that a row's size says nothing


class Purpose(StrEnum):
    """What a mail is for; what a sign-up turns out to be is decided by the worker."""

    SIGNUP = "signup"  # somebody filled in the sign-up form
    ASK = "ask"  # somebody asked for the link to their data
    ADDRESS = "address"  # a new address must say yes
    MOVED = "moved"  # the old address is told that the subscription moved
    STAFF = "staff"  # a reminder or warning for editors and officers
    TRIAL = "trial"  # an issue as a test, for colleagues
    REQUEST = "request"  # about a privacy request: goes out whatever is blocked, for the law asks it
    FINAL = "final"  # the approved issue, ten minutes ahead, for editors and approvers


class Mail(Base):
    """One sealed mail; forms write rows that look the same whoever the address belongs to."""

    __tablename__ = "outbox"
    __table_args__ = {
        "info": kept(
            what="A mail that waits to be sent",
            why="to send you the mail you asked for",
            until="until it is sent, 24 hours at most",
            length=LIVES,
            since="created_at",
        )
    }
    seq: Mapped[int] = mapped_column(primary_key=True, info=held(Kind.TECHNICAL, "order"))
    id: Mapped[UUID] = mapped_column(
        unique=True, default=uuid4, info=held(Kind.TECHNICAL, "makes the Message-ID")
    )
    content: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.ADDRESS, "whom to send what, sealed", Sealed("outbox"))
    )
    form: Mapped[bool] = mapped_column(info=held(Kind.TECHNICAL, "whether a visitor's form wrote it"))
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when"))
    due_at: Mapped[datetime] = mapped_column(UtcTime, index=True, info=held(Kind.TECHNICAL, "when to try"))
    attempts: Mapped[int] = mapped_column(default=0, info=held(Kind.TECHNICAL, "how often it was tried"))
    lease_owner: Mapped[str | None] = mapped_column(
        String(32), info=held(Kind.TECHNICAL, "which worker has it")
    )
    lease_until: Mapped[datetime | None] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "until when"))


def write(
    session: AsyncSession, ring: KeyRing, purpose: Purpose, content: dict[str, Any], now: datetime
) -> Mail:
    """Put a mail in the outbox, in the transaction of its cause."""
    mail = Mail(
        id=uuid4(),
        form=purpose in {Purpose.SIGNUP, Purpose.ASK},
        created_at=now,
        due_at=now,
        attempts=0,
    )
    plain = json.dumps({"purpose": purpose, **content}, ensure_ascii=False).encode()
    length = next(each for each in LENGTHS if each >= len(plain))
    mail.content = ring.seal("outbox", plain.ljust(length), bound_to=f"outbox|content|{mail.id.hex}")
    session.add(mail)
    return mail


def opened(ring: KeyRing, mail: Mail) -> dict[str, Any]:
    """What a row asks for; raises Unreadable when its key is gone."""
    plain = ring.open("outbox", mail.content, bound_to=f"outbox|content|{mail.id.hex}")
    content: dict[str, Any] = json.loads(plain)
    return content


async def drop_all(session: AsyncSession) -> None:
    """Empty the outbox: after a restore nobody knows which of these were sent."""
    await session.execute(delete(Mail))
