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
    """For each key: how many rows of which table were made with it; a row counts once for a key."""
    found: dict[str, Counter[str]] = {}
    for table, keys in _keyed(metadata):
        for *values, count in (await session.execute(select(*keys, func.count()).group_by(*keys))).all():
            for key_id in {_id(each) for each in values if each is not None}:
                found.setdefault(key_id, Counter())[table.name] += count
    return {key_id: dict(tables) for key_id, tables in found.items()}


def _keyed(metadata: MetaData) -> Iterator[tuple[Table, list[ColumnElement[Any]]]]:
    """A table names the key, or all that it holds sealed begins with one."""
    sealed: dict[Table, list[ColumnElement[Any]]] = {}
    for table, column, _ in register.sealed(metadata):
        begins = func.substr(table.c[column], BEGIN, LENGTH, type_=LargeBinary)
        sealed.setdefault(table, []).append(begins)
    for table in metadata.sorted_tables:
        if KEY_ID in table.c:
            yield table, [table.c[KEY_ID]]
        elif table in sealed:
            yield table, sealed[table]


def _id(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()
