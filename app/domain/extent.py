"""How much there is about readers: which kinds of data, and how many records of each (GDPR Art. 33(3)(a))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import register
from app.core.database import Base
from app.core.errors import BookClosed
from app.domain import newsletter
from app.domain.book import Book
from app.domain.issue import Issue
from app.domain.ledger import LedgerBase


def kinds() -> dict[str, str]:
    """What there is about readers, by table, in the words of the register."""
    return {
        table.name: entry.what
        for metadata in (Base.metadata, LedgerBase.metadata)
        for table, entry, columns in register.entries(metadata)
        if register.personal(columns)
    }


async def rows(
    session: AsyncSession, book: Book, slugs: Iterable[str], names: Iterable[str]
) -> dict[str, int]:
    """How many records of these kinds there are of these newsletters, in a kind that is of one; else of all.

    The ledger's are left out while it is away: a report may be completed later (Art. 33(4)).
    """
    chosen = set(slugs)
    ids = [each.id for each in await newsletter.every(session) if each.slug in chosen]
    here = {name: Base.metadata.tables[name] for name in names if name in Base.metadata.tables}
    there = {name: LedgerBase.metadata.tables[name] for name in names if name in LedgerBase.metadata.tables}
    counted = await _count(session, here, ids)
    try:
        return counted | await book.look(lambda ledger: _count(ledger, there, ids))
    except BookClosed:
        return counted


async def _count(session: AsyncSession, tables: dict[str, Table], ids: Sequence[UUID]) -> dict[str, int]:
    return {name: await session.scalar(_of(table, ids)) or 0 for name, table in tables.items()}


def _of(table: Table, ids: Sequence[UUID]) -> Select[int]:
    query = select(func.count()).select_from(table)
    if "newsletter_id" in table.c:
        return query.where(table.c.newsletter_id.in_(ids))
    if "newsletter" in table.c:  # the ledger has it as text
        return query.where(table.c.newsletter.in_([each.hex for each in ids]))
    if "issue_id" in table.c:
        theirs = select(Issue.id).where(Issue.newsletter_id.in_(ids))
        return query.where(table.c.issue_id.in_(theirs))
    return query
