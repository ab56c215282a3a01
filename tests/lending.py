"""Databases that one test after the other gets: emptied in between, which is much quicker than a new one.

Copying a database writes three hundred files, and hundreds of databases take minutes to throw away. One
whose shape a test has changed is not lent again, nor one that has grown. Rows are deleted: to truncate
makes new files for every table and index.
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
WEIGHT = "SELECT max(pg_relation_size(oid))::text FROM pg_class WHERE relkind = 'r'"
HEAVY = 4_000_000  # bytes of one table: what was deleted from it would be read again by each test after
COUNTED = """
SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences
WHERE last_value IS NOT NULL
"""
ALONE = "SET session_replication_role = replica"  # in any order, and past what guards the ledger
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
            if int(_value(connection, WEIGHT)) > HEAVY:
                return False
            connection.execute(ALONE)
            for name in _filled(connection):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            connection.execute(COUNTED)
        return True


def _filled(connection: psycopg.Connection[tuple[str]]) -> list[str]:
    """The tables with rows in them."""
    one = sql.SQL("(SELECT {} FROM {} LIMIT 1)")
    names = [row[0] for row in connection.execute(TABLES)]
    asked = [one.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return [row[0] for row in connection.execute(sql.SQL(" UNION ALL ").join(asked))]


def _opened(url: str) -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _value(connection: psycopg.Connection[tuple[str]], query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]
