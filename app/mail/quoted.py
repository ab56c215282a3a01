"""Quoted-printable around gaps: every piece is encoded by itself, so that a gap is never split or encoded.

A soft line break (`=` at the end of a line, which a reader never sees) sets each gap apart on a
line. Whatever token fills it, the lines stay short and what was signed stays as it is.
"""

from __future__ import annotations

from app.mail.compiled import Gap

# RFC 2045 allows 76 characters; the last one is kept for the "=" of a soft line break.
LINE_MOST = 75
SOFT = b"=\r\n"
HARD = b"\r\n"

_BLANK = b" \t"
_SEEN = frozenset(range(33, 127)) - {ord("=")} | frozenset(_BLANK)
_CODES = [bytes((octet,)) if octet in _SEEN else b"=%02X" % octet for octet in range(256)]
_CODED_BLANK = {octet: b"=%02X" % octet for octet in _BLANK}


def encode(pieces: list[str | Gap]) -> list[bytes | Gap]:
    """The text of one part, whose lines end in a line feed, as the bytes that go out."""
    encoded: list[bytes | Gap] = []
    for line in _lines(pieces):
        encoded += [*_line(line), HARD]
    return encoded


def _lines(pieces: list[str | Gap]) -> list[list[str | Gap]]:
    lines: list[list[str | Gap]] = [[]]
    for piece in pieces:
        if isinstance(piece, Gap):
            lines[-1].append(piece)
            continue
        first, *rest = piece.split("\n")
        lines[-1] += [first] if first else []
        lines += [[part] if part else [] for part in rest]
    return lines if lines[-1] else lines[:-1]


def _line(pieces: list[str | Gap]) -> list[bytes | Gap]:
    """One line of the text; between two of its pieces always stands a soft line break."""
    encoded: list[bytes | Gap] = []
    for number, piece in enumerate(pieces, start=1):
        last = number == len(pieces)
        encoded.append(piece if isinstance(piece, Gap) else _text(piece, ends_line=last))
        if not last:
            encoded.append(SOFT)
    return encoded


def _text(text: str, *, ends_line: bool) -> bytes:
    octets = text.encode("utf-8")
    codes = [_CODES[octet] for octet in octets]
    if ends_line and octets[-1] in _CODED_BLANK:  # a blank before a line break may be lost on the way
        codes[-1] = _CODED_BLANK[octets[-1]]
    lines = [bytearray()]
    for code in codes:
        if len(lines[-1]) + len(code) > LINE_MOST:
            lines.append(bytearray())
        lines[-1] += code
    return SOFT.join(lines)
