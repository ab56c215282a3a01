"""Fills the holes of the ledger and of its copy, each from the other or from a copy that was found again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import audit
from app.domain.audit import Event
from app.domain.book import Book


async def fill(
    session: AsyncSession, book: Book, found: Path | None, *, actor: str, now: datetime
) -> tuple[int, int]:
    """How many ends the ledger got, and how many lines its copy; raises BookClosed.

    Who asked replays the ledger afterwards: what came back may be about people who are still here.
    """
    added, written = await book.fill(found)
    about = f"{added} put back, {written} copied"
    await audit.record(session, actor, Event.LEDGER_FILLED, about=about, now=now)
    return added, written
