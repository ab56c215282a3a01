"""A letter as bytes with gaps: what was approved, and into which only a reader's own few words are filled.

These bytes are stored when an issue is approved. Sending fills the gaps and does nothing else, so
what was approved is what is sent, and a reader costs microseconds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any, Self

VERSION = 1
CRLF = b"\r\n"

# An address has at most 254 octets (RFC 5321 with erratum 1690); a Message-ID of ours has fewer.
VALUE_MOST = 320
# With the "=" of a soft line break after it, a line of a body then stays within 76 characters
# (RFC 2045).
LEAVE_MOST = 75


class Gap(StrEnum):
    """What differs between two readers of the same letter, and nothing else does."""

    TO = "to"  # the reader's address, bare
    MESSAGE_ID = "message-id"  # with its angle brackets
    DATE = "date"  # in the form of RFC 5322, with a numeric zone
    LEAVE = "leave"  # the token in the reader's own link to stop


# One address, one id, one date, one token: no value can begin a second header or name a second
# recipient.
SHAPES = {
    Gap.TO: re.compile(rb'[^\x00-\x20\x7f,;:<>()"\\\[\]@]+@[^\x00-\x20\x7f,;:<>()"\\\[\]@]+'),
    Gap.MESSAGE_ID: re.compile(rb"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>"),
    Gap.DATE: re.compile(rb"[A-Za-z]{3}, [0-9]{1,2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} [+-][0-9]{4}"),
    Gap.LEAVE: re.compile(rb"[A-Za-z0-9_-]{1,%d}" % LEAVE_MOST),
}


class BadValue(ValueError):
    """What should fill a gap has the wrong form; the message does not repeat it."""


class BadStore(ValueError):
    """Stored bytes are not a compiled letter of this version."""


@dataclass(frozen=True, slots=True)
class Woven:
    """Fixed pieces with a gap between each two."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Gap, ...] = ()

    def fill(self, values: Mapping[Gap, bytes]) -> list[bytes]:
        """Pieces and values in turn; nothing is joined or copied."""
        filled: list[bytes] = [b""] * (2 * len(self.gaps) + 1)
        filled[::2] = self.pieces
        filled[1::2] = [values[gap] for gap in self.gaps]
        return filled

    def __add__(self, other: Woven) -> Woven:
        middle = self.pieces[-1] + other.pieces[0]
        return Woven((*self.pieces[:-1], middle, *other.pieces[1:]), self.gaps + other.gaps)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Header part and body, each with gaps; the empty line between them belongs to neither."""

    head: Woven  # whole lines, each with its CRLF
    body: Woven
    html_octets: int  # the HTML part as encoded; mail programs cut off what is too long

    @property
    def pieces(self) -> tuple[bytes, ...]:
        return self._whole().pieces

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return self.head.gaps + self.body.gaps

    def fill(self, values: Mapping[Gap, bytes]) -> list[bytes]:
        """One reader's message, in pieces; raises BadValue when a value could change more than its gap."""
        check(values, self.needs())
        return [*self.head.fill(values), CRLF, *self.body.fill(values)]

    def needs(self) -> frozenset[Gap]:
        return frozenset(self.gaps)

    def size(self, values: Mapping[Gap, bytes]) -> int:
        """The octets of the filled message, for SIZE= and for limits."""
        fixed = sum(len(piece) for piece in chain(self.head.pieces, self.body.pieces)) + len(CRLF)
        return fixed + sum(len(values[gap]) for gap in self.gaps)

    def to_bytes(self) -> bytes:
        """A line of JSON that says where the gaps are, then the pieces."""
        parts = {"head": _described(self.head), "body": _described(self.body)}
        top = {"bode-letter": VERSION, "html_octets": self.html_octets, **parts}
        line = json.dumps(top, separators=(",", ":"), sort_keys=True).encode("ascii")
        return b"".join((line, b"\n", *self.head.pieces, *self.body.pieces))

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        try:
            return cls._read(stored)
        except (KeyError, TypeError, ValueError) as error:
            raise BadStore("these bytes are not a compiled letter of this version") from error

    @classmethod
    def _read(cls, stored: bytes) -> Self:
        line, _, rest = stored.partition(b"\n")
        top = json.loads(line)
        if top["bode-letter"] != VERSION:
            raise ValueError("version")
        head, rest = _woven(top["head"], rest)
        body, rest = _woven(top["body"], rest)
        if rest:
            raise ValueError("length")
        return cls(head, body, int(top["html_octets"]))

    def digest(self) -> str:
        """What an approval is bound to."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def _whole(self) -> Woven:
        return self.head + Woven((CRLF,)) + self.body


def check(values: Mapping[Gap, bytes], needed: frozenset[Gap]) -> None:
    """Every gap has a value, and no value can reach outside its gap."""
    for gap in needed:
        value = values.get(gap)
        if value is None or len(value) > VALUE_MOST or not SHAPES[gap].fullmatch(value):
            raise BadValue(f"the value for '{gap}' is missing or has the wrong form")
        if not value.isascii():
            _check_unicode(gap, value)


def _check_unicode(gap: Gap, value: bytes) -> None:
    """Only an address may be outside ASCII (RFC 6531), and then in proper UTF-8 that breaks no line."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        raise BadValue(f"the value for '{gap}' is not UTF-8") from None
    if not text.isprintable():
        raise BadValue(f"the value for '{gap}' holds an invisible character")


def _described(woven: Woven) -> dict[str, list[Any]]:
    return {"gaps": list(woven.gaps), "lengths": [len(piece) for piece in woven.pieces]}


def _woven(described: Mapping[str, list[Any]], stored: bytes) -> tuple[Woven, bytes]:
    gaps = tuple(Gap(name) for name in described["gaps"])
    pieces = []
    for length in described["lengths"]:
        if not 0 <= length <= len(stored):
            raise ValueError("length")
        pieces.append(stored[:length])
        stored = stored[length:]
    if len(pieces) != len(gaps) + 1:
        raise ValueError("gaps")
    return Woven(tuple(pieces), gaps), stored


def weave(text: str, markers: Mapping[Gap, str]) -> list[str | Gap]:
    """The text in pieces, with a gap wherever its marker stood; empty pieces are left out."""
    if not markers:
        return [text]
    by_marker = {marker: gap for gap, marker in markers.items()}
    pattern = re.compile("(" + "|".join(map(re.escape, by_marker)) + ")")
    return [by_marker.get(piece, piece) for piece in pattern.split(text) if piece]


def joined(parts: list[bytes | Gap]) -> Woven:
    """Bytes and gaps in any order, as pieces with exactly one gap between each two."""
    pieces: list[list[bytes]] = [[]]
    gaps: list[Gap] = []
    for part in parts:
        if isinstance(part, Gap):
            gaps.append(part)
            pieces.append([])
        else:
            pieces[-1].append(part)
    return Woven(tuple(b"".join(piece) for piece in pieces), tuple(gaps))
