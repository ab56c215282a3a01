"""The ledger's copy: every entry as a line of a file on another disk or host (BODE_LEDGER_COPY).

It shows it when ledger and database come back together from one snapshot, and what one of the two lacks
comes from the other. Every line carries a seal under the key of its own pseudonym: who can write to the file
and has no key can take lines out, and put none in.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.core import chain
from app.core.crypto import KeyRing, Unreadable
from app.domain.ledger import CHAIN, Checkpoint, Entry, Head, Reason

COUNTER_MOST: Final = 2**53  # what every database and JSON can hold: a higher one is not ours
TAIL: Final = 4096  # bytes from the end that hold the last line: one has some 300


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, as the copy has it."""

    seq: int
    hash: bytes
    end: tuple[str, str, bytes, Reason, datetime]  # newsletter, key, subject, reason, moment

    def entry(self) -> Entry:
        """The row it was made from."""
        newsletter, key_id, subject, reason, at = self.end
        told = {"newsletter": newsletter, "key_id": key_id, "subject": subject, "reason": reason, "at": at}
        return Entry(seq=self.seq, hash=self.hash, **told)

    def follows(self, before: bytes) -> bool:
        """Whether this entry was written right after the one with this hash."""
        return chain.next_hash(before, self.entry()) == self.hash


@dataclass(slots=True)
class Lines:
    """What is in a copy."""

    ring: KeyRing
    all: list[Line] = field(default_factory=list)
    anchor: Checkpoint | None = None  # the signed point before its first line, once older lines have gone
    unreadable: int = 0
    foreign: list[str] = field(default_factory=list)  # what this service did not write: it counts for nothing

    def take(self, text: str) -> None:
        """One more line; a half line is what a full disk leaves."""
        try:
            content = _object(text)
            if "signature" in content:
                self._begin(text, _anchor(content))
            elif not _ours(self.ring, content):
                self.foreign.append(text)
            else:
                self.all.append(line(content))
        except (ValueError, KeyError, TypeError, RecursionError):  # whoever writes to the file stops nothing
            self.unreadable += 1

    def _begin(self, text: str, point: Checkpoint) -> None:
        if chain.signed(CHAIN, self.ring, point):
            self.anchor = point
        else:
            self.foreign.append(text)


class Copy:
    """The file, and the counter beside it; without a path there is none."""

    def __init__(self, path: Path | None, ring: KeyRing) -> None:
        self.path = path
        self.ring = ring

    def lines(self) -> Lines:
        """All of it."""
        found = Lines(self.ring)
        if self.path is not None and self.path.exists():
            for text in self.path.read_text(errors="replace").splitlines():
                found.take(text)
        return found

    def ends_with(self, head: Head | None) -> bool:
        """Whether its last line is the ledger's last entry: then there is nothing to catch up with."""
        last = Lines(self.ring)
        for text in self._tail().decode(errors="replace").splitlines()[-1:]:
            last.take(text)
        if not last.all:
            return not last.unreadable and not last.foreign
        return head is not None and [(each.seq, each.hash) for each in last.all] == [(head.seq, head.hash)]

    def add(self, entries: Sequence[Entry]) -> None:
        """More lines, surely on the disk."""
        if self.path is None:
            return
        torn = bool(tail := self._tail()) and not tail.endswith(b"\n")
        with self.path.open("a") as out:
            out.write("\n" if torn else "")
            out.writelines(map(self._text, entries))
            out.flush()
            os.fsync(out.fileno())

    def prune(self, point: Checkpoint) -> None:
        """Take out what the ledger lets go; the signed point before the rest stays."""
        if self.path is not None and self.path.exists():
            lines = self.lines()
            self._put(point, [each for each in lines.all if each.seq > point.seq], lines.foreign)

    def complete(self, entries: Iterable[Entry], anchor: Checkpoint | None) -> int:
        """Write in what it lacks, each in its place; nothing that this service wrote is taken out."""
        lines = self.lines()
        there = {(each.seq, each.hash) for each in lines.all}
        more = [of(each) for each in entries if (each.seq, each.hash) not in there]
        self._put(anchor or lines.anchor, sorted([*lines.all, *more], key=lambda each: each.seq))
        return len(more)

    def counter(self) -> int:
        """The counter as the copy knows it; 0 without a copy."""
        if self.path is None:
            return 0
        try:
            value = int(_beside(self.path).read_text())
        except (FileNotFoundError, ValueError):
            return 0
        return value if value <= COUNTER_MOST else 0

    def put_counter(self, value: int) -> None:
        """Keep the counter as well: it shows when ledger and database come back together."""
        if self.path is not None:
            _replace(_beside(self.path), str(value))

    def _tail(self) -> bytes:
        if self.path is None or not self.path.exists():
            return b""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - TAIL))
            return file.read()

    def _text(self, entry: Entry) -> str:
        content = content_of(entry)
        return json.dumps({**content, "seal": _seal(self.ring, content).hex()}) + "\n"

    def _put(self, anchor: Checkpoint | None, lines: list[Line], foreign: Sequence[str] = ()) -> None:
        assert self.path is not None
        first = [] if anchor is None else [json.dumps(_signed(anchor)) + "\n"]
        kept = [*(each + "\n" for each in foreign), *(self._text(each.entry()) for each in lines)]
        _replace(self.path, "".join([*first, *kept]))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".counter")


def _replace(path: Path, text: str) -> None:
    """All at once; a process that does the same at this moment has another file."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with fresh.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def content_of(entry: Entry) -> dict[str, Any]:
    """What a line says of an entry."""
    return {"seq": entry.seq, "hash": entry.hash.hex(), **entry.covered()}


def _seal(ring: KeyRing, content: dict[str, Any]) -> bytes:
    """Under the key of the pseudonym, which is kept as long as the ledger needs it: no rotation breaks it."""
    words = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return ring.mac("copybook", words, key_id=content["key_id"], scope=None)


def _ours(ring: KeyRing, content: dict[str, Any]) -> bool:
    told = {name: value for name, value in content.items() if name != "seal"}
    try:
        return hmac.compare_digest(bytes.fromhex(content.get("seal", "")), _seal(ring, told))
    except Unreadable:
        return False


def _object(text: str) -> dict[str, Any]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise TypeError("a line is an object")
    return content


def line(content: dict[str, Any]) -> Line:
    """An entry from what a line says; raises ValueError, KeyError or TypeError."""
    end = (
        str(content["newsletter"]),
        str(content["key_id"]),
        bytes.fromhex(content["subject"]),
        Reason(content["reason"]),
        datetime.fromisoformat(content["at"]),
    )
    return Line(int(content["seq"]), bytes.fromhex(content["hash"]), end)


def of(entry: Entry) -> Line:
    """The line of an entry."""
    return line(content_of(entry))


def _signed(point: Checkpoint) -> dict[str, Any]:
    told = {"seq": point.seq, "count": point.count, "at": point.at.isoformat(), "key_id": point.key_id}
    return {**told, "hash": point.hash.hex(), "signature": point.signature.hex()}


def _anchor(content: dict[str, Any]) -> Checkpoint:
    told = {name: content[name] for name in ("seq", "count", "key_id")}
    sealed = {name: bytes.fromhex(content[name]) for name in ("hash", "signature")}
    return Checkpoint(at=datetime.fromisoformat(content["at"]), **told, **sealed)
