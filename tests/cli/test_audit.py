"""Whoever edits, removes or reorders what is on record is found out by `bode audit verify`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, insert, select, text, update
from sqlalchemy.pool import NullPool

from app.core import migrating
from app.core.settings import Settings
from app.domain.audit import Head, Record
from app.domain.house import keys
from tests.cli.desk import Desk

Act = Callable[[Any], None]
OTHERS = {"seq": 99, "hash": b"x" * 32, "actor": "nobody", "event": "issue.sent", "about": "x", "reason": "y"}


@pytest.fixture
def busy(settings: Settings, tmp_path: Path) -> Desk:
    """A trail with some records, on both databases."""
    keys(settings)
    desk = Desk(tmp_path, BODE_DATABASE_URL=settings.database_url, BODE_LEDGER_URL=settings.ledger_url)
    desk.furnish()
    return desk


def harm(desk: Desk, settings: Settings, act: Act) -> None:
    """What somebody with the database's password does."""
    engine = create_engine(migrating.plain_url(settings.database), poolclass=NullPool)
    with engine.begin() as connection:
        act(connection)


def _swap(connection: Any) -> None:
    columns = [column for column in Record.__table__.c if column.name != "seq"]
    rows = {row.seq: row for row in connection.execute(select(Record.seq, *columns))}
    for mine, other in ((2, 3), (3, 2)):
        values = {column.name: getattr(rows[other], column.name) for column in columns}
        connection.execute(update(Record).where(Record.seq == mine).values(values))


def _move(connection: Any) -> None:
    connection.execute(update(Record).where(Record.seq == 2).values(seq=100))


def _between(connection: Any) -> None:
    row = connection.execute(select(Record.__table__).where(Record.seq == 2)).mappings().one()
    last = connection.execute(select(Head.seq)).scalar_one()
    connection.execute(insert(Record).values({**row, "seq": last + 1}))


FIRST = select(Record.at).where(Record.seq == 1).scalar_subquery()
HARM: dict[str, Act] = {
    **{
        f"another {name}": lambda connection, name=name, value=value: connection.execute(
            update(Record).where(Record.seq == 2).values({name: value})
        )
        for name, value in OTHERS.items()
    },
    "another moment": lambda connection: connection.execute(
        update(Record).where(Record.seq == 2).values(at=FIRST)
    ),
    "the first is gone": lambda connection: connection.execute(delete(Record).where(Record.seq == 1)),
    "one is gone": lambda connection: connection.execute(delete(Record).where(Record.seq == 2)),
    "the end is gone": lambda connection: connection.execute(delete(Record).where(Record.seq > 3)),
    "all are gone": lambda connection: connection.execute(delete(Record)),
    "the head is gone": lambda connection: connection.execute(delete(Head)),
    "two changed places": _swap,
    "one was put elsewhere": _move,
    "one was added": _between,
}


@pytest.mark.parametrize("act", HARM.values(), ids=HARM)
def test_it_is_found(busy: Desk, settings: Settings, act: Act) -> None:
    assert busy.told("audit", "verify") == {"whole": True, "state": "whole", "faults": []}
    harm(busy, settings, act)
    found = json.loads(busy.bode("audit", "verify", "--json", code=1).stdout)
    assert found["whole"] is False
    assert found["faults"]


def test_every_column_of_a_record_is_tried() -> None:
    assert {*OTHERS, "at"} == set(Record.__table__.columns.keys())


def test_a_trail_that_nobody_touched_is_whole_after_a_change_of_keys(busy: Desk, settings: Settings) -> None:
    harm(busy, settings, lambda connection: connection.execute(text("SELECT 1")))
    busy.bode("keys", "rotate")
    assert "whole" in busy.bode("audit", "verify").stdout
