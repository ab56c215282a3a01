"""What is held, why and how long is said for every column, and the documents say the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, String, Table

from app import domain
from app.core.crypto import KeyRing, new_key
from app.core.database import UtcTime
from app.core.register import Held, Kept, Kind, Sealed, held, kept, personal, sealed
from app.features import rotate
from app.web.dpia.risks import root_can, root_cannot
from tests.rules.pages import DOCS, maker, rows

BOTH = {"main": domain.MAIN, "ledger": domain.LEDGER}
# A term in figures, as `until` says it in words.
SPELLED = {730: "two years", 365: "a year"}


def faults(metadata: MetaData) -> list[str]:
    """What the register lacks, or cannot be carried out."""
    found = []
    for table in metadata.tables.values():
        found += [
            f"{table.name}.{column.name} is not classified"
            for column in table.columns
            if not isinstance(column.info.get("held"), Held) or not column.info["held"].why
        ]
        entry = table.info.get("kept")
        if not isinstance(entry, Kept):
            found.append(f"{table.name} has no term")
        elif not (entry.what and entry.why and entry.until):
            found.append(f"{table.name} does not say what, why and until when")
        elif entry.length is not None:
            found += _counting(metadata, table, entry)
    return found


def _counting(metadata: MetaData, table: Table, entry: Kept) -> list[str]:
    where, missing = table, []
    if entry.through is not None:
        own, other, key = entry.through
        if own not in table.c or other not in metadata.tables or key not in metadata.tables[other].c:
            return [f"{table.name} counts through columns that do not exist"]
        where = metadata.tables[other]
    if entry.since not in where.c or not _moment(where.c[entry.since]):
        missing.append(f"{table.name} counts from {entry.since}, which is no moment of {where.name}")
    if entry.length and _said(entry.length) not in entry.until:
        missing.append(f"{table.name} says '{entry.until}' and counts {_said(entry.length)}")
    return missing


def _moment(column: Column[Any]) -> bool:
    return isinstance(column.type, (DateTime, UtcTime))


def _said(length: timedelta) -> str:
    if length <= timedelta(hours=24):
        return f"{round(length.total_seconds() / 3600)} hours"
    return SPELLED.get(length.days, f"{length.days} days")


@pytest.mark.parametrize("metadata", BOTH.values(), ids=BOTH)
def test_every_column_is_classified_and_every_term_can_be_counted(metadata: MetaData) -> None:
    assert metadata.tables
    assert not faults(metadata)


@pytest.mark.parametrize("metadata", BOTH.values(), ids=BOTH)
def test_what_is_about_a_person_says_how_long_it_stays(metadata: MetaData) -> None:
    forever = re.compile(r"as long as (it|the service|the trail|the ledger) exists")
    for table in metadata.tables.values():
        if personal([(column, column.info["held"]) for column in table.columns]):
            assert not forever.search(table.info["kept"].until), table.name


OPEN = {Kind.PSEUDONYM, Kind.CONTENT, Kind.TECHNICAL}  # what octets may be without being sealed


def unsealed(metadata: MetaData) -> list[str]:
    """Columns that a change of keys would leave behind, or that hold an address without a seal."""
    columns = [(c, c.info["held"]) for table in metadata.tables.values() for c in table.columns]
    found = [f"{c.table.name}.{c.name}" for c, entry in columns if not entry.sealed and _secret(c, entry)]
    return found + [
        f"{c.table.name}.{c.name}"
        for c, entry in columns
        if entry.sealed
        and (not _binary(c) or {entry.sealed.row, entry.sealed.scope or "id"} - set(c.table.c.keys()))
    ]


def _binary(column: Column[Any]) -> bool:
    return column.type.python_type is bytes


def _secret(column: Column[Any], entry: Held) -> bool:
    return entry.kind is Kind.ADDRESS or (_binary(column) and entry.kind not in OPEN)


@pytest.mark.parametrize("metadata", BOTH.values(), ids=BOTH)
def test_what_is_sealed_says_how_so_that_a_change_of_keys_finds_it(metadata: MetaData) -> None:
    assert not unsealed(metadata)
    assert len(rotate.PLACES) == sum(1 for _ in sealed(domain.MAIN)) > 0
    assert not list(sealed(domain.LEDGER))  # nothing there can be sealed anew


def test_what_is_made_from_a_sealed_address_follows_it() -> None:
    ring, address = KeyRing([new_key(datetime.now(UTC))]), b"dana@example.org"
    for place in rotate.PLACES:
        beside = {c.name for c in place.table.c if c.info["held"].kind is Kind.PSEUDONYM and _binary(c)}
        also = rotate.ALSO.get(place.table.name, lambda *_: {})(ring, uuid4(), address)
        assert beside <= set(also), place.table.name


@pytest.mark.parametrize(
    ("kind", "type_", "how", "fault"),
    [
        (Kind.ADDRESS, LargeBinary, None, True),
        (Kind.STAFF, LargeBinary, None, True),
        (Kind.ADDRESS, String, Sealed("address"), True),
        (Kind.ADDRESS, LargeBinary, Sealed("address", scope="newsletter_id"), True),
        (Kind.ADDRESS, LargeBinary, Sealed("address"), False),
        (Kind.PSEUDONYM, LargeBinary, None, False),
    ],
)
def test_a_sealed_column_that_would_be_left_behind_is_found(
    kind: Kind, type_: Any, how: Sealed | None, fault: bool
) -> None:
    metadata = planted(NOTED, kept(**WHOLE))
    metadata.tables["t"].append_column(Column("probe", type_, info=held(kind, "an example", how)))
    assert unsealed(metadata) == (["t.probe"] if fault else [])


NOTED = held(Kind.READER, "an example")
WHOLE: dict[str, Any] = {"what": "x", "why": "y", "until": "90 days later"}
LONG = timedelta(days=90)


def planted(column: dict[str, Any], table: dict[str, Any]) -> MetaData:
    """One small table."""
    metadata = MetaData()
    number = Column("id", Integer, primary_key=True, info=column)
    moment = Column("at", DateTime, info=NOTED)
    Table("t", metadata, number, moment, info=table)
    return metadata


@pytest.mark.parametrize(
    ("column", "table", "fault"),
    [
        ({}, kept(**WHOLE), "t.id is not classified"),
        (NOTED, {}, "t has no term"),
        (NOTED, kept(**{**WHOLE, "why": ""}), "t does not say what, why and until when"),
        (
            NOTED,
            kept(**WHOLE, length=LONG, since="gone_at"),
            "t counts from gone_at, which is no moment of t",
        ),
        (NOTED, kept(**WHOLE, length=LONG, since="id"), "t counts from id, which is no moment of t"),
        (NOTED, kept(**WHOLE, length=LONG * 2, since="at"), "t says '90 days later' and counts 180 days"),
        (
            NOTED,
            kept(**WHOLE, length=LONG, since="at", through=("x", "t", "id")),
            "t counts through columns that do not exist",
        ),
    ],
)
def test_a_gap_in_the_register_is_found(column: dict[str, Any], table: dict[str, Any], fault: str) -> None:
    assert faults(planted(column, table)) == [fault]


def test_a_whole_register_is_accepted() -> None:
    assert not faults(planted(NOTED, kept(**WHOLE, length=LONG, since="at")))


def test_what_root_can_do_is_said_in_the_assessment_and_in_the_threats_with_the_same_words() -> None:
    page = (DOCS / "threats.md").read_text()
    said = re.findall(r"^\* ([a-z].*)$", page.split("## What root can do")[1].split("\n## ")[0], re.MULTILINE)
    assert said == [*root_can(str), *root_cannot(str)]


def test_the_data_map_is_the_register() -> None:
    page = (DOCS / "data-map.md").read_text()
    assert page == maker().data_map(), "run: make docs"
    columns = [c for metadata in BOTH.values() for table in metadata.tables.values() for c in table.columns]
    said = rows(page)
    assert len(said) == len(columns)
    assert {row[1] for row in said} == {str(kind) for kind in Kind}
