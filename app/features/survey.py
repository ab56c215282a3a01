"""Says what each key is still used by: read from the tables themselves, for people who look after keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, MetaData, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import crypto, register

KEY_ID = "key_id"  # what every table calls the key that a row was made with
BEGIN, LENGTH = 2, len(crypto.head("00000000")) - 1  # where a sealed value tells its key


async def uses(session: AsyncSession, metadata: MetaData) -> dict[str, dict[str, int]]:
    """For each key: how many rows of which table were made with it."""
    found: dict[str, Counter[str]] = {}
    for table, key in _keyed(metadata):
        for value, count in (await session.execute(select(key, func.count()).group_by(key))).all():
            if value is not None:
                found.setdefault(_id(value), Counter())[table.name] += count
    return {key_id: dict(tables) for key_id, tables in found.items()}


def _keyed(metadata: MetaData) -> Iterator[tuple[Table, ColumnElement[Any]]]:
    """A table names the key, or what it holds sealed begins with it."""
    for table in metadata.sorted_tables:
        if KEY_ID in table.c:
            yield table, table.c[KEY_ID]
    for table, column, _ in register.sealed(metadata):
        if KEY_ID not in table.c:
            yield table, func.substr(table.c[column], BEGIN, LENGTH, type_=LargeBinary)


def _id(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()
