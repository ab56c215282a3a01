"""What is held, why and for how long, written beside each column, so that pages and jobs agree.

Every column of every table carries `held(...)`, every table carries `kept(...)`. The privacy page,
the Art. 30 entry, the data map and the deletion job read these and nothing else (promise 11).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData, Table


class Kind(StrEnum):
    """What a column is to the person it may be about."""

    ADDRESS = "address"  # an e-mail address, always sealed
    PSEUDONYM = "pseudonym"  # a keyed value that only the key's holder can match with an address
    READER = "reader"  # something about one subscriber
    STAFF = "staff"  # something about a member of staff
    PARTNER = "partner"  # something about somebody at a partner who sends in copy
    CONTENT = "content"  # what is published
    TECHNICAL = "technical"  # about no person


@dataclass(frozen=True, slots=True)
class Sealed:
    """How a column's value is encrypted: the key's purpose, and the columns it is bound to.

    A change of keys reads these, so that nothing sealed is left behind. `row` has the random number (or
    name) of the row; `scope` the newsletter, where the key is the newsletter's own.
    """

    purpose: str
    row: str = "id"
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """One column's entry in the register; `why` is an English message id with a Dutch translation."""

    kind: Kind
    why: str
    sealed: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a table's rows stay.

    `length` None means: as long as `until` says, ended by an act and not by age. `since` is the
    column the age is counted from; `through` = (own column, table, its key) reads it from another
    table, so that delivery rows age with their issue.
    """

    what: str
    why: str
    until: str
    length: timedelta | None = None
    since: str | None = None
    through: tuple[str, str, str] | None = None


def held(kind: Kind, why: str, sealed: Sealed | None = None) -> dict[str, Any]:
    """Column info: what it is, why it is held, and how it is encrypted if it is."""
    return {"held": Held(kind, why, sealed)}


def kept(**words: Any) -> dict[str, Any]:
    """Table info: how long its rows stay (fields of `Kept`)."""
    return {"kept": Kept(**words)}


def entries(metadata: MetaData) -> Iterator[tuple[Table, Kept, list[tuple[Column[Any], Held]]]]:
    """Every table with its term and its classified columns, in a fixed order."""
    for table in sorted(metadata.tables.values(), key=lambda each: each.name):
        columns = [(column, column.info["held"]) for column in table.columns]
        yield table, table.info["kept"], columns


def sealed(metadata: MetaData) -> Iterator[tuple[Table, str, Sealed]]:
    """Every column whose values are encrypted."""
    for table, _, columns in entries(metadata):
        for column, entry in columns:
            if entry.sealed is not None:
                yield table, column.name, entry.sealed


def personal(columns: list[tuple[Column[Any], Held]]) -> bool:
    """Whether any of these columns says something about a subscriber."""
    return any(entry.kind in {Kind.ADDRESS, Kind.PSEUDONYM, Kind.READER} for _, entry in columns)
