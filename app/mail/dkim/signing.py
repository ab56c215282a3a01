"""Signs mail: what all readers of an issue share is hashed once, and only the rest for each of them.

Everything here may run in many threads at once: nothing changes after it is made, and signing with
RSA, by far the longest part, leaves Python to the others meanwhile.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.mail.compiled import CRLF, Compiled, Gap, Woven, check
from app.mail.dkim import canonical
from app.mail.dkim.keys import Key, Keys

if TYPE_CHECKING:
    from hashlib import _Hash

LINE_MOST = 78  # RFC 5322: what a line should have at most
NAME = "DKIM-Signature:"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with all keys of a file."""

    keys: Keys

    def prepare(self, compiled: Compiled) -> Prepared:
        """Do once what is the same for every reader; raises Refused when it cannot be signed."""
        found = canonical.fields(compiled.head)
        self.keys.check_sender(canonical.sender_domain(found))
        names, head = canonical.header(found)
        openings = tuple((key, _opening(key, self.keys.domain, names)) for key in self.keys.keys)
        body = canonical.body(compiled.body)
        rest = Woven((b"", *body.pieces[1:]), body.gaps)
        return Prepared(openings, head, hashlib.sha256(body.pieces[0]), rest, compiled.needs())


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A letter that only lacks a reader's own words to be signed."""

    openings: tuple[tuple[Key, tuple[str, ...]], ...]  # each key, and how its header lines begin
    head: Woven
    begun: _Hash  # of the body, up to its first gap
    rest: Woven
    needs: frozenset[Gap]

    def sign(self, values: Mapping[Gap, bytes], now: datetime) -> list[bytes]:
        """The header lines to put in front; the same values and time always give the same bytes."""
        check(values, self.needs)
        body = self.begun.copy()
        body.update(b"".join(self.rest.fill(values)))
        head = hashlib.sha256(b"".join(self.head.fill(values)))
        body_hash = base64.b64encode(body.digest()).decode("ascii")
        words = (f" t={int(now.timestamp())};", f" bh={body_hash};", " b=")
        return [_signature(key, _folded(lines, words), head.copy()) for key, lines in self.openings]


def sign(message: bytes, keys: Keys, now: datetime) -> bytes:
    """A whole message with its signatures in front."""
    head, _, body = message.partition(CRLF + CRLF)
    compiled = Compiled(Woven((head + CRLF,)), Woven((body,)), 0)
    return b"".join((*Signer(keys).prepare(compiled).sign({}, now), message))


def _opening(key: Key, domain: str, names: list[str]) -> tuple[str, ...]:
    """What a signature says about itself; no l=, so nothing can be added below what was signed."""
    words = [" v=1;", f" a={key.kind}-sha256;", " c=relaxed/relaxed;", f" d={domain};", f" s={key.selector};"]
    words += [" h=", *(f"{name}:" for name in names[:-1]), f"{names[-1]};"]
    return tuple(_folded((NAME,), words))


def _signature(key: Key, lines: list[str], head: _Hash) -> bytes:
    """Sign the headers and this one, still without its value (RFC 6376, section 3.7)."""
    # Lines are broken at one blank, so joined they are in relaxed form but for the name.
    value = "".join(lines).removeprefix(NAME).lstrip(" ")
    head.update(f"{NAME.lower()}{value}".encode("ascii"))
    signed = base64.b64encode(key.sign(head.digest())).decode("ascii")
    return "\r\n".join((*_ended(lines, signed), "")).encode("ascii")


def _folded(lines: Iterable[str], words: Iterable[str]) -> list[str]:
    """The lines with further words, broken between words only; each new line begins with a blank."""
    *whole, last = lines
    for word in words:
        if len(last) + len(word) <= LINE_MOST:
            last += word
        else:
            whole.append(last)
            last = " " + word.lstrip(" ")
    return [*whole, last]


def _ended(lines: list[str], signed: str) -> list[str]:
    """The lines with the signature after them, which may be broken anywhere."""
    room = LINE_MOST - len(lines[-1])
    rest = range(room, len(signed), LINE_MOST - 1)
    return [*lines[:-1], lines[-1] + signed[:room], *(f" {signed[at : at + LINE_MOST - 1]}" for at in rest)]
