"""Databases that one test after the other gets: emptied in between, which is much quicker than a new one.

Copying a database writes three hundred files, and hundreds of databases take minutes to throw away. One
whose shape a test has changed is not lent again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from tests.postgres import Server

# Everything that a test could have left behind beside rows.
SHAPE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT attrelid::regclass || attname || atttypid || attnotnull || atttypmod FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i'
    UNION ALL SELECT pg_get_constraintdef(oid) || conname FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger
) AS shape(part)
"""
TABLES = """
SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version'
"""
OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Lender:
    """The databases of one server that are free, by the template they were made from."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._free: dict[str, list[str]] = {}
        self._shapes: dict[str, str] = {}

    @contextlib.contextmanager
    def lent(self, like: str) -> Iterator[str]:
        """The URL of an empty database with the shape of a template."""
        free = self._free.setdefault(like, [])
        url = free.pop() if free else self._new(like)
        yield url
        if self._emptied(url, self._shapes[like]):
            free.append(url)
        else:
            self._server.drop_database(url)

    def _new(self, like: str) -> str:
        url = self._server.create_database(like=like)
        with _opened(url) as connection:
            self._shapes.setdefault(like, _value(connection, SHAPE))
        return url

    def _emptied(self, url: str, shape: str) -> bool:
        with _opened(url) as connection:
            connection.execute(OTHERS)
            if _value(connection, SHAPE) != shape:
                return False
            names = [sql.Identifier(row[0]) for row in connection.execute(TABLES)]
            everything = sql.SQL(", ").join(names)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(everything))
        return True


def _opened(url: str) -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _value(connection: psycopg.Connection[tuple[str]], query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
