"""The tables that migrations make are the tables of the models, on both databases, there and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, MetaData, String, create_engine, inspect, select
from sqlalchemy.pool import NullPool

from app import domain
from app.core import migrating

HISTORIES = {migrating.MAIN: domain.MAIN, migrating.LEDGER: domain.LEDGER}
VERSION = "schema_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    found: str = request.getfixturevalue("postgres_url")
    return found


def opened(url: str) -> Engine:
    return create_engine(migrating.plain_url(url), poolclass=NullPool)


def differences(url: str, metadata: MetaData) -> list[Any]:
    """What a migration would have to change."""
    with opened(url).connect() as connection:
        options = {"version_table": VERSION, "compare_type": True}
        found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        return found


def tables(url: str) -> set[str]:
    return set(inspect(opened(url)).get_table_names()) - {VERSION}


@pytest.mark.parametrize("which", HISTORIES)
def test_a_history_has_one_end(which: str) -> None:
    script = ScriptDirectory.from_config(migrating.configured("sqlite://", which))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1


@pytest.mark.parametrize("which", HISTORIES)
def test_there_and_back_and_there_again(url: str, which: str) -> None:
    assert migrating.pending(url, which)
    migrating.upgrade(url, which)
    assert not migrating.pending(url, which)
    assert tables(url) == set(HISTORIES[which].tables)
    assert differences(url, HISTORIES[which]) == []
    migrating.downgrade(url, which)
    assert tables(url) == set()
    migrating.upgrade(url, which)
    assert differences(url, HISTORIES[which]) == []


def test_a_column_without_a_migration_is_found(url: str) -> None:
    migrating.upgrade(url, migrating.LEDGER)
    planted = MetaData(naming_convention=domain.LEDGER.naming_convention)
    for table in domain.LEDGER.tables.values():
        table.to_metadata(planted)
    planted.tables["ledger_head"].append_column(Column("probe", String(3)))
    assert [each[0] for each in differences(url, planted)] == ["add_column"]


def test_the_two_databases_share_no_table() -> None:
    assert not set(domain.MAIN.tables) & set(domain.LEDGER.tables)


def test_a_pseudonym_from_before_keys_could_change_gets_the_key_in_use(url: str) -> None:
    migrating.upgrade(url, migrating.MAIN, "5644b982b7e6")
    before = MetaData()
    before.reflect(opened(url), only=["service", "newsletter", "consent", "block"])
    at, letter = datetime(2026, 11, 16, 9, tzinfo=UTC), uuid4()
    known = {"newsletter_id": letter if "postgresql" in url else letter.hex, "at": at}
    words = {
        "slug": "a",
        "title": "A",
        "sender_name": "A",
        "sender_address": "a@example.org",
        "language": "nl",
    }
    words |= dict.fromkeys(
        ("cadence", "reply_to", "controller", "dpo", "privacy_contact", "postal_address", "processor"), ""
    )
    with opened(url).begin() as connection:
        for table, row in (
            ("service", {"id": 1, "active_key": "00c0ffee", "counter": 0, "replayed_seq": 0}),
            ("newsletter", {"id": known["newsletter_id"], "created_at": at, **words}),
            ("consent", {**known, "proof": b"x", "event": "confirmed"}),
            ("block", {**known, "subject": b"x", "ground": "bounce"}),
        ):
            connection.execute(before.tables[table].insert().values(row))
    migrating.upgrade(url, migrating.MAIN)
    with opened(url).connect() as connection:
        for table in ("consent", "block"):
            found = connection.execute(select(domain.MAIN.tables[table].c.key_id)).scalars().all()
            assert found == ["00c0ffee"]
