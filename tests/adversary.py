"""Somebody who holds a dump of both databases and no key, and tries on it whatever a program can try.

They have read the code. They guess addresses and look for them in every spelling and under every plain hash,
and under every hash that is keyed or salted with something that stands in the dump itself. And they look for
values that two newsletters share and one person alone has: by those a reader of one is found in the other.
Moments are left out of that: who does something for two newsletters at once is seen to (docs/threats.md).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Table, inspect, select
from sqlalchemy.engine import Connection

from app.core.database import Database
from app.core.register import Kind, entries, personal
from app.domain import LEDGER, MAIN
from app.domain.house import House
from tests.journeys import traces

VERSION = "schema_version"  # the version of the tables and nothing else
ABOUT = frozenset((Kind.ADDRESS, Kind.PSEUDONYM, Kind.READER, Kind.STAFF))
NAMED = frozenset((Kind.ADDRESS, Kind.PSEUDONYM))  # what is one person's alone
ENOUGH = 8  # octets of a hash that nothing else begins with by chance
LONGEST_KEY = 128  # octets: what is longer is no key
HASHES = ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b", "blake2s")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one row: of which newsletter the row is, and what tells its person's rows from others."""

    where: str
    kind: Kind
    value: Any
    letter: UUID | None
    holder: Hashable
    reader: bool = True  # whether its table says something about a reader

    @property
    def texts(self) -> Iterator[bytes]:
        """As octets, in each way that a dump may show it."""
        match self.value:
            case bytes():
                yield self.value
            case UUID():
                yield from (self.value.bytes, self.value.hex.encode())
            case dict() | list():
                yield json.dumps(self.value, ensure_ascii=False).encode()
            case _:
                yield str(self.value).encode()


async def dump(house: House) -> list[Cell]:
    """Every value of every table of both databases; a table that the code does not know is an error."""
    cells: list[Cell] = []
    letters: dict[UUID, UUID] = {}
    for database, metadata in ((house.database, MAIN), (house.book.database, LEDGER)):
        assert await _tables(database) == set(metadata.tables) | {VERSION}
        async with database.reading() as session:
            if metadata is MAIN:
                issue = MAIN.tables["issue"].c
                found = await session.execute(select(issue.id, issue.newsletter_id))
                letters.update({row[0]: row[1] for row in found})
            for table, _, columns in entries(metadata):
                for row in (await session.execute(select(table))).mappings():
                    cells += _cells(table, columns, dict(row), letters)
    return cells


async def _tables(database: Database) -> set[str]:
    def found(connection: Connection) -> set[str]:
        return set(inspect(connection).get_table_names())

    async with database.reading() as session:
        return await (await session.connection()).run_sync(found)


def _cells(table: Table, columns: Any, row: dict[str, Any], letters: dict[UUID, UUID]) -> Iterator[Cell]:
    letter = row.get("newsletter_id") or letters.get(row.get("issue_id"))
    if "newsletter" in row:
        letter = UUID(row["newsletter"])
    own = [row[column.name] for column, held in columns if held.kind is Kind.PSEUDONYM and row[column.name]]
    holder = repr(own or [row[column.name] for column in table.primary_key])
    for column, held in columns:
        if row[column.name] is not None:
            where = f"{table.name}.{column.name}"
            yield Cell(where, held.kind, row[column.name], letter, holder, personal(columns))


def untried(cells: Iterable[Cell]) -> set[str]:
    """Tables that could hold a person and hold nothing here: nothing was tried on them."""
    seen = {each.where.partition(".")[0] for each in cells}
    return {
        table.name
        for metadata in (MAIN, LEDGER)
        for table, _, columns in entries(metadata)
        if any(held.kind in ABOUT for _, held in columns) and table.name not in seen
    }


def guessed(cells: Iterable[Cell], addresses: tuple[str, ...], others: tuple[str, ...] = ()) -> set[str]:
    """Where one of these addresses is, in clear, encoded or hashed; halves of it count as well.

    `others` are words that the code hashes without an address: what somebody types or comes from.
    """
    cells = list(cells)
    sinks: dict[str, bytes] = defaultdict(bytes)
    for each in cells:
        sinks[each.where] += b"\n" + b"\n".join(each.texts)
    found = set(traces.found(sinks, addresses))
    found |= {
        f"{each} is in {name}" for name, sink in sinks.items() for each in others if each.encode() in sink
    }
    words = _words(addresses) | {each.encode() for each in others}
    letters = {each.letter.bytes for each in cells if each.letter is not None}
    hashed = {_short(octets) for octets in _hashes(words, letters, _keys(cells))}
    for each in cells:
        found |= {f"a hash is in {each.where}" for octets in _raw(each) if _short(octets) in hashed}
    return found


def _short(octets: bytes) -> bytes:
    return octets[:ENOUGH]


def _words(addresses: Iterable[str]) -> set[bytes]:
    """What may have been hashed: an address as typed and as compared, and its halves."""
    return {text.encode() for each in addresses for text in traces.spellings(each)}


def _keys(cells: Iterable[Cell]) -> set[bytes]:
    """Everything in a dump that could be the key or salt of a hash."""
    found = {b"", b"bode"}
    for each in cells:
        found |= {octets for octets in (*each.texts, *_raw(each)) if len(octets) <= LONGEST_KEY}
    return found


def _raw(cell: Cell) -> Iterator[bytes]:
    """The octets that a hash could be: as they are, or written in hexadecimal."""
    if isinstance(cell.value, bytes):
        yield cell.value
    elif isinstance(cell.value, str):
        try:
            yield bytes.fromhex(cell.value.rpartition(":")[2])
        except ValueError:
            return


def _hashes(words: set[bytes], letters: set[bytes], keys: set[bytes]) -> Iterator[bytes]:
    """Plain, and with each key; a counter's word has its newsletter before it, and that is in the dump."""
    for word, name in itertools.product(words, HASHES):
        yield hashlib.new(name, word).digest()
    spoken = {letter + word for letter, word in itertools.product({b"", *letters}, words)}
    for word, key in itertools.product(spoken, keys):
        yield hmac.digest(key, word, "sha256")
    for word, key in itertools.product(words, keys):
        yield from (hashlib.sha256(key + word).digest(), hashlib.sha256(word + key).digest())


def shared(cells: Iterable[Cell]) -> set[str]:
    """Values by which a reader of one newsletter is found in another."""
    cells = [each for each in cells if each.reader and not isinstance(each.value, (bool, date, dict, list))]
    return _twice(cells) | _alike(cells)


def _twice(cells: Iterable[Cell]) -> set[str]:
    """What is one person's alone stands in rows of one newsletter, or of none, and never of two."""
    places: dict[Any, dict[UUID | None, str]] = defaultdict(dict)
    for each in cells:
        if each.kind in NAMED:
            places[each.value][each.letter] = each.where
    return {" = ".join(sorted(found.values())) for found in places.values() if len(found) > 1}


def _alike(cells: Iterable[Cell]) -> set[str]:
    """Anything else that both have is had by others too, like a state or a language: it finds nobody."""
    holders: dict[Any, dict[UUID, dict[str, set[Hashable]]]] = {}
    for each in cells:
        if each.letter is not None and each.value != each.letter:
            here = holders.setdefault(_plain(each), {}).setdefault(each.letter, {})
            here.setdefault(each.where, set()).add(each.holder)
    return {
        f"{value} is one person's in each newsletter"
        for value, found in holders.items()
        if len(found) > 1 and min(_most(each) for each in found.values()) == 1
    }


def _most(places: dict[str, set[Hashable]]) -> int:
    return max(map(len, places.values()))


def _plain(cell: Cell) -> tuple[str, Any]:
    """A number means something in its own column only."""
    return (cell.where if isinstance(cell.value, int) else "", cell.value)
