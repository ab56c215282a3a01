"""What is signed: header and body in the one spelling that a relay's usual changes do not touch ("relaxed").

A gap needs no exception: whatever fills it begins and ends with something visible, holds no line
break and no two blanks in a row (`compiled.SHAPES`). So no value can change how the bytes beside it
are spelled, its own spelling does not change, and every fixed piece can be brought into form once.
"""

from __future__ import annotations

import re
from collections import defaultdict

from app.core.errors import Refused
from app.mail.compiled import CRLF, Gap, Woven, joined

# What a reader or a mail program goes by: every header that we send, and a test holds that so. One that is
# not there is not named (a newsletter has no Auto-Submitted): who passes mail on for a reader may add it.
SIGNED = """
    from to subject date message-id reply-to mime-version content-type list-id list-unsubscribe
    list-unsubscribe-post list-help list-subscribe list-archive list-post feedback-id auto-submitted
    precedence x-auto-response-suppress
""".split()
# Named once more than they occur: one that is added on the way then breaks the signature (RFC 6376,
# section 8.15).
OVERSIGNED = frozenset("from to subject date reply-to list-unsubscribe list-unsubscribe-post".split())

BLANKS = re.compile(rb"[ \t]+")
FOLD = re.compile(rb"\r\n(?=[ \t])")
NAME = re.compile(rb"[!-9;-~]+")  # RFC 5322, section 2.2
SENDER = re.compile(rb"(?:[^\r\n]*<)?[^<>@\r\n]+@([A-Za-z0-9.-]+)>?")

# Octets from here on never occur in UTF-8, so each can stand for a gap while headers are sorted.
FIRST_FREE = 0xF8
MARKS = {gap: bytes((number,)) for number, gap in enumerate(Gap, start=FIRST_FREE)}
GAPS = {mark: gap for gap, mark in MARKS.items()}
MARK = re.compile(rb"([\xf8-\xff])")

Fields = dict[str, list[bytes]]


def body(woven: Woven) -> Woven:
    """RFC 6376, section 3.4.4: blanks are one, none ends a line, and no empty line ends the body."""
    _check_line_ends(woven)
    pieces = [_relaxed(piece) for piece in woven.pieces]
    last = _relaxed(woven.pieces[-1] + CRLF).rstrip(CRLF)
    pieces[-1] = last + CRLF if last or woven.gaps else b""
    return Woven(tuple(pieces), woven.gaps)


def header(found: Fields) -> tuple[list[str], Woven]:
    """The names for h=, and the lines they stand for; of equal names the last one comes first."""
    names: list[str] = []
    lines: list[bytes] = []
    for name in SIGNED:
        present = found[name][::-1] if name in found else []
        names += [name] * (len(present) + (name in OVERSIGNED))
        lines += present
    parts = MARK.split(b"".join(lines))
    return names, joined([GAPS.get(part, part) for part in parts])


def fields(head: Woven) -> Fields:
    """Each header line under its name in small letters, in relaxed form (RFC 6376, section 3.4.2)."""
    _check_line_ends(head)
    if any(MARK.search(piece) for piece in head.pieces):
        raise Refused("a header that is not UTF-8 cannot be signed")
    marked = b"".join(head.fill(MARKS))
    found: Fields = defaultdict(list)
    for line in FOLD.sub(b"", marked).removesuffix(CRLF).split(CRLF):
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t").lower()
        if not colon or not NAME.fullmatch(name):
            raise Refused("what has a line without a header's name cannot be signed")
        found[name.decode("ascii")].append(name + b":" + BLANKS.sub(b" ", value).strip(b" ") + CRLF)
    return found


def sender_domain(found: Fields) -> str:
    """The domain of the one From that a mail must have."""
    lines = found.get("from", [])
    match = SENDER.fullmatch(lines[0].removeprefix(b"from:").removesuffix(CRLF)) if len(lines) == 1 else None
    if match is None:
        raise Refused("only a mail with one sender can be signed")
    return match[1].decode("ascii")


def _relaxed(piece: bytes) -> bytes:
    return BLANKS.sub(b" ", piece).replace(b" \r\n", CRLF)


def _check_line_ends(woven: Woven) -> None:
    """Programs on the way disagree on what a CR or LF alone is, and change it."""
    for piece in woven.pieces:
        ends = piece.count(CRLF)
        if ends != piece.count(b"\n") or ends != piece.count(b"\r"):
            raise Refused("a mail with a bare CR or LF cannot be signed")
