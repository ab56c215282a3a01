"""The number of a privacy request or case: people say it on the telephone, without any address."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.request import Request

DIGITS = 6  # of a number by chance: it tells nobody how many requests there are
CASE = re.compile(r"[A-Z]{1,4}-20[0-9]{2}-[0-9]{1,8}")  # ours, or one of the organisation's own


async def free(session: AsyncSession, year: int) -> str:
    """A number that no request has."""
    while True:
        number = f"V-{year}-{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if await session.scalar(select(Request.seq).where(Request.number == number)) is None:
            return number
