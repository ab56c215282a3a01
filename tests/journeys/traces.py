"""Where something could have stayed: both databases, whole; and every form in which an address lies about."""

from __future__ import annotations

import base64
import hashlib
import json
import quopri
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import psycopg

from app.core.address import parse
from tests import programs

PATIENCE = 30.0  # seconds for a database that others write to
GROUP = 3  # octets that base64 writes together
STARTS = (0, 2, 3)  # characters of base64 that octets before the text have a part in, by how many there are
SHORT = 5  # octets that any large file has somewhere
DIGESTS = (hashlib.sha256, hashlib.sha1, hashlib.md5, hashlib.sha512, hashlib.blake2b, hashlib.blake2s)
Rows = dict[str, list[tuple[Any, ...]]]


def connected(url: str) -> Any:
    """A connection of one's own, by either driver."""
    if url.startswith("sqlite"):
        return sqlite3.connect(url.partition(":///")[2], timeout=PATIENCE)
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))


def rows(url: str) -> Rows:
    """All rows of all tables."""
    sqlite = url.startswith("sqlite")
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if sqlite
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    with closing(connected(url)) as connection:
        tables = [name for (name,) in connection.execute(names).fetchall()]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
            for name in sorted(tables)
        }


def dump(url: str) -> bytes:
    """What a backup would hold, with the database's own tool."""
    if url.startswith("sqlite"):
        with closing(connected(url)) as connection:
            return "\n".join(connection.iterdump()).encode()
    command = [programs.programs() / "pg_dump", "--dbname", url.replace("+psycopg", "")]
    return subprocess.run(command, capture_output=True, check=True).stdout


def files(url: str) -> dict[str, bytes]:
    """What a database keeps beside its tables: SQLite's file and journal, the server's log."""
    if url.startswith("sqlite"):
        path = Path(url.partition(":///")[2])
        return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    return {"the server's log": (Path(url.partition("host=")[2]) / "log").read_bytes()}


def spellings(address: str) -> set[str]:
    """As typed, as mailed, as compared, and its halves: the domain in both alphabets."""
    parsed = parse(address)
    whole = {parsed.typed, parsed.envelope, parsed.canonical}
    return whole | {half for each in whole for half in each.split("@")}


def forms(address: str) -> Iterator[bytes]:
    """Every form in which an address could lie about, in lower case."""
    for text in spellings(address):
        for octets in (text.encode(), text.lower().encode(), text.encode("utf-16-le")):
            yield from (octets, octets[::-1], octets.hex().encode())
            yield from _in_base64(octets)
        for written in (quote(text, ""), quote_plus(text), quote(quote(text, ""), ""), json.dumps(text)):
            yield written.strip('"').encode()
        yield quopri.encodestring(text.encode(), header=True)
        yield quopri.encodestring(text.encode()).replace(b"=\n", b"")
        yield text.replace("@", "=40").encode()
        for digest in DIGESTS:
            hashed = digest(text.encode())
            yield from (hashed.digest(), hashed.hexdigest().encode(), *_in_base64(hashed.digest()))


def _in_base64(octets: bytes) -> Iterator[bytes]:
    """Wherever in a longer text it stands: what stands before it shifts it by up to two octets."""
    for shift, start in enumerate(STARTS):
        whole = octets[: len(octets) - (len(octets) + shift) % GROUP]
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * shift + whole)[start:]


def found(sinks: dict[str, bytes], addresses: tuple[str, ...]) -> list[str]:
    """Which form of which address is in which sink."""
    lowered = {name: content.lower() for name, content in sinks.items()}
    sought = {form.lower() for address in addresses for form in forms(address)}
    assert min(map(len, sought)) > SHORT, "so short a form is anywhere"
    return [
        f"{form!r} is in {name}" for form in sought for name, content in lowered.items() if form in content
    ]
