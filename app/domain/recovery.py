"""Recovery codes: ten texts on paper for the day that a phone is gone; each works once.

Only hashes are kept. A code has 120 random bits, so a plain hash is enough (ASVS 6.5.2).
"""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, UtcTime, changed
from app.core.onetime import plain, spaced
from app.core.register import Kind, held, kept
from app.domain.session import hash_of

MANY: Final = 10  # a card full
CODE_BYTES: Final = 15  # 24 characters of base32, without a padding sign


class RecoveryCode(Base):
    """One code that was not used yet."""

    __tablename__ = "recovery_code"
    __table_args__ = {
        "info": kept(
            what="Recovery codes of staff",
            why="to get in when a phone is lost",
            until="until it is used or replaced",
        )
    }
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, primary_key=True, info=held(Kind.TECHNICAL, "hash of the code")
    )
    staff_id: Mapped[UUID] = mapped_column(
        ForeignKey("staff.id"), index=True, info=held(Kind.STAFF, "whose code it is")
    )
    created_at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.STAFF, "when it was given out"))


async def renew(session: AsyncSession, staff_id: UUID, now: datetime) -> list[str]:
    """Ten new codes instead of all old ones, to be shown once."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
    codes = [base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _ in range(MANY)]
    session.add_all(RecoveryCode(hash=hash_of(code), staff_id=staff_id, created_at=now) for code in codes)
    return [spaced(code).replace(" ", "-") for code in codes]


async def use(session: AsyncSession, staff_id: UUID, typed: str) -> bool:
    """Take a code; False when it is none of theirs, or was used."""
    wanted = RecoveryCode.hash == hash_of(plain(typed))
    return await changed(session, delete(RecoveryCode).where(wanted, RecoveryCode.staff_id == staff_id)) == 1


async def left(session: AsyncSession, staff_id: UUID) -> int:
    """How many there are still."""
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.staff_id == staff_id)
    return await session.scalar(query) or 0
