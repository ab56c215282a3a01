"""Records that cannot be changed unseen: each carries the hash of the one before it.

A chain is cut into segments; each segment is closed by a signed checkpoint. Pruning removes whole
segments and leaves their checkpoint (last hash, count, date) as the anchor of what remains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from sqlalchemy import LargeBinary, String, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crypto import KeyRing, Unreadable
from app.core.database import UtcTime
from app.core.faults import Unkeyed, lacks
from app.core.register import Kind, held

START = bytes(32)  # the hash before the first record
READ_AT_ONCE = 100  # records: a few milliseconds, so that others get their turn between
SEGMENT_LENGTH = 1000  # records a segment holds at most: small enough to prune by


class Link(Protocol):
    """A record of a chain: its place, its hash, and what the hash covers."""

    seq: int
    hash: bytes

    def covered(self) -> dict[str, Any]:
        """Every field that must not change, as JSON-ready values."""
        ...


class HeadColumns:
    """The end of a chain, locked while a record is added."""

    name: Mapped[str] = mapped_column(
        String(20), primary_key=True, info=held(Kind.TECHNICAL, "which chain this is")
    )
    seq: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "number of the last record"))
    hash: Mapped[bytes] = mapped_column(LargeBinary, info=held(Kind.TECHNICAL, "hash of the last record"))


class CheckpointColumns:
    """A signed statement of how far a chain had come."""

    seq: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        info=held(Kind.TECHNICAL, "number of the last record of the segment"),
    )
    hash: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "hash of the last record of the segment")
    )
    count: Mapped[int] = mapped_column(info=held(Kind.TECHNICAL, "records in the segment"))
    at: Mapped[datetime] = mapped_column(UtcTime, info=held(Kind.TECHNICAL, "when the segment was closed"))
    key_id: Mapped[str] = mapped_column(
        String(8), info=held(Kind.TECHNICAL, "the key that signed the checkpoint")
    )
    signature: Mapped[bytes] = mapped_column(
        LargeBinary, info=held(Kind.TECHNICAL, "proof that the service closed the segment")
    )


def next_hash(before: bytes, record: Link) -> bytes:
    """SHA-256 over the hash before and the record's number and content."""
    body = json.dumps([record.seq, record.covered()], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(before + body.encode()).digest()


async def append(session: AsyncSession, head: type[Any], name: str, record: Link) -> None:
    """Put a record at the end of its chain, in the caller's transaction."""
    last = await session.get(head, name, with_for_update=True)
    if last is None:
        last = head(name=name, seq=0, hash=START)
        session.add(last)
    record.seq = last.seq + 1
    record.hash = next_hash(last.hash, record)
    last.seq, last.hash = record.seq, record.hash
    session.add(record)
    await session.flush()


def _statement(name: str, point: Any) -> bytes:
    last: bytes = point.hash
    return f"{name}|{point.seq}|{point.count}|{point.at.isoformat()}|".encode() + last


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables of one chain."""

    name: str
    record: type[Any]
    head: type[Any]
    checkpoint: type[Any]


async def close_segment(session: AsyncSession, tables: Tables, ring: KeyRing, *, now: datetime) -> bool:
    """Sign what came since the last checkpoint; False when there is nothing new."""
    head = await session.get(tables.head, tables.name, with_for_update=True)
    point = tables.checkpoint
    before = await session.scalar(select(point.seq).order_by(point.seq.desc()).limit(1)) or 0
    if head is None or head.seq == before or await session.get(tables.record, head.seq) is None:
        return False  # a number that was left empty is signed by nobody
    closed = point(seq=head.seq, hash=head.hash, count=head.seq - before, at=now, key_id=ring.active)
    closed.signature = ring.signer(tables.name, ring.active).sign(_statement(tables.name, closed))
    session.add(closed)
    return True


def signed(tables: Tables, ring: KeyRing, point: Any) -> bool:
    """Whether this service signed that point."""
    try:
        public = ring.signer(tables.name, point.key_id).public_key()
        public.verify(point.signature, _statement(tables.name, point))
    except (InvalidSignature, Unreadable):
        return False
    return True


async def verify(session: AsyncSession, tables: Tables, ring: KeyRing) -> list[str]:
    """What is wrong with a chain, in words; an empty list when nothing is.

    Records may be added meanwhile. So points and head are read first, and the records up to that head; what
    stands after it must be known to the head as it is then.
    """
    points = list(await session.scalars(select(tables.checkpoint).order_by("seq")))
    head = await session.get(tables.head, tables.name, populate_existing=True)
    end = (head.seq, head.hash) if head is not None else None
    faults = [_unsigned(ring, p) for p in points if not signed(tables, ring, p)]
    faults += _gaps(points)
    record = tables.record
    upto = record.seq <= end[0] if end else true()
    rows = await session.stream_scalars(select(record).where(upto).order_by(record.seq))
    walk = _Walk(points)
    async for some in rows.partitions(READ_AT_ONCE):
        for row in some:
            faults += walk.reach(row)
            if fault := walk.take(row):
                return [*faults, fault]
    return [*faults, *walk.finish(end), *await _behind(session, tables)]


def _unsigned(ring: KeyRing, point: Any) -> str:
    """What to say of a point without a signature that fits."""
    if lacks(ring, point.key_id):
        return Unkeyed(f"checkpoint {point.seq} is signed", point.key_id)
    return f"checkpoint {point.seq}: the signature is wrong"


async def _behind(session: AsyncSession, tables: Tables) -> list[str]:
    """A record after the head: whoever adds one moves the head in the same transaction."""
    last = await session.scalar(select(func.max(tables.record.seq))) or 0
    head = await session.get(tables.head, tables.name, populate_existing=True)
    return [f"records after {head.seq} are not known"] if head is not None and last > head.seq else []


def _gaps(points: Sequence[Any]) -> list[str]:
    return [
        f"checkpoint {after.seq}: segments before it are missing"
        for before, after in pairwise(points)
        if after.seq - after.count != before.seq
    ]


class _Walk:
    """Goes along a chain once, from the anchor of what was pruned to its head."""

    def __init__(self, points: Sequence[Any]) -> None:
        self._points = {p.seq: p.hash for p in points}
        self._seq = 0
        self._hash: bytes | None = START
        self._begun = False

    def reach(self, row: Any) -> list[str]:
        """What is missing before this record; the rest is looked at all the same."""
        begun, self._begun = self._begun, True
        if row.seq == self._seq + 1:
            return []
        missing, self._seq, self._hash = self._seq + 1, row.seq - 1, None
        if not begun:  # older segments were pruned: their checkpoint is the anchor
            self._hash = self._points.get(self._seq)
            lost = f"record {row.seq}: what came before it was removed without an anchor"
            return [] if self._hash is not None else [lost]
        if missing == self._seq:
            return [f"record {missing} is missing"]
        return [f"records {missing} to {self._seq} are missing"]

    def take(self, row: Any) -> str | None:
        if self._hash is not None and row.hash != next_hash(self._hash, row):
            return f"record {row.seq} was changed, or its order was"
        if self._points.get(row.seq, row.hash) != row.hash:
            return f"record {row.seq} differs from its signed checkpoint"
        self._seq, self._hash = row.seq, row.hash
        return None

    def finish(self, end: tuple[int, bytes] | None) -> list[str]:
        if not self._begun and self._points:
            self._seq = max(self._points)
            self._hash = self._points[self._seq]
        if end is None:
            return [] if self._seq == 0 else ["the head of the chain is missing"]
        if end != (self._seq, self._hash):
            return [f"records after {self._seq} are missing; the chain goes to {end[0]}"]
        if self._points and max(self._points) > end[0]:
            return ["records after the head were signed and are missing"]
        return []
