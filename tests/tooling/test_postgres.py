"""The tests' database server keeps its word: real, private, and gone afterwards."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import postgres as tool
from tests import programs

UNTIL_GONE = 30  # seconds that a server whose owner was killed may take to stop

# A process that starts a server, says where, and waits to be killed.
OWNER = """
from tests import postgres
with postgres.running() as server:
    print(server.folder, flush=True)
    input()
"""


def rows(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(question).fetchall()


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(statement)


def fail_with(kept: list[tool.Server]) -> None:
    with tool.running() as server:
        kept.append(server)
        server.run("SELECT 1/0")


async def test_a_new_database_is_empty_and_answers_the_way_the_service_asks(
    postgres_url: str,
) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        tables = await connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    await engine.dispose()
    assert tables == 0


def test_a_copy_has_what_its_template_has_and_shares_nothing_with_another(
    postgres: tool.Server,
) -> None:
    postgres.template("tooling", lambda url: execute(url, "CREATE TABLE seen AS SELECT 1 AS number"))
    one, other = (postgres.create_database(like="tooling") for _ in range(2))
    execute(one, "UPDATE seen SET number = 2")
    assert rows(one, "SELECT number FROM seen") == [(2,)]
    assert rows(other, "SELECT number FROM seen") == [(1,)]


def test_a_dropped_database_is_gone_even_if_someone_is_connected(postgres: tool.Server) -> None:
    url = postgres.create_database()
    with psycopg.connect(url.replace("+psycopg", "")):
        postgres.drop_database(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        rows(url, "SELECT 1")


def test_what_was_committed_is_still_there_after_a_crash() -> None:
    with tool.running(durable=True) as server:
        url = server.create_database()
        execute(url, "CREATE TABLE kept AS SELECT 7 AS number")
        server.crash()
        server.start()
        assert rows(url, "SELECT number FROM kept") == [(7,)]
        assert rows(url, "SHOW fsync") == [("on",)]
        assert "not properly shut down" in (server.folder / "log").read_text()


def test_nothing_is_left_when_the_tests_fail() -> None:
    kept: list[tool.Server] = []
    with pytest.raises(psycopg.errors.DivisionByZero):
        fail_with(kept)
    assert not kept[0].folder.exists()
    assert kept[0]._process is None


def test_a_server_ends_when_its_owner_is_killed_and_its_folder_is_swept() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    assert owner.stdin
    folder = Path(owner.stdout.readline().strip())
    server = int((folder / "cluster" / "postmaster.pid").read_text().split()[0])
    watch = os.pidfd_open(server)
    with owner.stdout, owner.stdin:
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        ended, _, _ = select.select([watch], [], [], UNTIL_GONE)
    os.close(watch)
    assert ended
    with tool.running():
        assert not folder.exists()


def test_nobody_else_can_reach_it(postgres: tool.Server) -> None:
    assert postgres.folder.stat().st_mode & 0o077 == 0
    url = postgres.create_database()
    assert rows(url, "SHOW listen_addresses") == [("",)]


def test_programs_that_its_user_cannot_enter_work_as_a_copy() -> None:
    found = programs.programs()
    with tool.running() as server:
        copy = programs._copied(found, server.folder / "again")
        subprocess.run([copy / "initdb", "--version"], check=True, cwd="/", **programs.identity())
