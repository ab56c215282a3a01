"""The ledger's copy: every entry as a line of a file on another disk or host (BODE_LEDGER_COPY).

It shows it when ledger and database come back together from one snapshot, and what one of the two lacks
comes from the other. Every line carries a seal under the key of its own pseudonym: who can write to the file
and has no key can take lines out, and put none in. A line under a key that is not on this machine is judged
by nobody here: it stays as it is until the key is back.
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
from app.core.crypto import KeyRing
from app.core.errors import Refused
from app.core.faults import KEY_ID
from app.domain.ledger import CHAIN, Checkpoint, Entry, Head, Reason

COUNTER_MOST: Final = 2**53  # what every database and JSON can hold: a higher one is not ours
TAIL: Final = 4096  # bytes from the end that hold the last line: one has some 300
UNFIT: Final = (ValueError, KeyError, TypeError, OverflowError, RecursionError)  # what a damaged line raises
AS_IT_IS: Final = "surrogateescape"  # bytes that are no text come out of the file, and go back, unchanged


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, as the copy has it."""

    seq: int
    hash: bytes
    end: tuple[str, str, bytes, Reason, datetime]  # newsletter, key, subject, reason, moment

    @property
    def key_id(self) -> str:
        """The key of its pseudonym."""
        return self.end[1]

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
    begun: int = 0  # its first entry, where the file was not there and the ledger had older ones already
    begins: list[str] = field(default_factory=list)  # the line that says so
    unreadable: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # what this service did not write: it counts for nothing
    locked: dict[str, list[str]] = field(default_factory=dict)  # by the key that this machine lacks

    def must_open(self) -> None:
        """Raise Refused when there are lines that nobody can judge here: they would be taken out unread."""
        if keys := ", ".join(sorted(self.locked)):
            raise Refused(
                f"the copy has lines under key {keys}, which is not in the key ring on this machine; nothing "
                "was changed. Put that key back into BODE_KEYS_FILE and try again. Was it never a key of "
                "yours? Then somebody else wrote those lines: keep them apart, and take them out by hand"
            )

    @property
    def apart(self) -> list[str]:
        """Everything that is no entry of ours, or that nobody can judge here."""
        return [
            *self.begins,
            *self.foreign,
            *self.unreadable,
            *(each for kept in self.locked.values() for each in kept),
        ]

    def take(self, text: str) -> None:
        """One more line; a half line is what a full disk leaves."""
        try:
            content = _object(text)
            key_id = content["key_id"]
            if not self.ring.has(key_id):
                kept = self.locked.setdefault(key_id, []) if KEY_ID.fullmatch(key_id) else self.foreign
                kept.append(text)
            elif "signature" in content:
                self._begin(text, _anchor(content))
            elif not _ours(self.ring, content):
                self.foreign.append(text)
            elif "begun" in content:
                self.begun, self.begins = int(content["begun"]), [text]
            else:
                self.all.append(line(content))
        except UNFIT:  # whoever writes to the file stops nothing
            self.unreadable.append(text)

    def _begin(self, text: str, point: Checkpoint) -> None:
        if not chain.signed(CHAIN, self.ring, point):
            self.foreign.append(text)
        elif self.anchor is None or self.anchor.seq < point.seq:  # one that waited for its key is older
            self.anchor = point


class Copy:
    """The file, and the counter beside it; without a path there is none."""

    def __init__(self, path: Path | None, ring: KeyRing) -> None:
        self.path = path
        self.ring = ring

    @property
    def away(self) -> bool:
        """Whether there should be one and the file is not there: its disk is not mounted, or it is new."""
        return self.path is not None and not self.path.exists()

    def lines(self) -> Lines:
        """All of it."""
        found = Lines(self.ring)
        if self.path is not None and self.path.exists():
            for text in _texts(self.path.read_bytes()):
                found.take(text)
        return found

    def ends_with(self, head: Head | None) -> bool:
        """Whether its last line is the ledger's last entry: then there is nothing to catch up with."""
        last = Lines(self.ring)
        for text in _texts(self._tail())[-1:]:
            last.take(text)
        if not last.all:
            return not last.apart
        return head is not None and [(each.seq, each.hash) for each in last.all] == [(head.seq, head.hash)]

    def add(self, entries: Sequence[Entry]) -> None:
        """More lines, surely on the disk; one under a key that this machine lacks is filled in by another."""
        if self.path is None:
            return
        known, anew = [each for each in entries if self.ring.has(each.key_id)], self.away
        torn = bool(tail := self._tail()) and not tail.endswith(b"\n")
        with self.path.open("a") as out:
            out.write("\n" if torn else "")
            out.writelines(self._begun(each) for each in known[:1] if anew and each.seq > 1)
            out.writelines(map(self._text, known))
            out.flush()
            os.fsync(out.fileno())

    def prune(self, point: Checkpoint) -> None:
        """Take out what the ledger lets go; the signed point before the rest stays, and what is no line."""
        if self.path is not None and self.path.exists():
            lines = self.lines()
            self._put(point, [each for each in lines.all if each.seq > point.seq], lines.apart)

    def complete(self, entries: Iterable[Entry], found: Iterable[Line], anchor: Checkpoint | None) -> int:
        """Write in what it lacks, each in its place; nothing that this service wrote is taken out.

        Lines of a copy that was found again stay under their own numbers, which a certificate may name.
        Raises Refused when it has lines under a key that is not on this machine.
        """
        lines = self.lines()
        lines.must_open()
        anchor = anchor or lines.anchor
        begins = 0 if anchor is None else anchor.seq
        own = [of(each) for each in entries if self.ring.has(each.key_id)]
        kept = [*(each for each in found if each.seq > begins), *lines.all, *own]
        once = [*dict.fromkeys(reversed(kept))][::-1]  # the ledger's stands last of two with one number
        self._put(anchor, sorted(once, key=lambda each: each.seq))
        return len(set(once) - set(lines.all))

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

    def _begun(self, entry: Entry) -> str:
        """That the file begins here, sealed like an entry: who removes lines cannot write it."""
        content = {"begun": entry.seq, "key_id": entry.key_id}
        return json.dumps({**content, "seal": _seal(self.ring, content).hex()}) + "\n"

    def _put(self, anchor: Checkpoint | None, lines: list[Line], apart: Sequence[str] = ()) -> None:
        assert self.path is not None
        first = [] if anchor is None else [json.dumps(_signed(anchor)) + "\n"]
        kept = [*(each + "\n" for each in apart), *(self._text(each.entry()) for each in lines)]
        _replace(self.path, "".join([*first, *kept]))


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".counter")


def _replace(path: Path, text: str) -> None:
    """All at once; a process that does the same at this moment has another file."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    with fresh.open("wb") as out:
        out.write(text.encode(errors=AS_IT_IS))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def _texts(content: bytes) -> list[str]:
    return [each.decode(errors=AS_IT_IS) for each in content.split(b"\n") if each]


def content_of(entry: Entry) -> dict[str, Any]:
    """What a line says of an entry."""
    return {"seq": entry.seq, "hash": entry.hash.hex(), **entry.covered()}


def _seal(ring: KeyRing, content: dict[str, Any]) -> bytes:
    """Under the key of the pseudonym, which is kept as long as the ledger needs it: no rotation breaks it."""
    words = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return ring.mac("copybook", words, key_id=content["key_id"], scope=None)


def _ours(ring: KeyRing, content: dict[str, Any]) -> bool:
    told = {name: value for name, value in content.items() if name != "seal"}
    return hmac.compare_digest(bytes.fromhex(content.get("seal", "")), _seal(ring, told))


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
    told = {"seq": int(content["seq"]), "count": int(content["count"]), "key_id": str(content["key_id"])}
    sealed = {name: bytes.fromhex(content[name]) for name in ("hash", "signature")}
    return Checkpoint(at=datetime.fromisoformat(content["at"]), **told, **sealed)
