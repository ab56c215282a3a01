"""Makes a letter ready to send: text, HTML and pictures as bytes, with gaps where a reader's own words come.

Everything that is slow or can go wrong happens here, once per issue and language. The encodings
are chosen so that no relay has a reason to change a byte after signing (RFC 6376, section 5.3).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.mail import headers, quoted
from app.mail.compiled import BadStore, BadValue, Compiled, Gap, Woven, joined, weave
from app.mail.headers import BadHeader

__all__ = [
    "BadHeader",
    "BadLetter",
    "BadStore",
    "BadValue",
    "Compiled",
    "Gap",
    "Letter",
    "Picture",
    "TooLarge",
    "Woven",
    "compile_letter",
]

# Pictures travel inside the mail, and a telephone on the move has to fetch them.
PICTURES_MOST = 300_000
# Well below what any receiver refuses, and a burst of it is bearable for a relay.
MESSAGE_MOST = 500_000
# Gmail cuts off the HTML part at about 102 KB, measured as it is encoded.
HTML_MOST = 102_000
# A marker this long cannot stand in a text by chance.
MARKER = re.compile(r"[A-Za-z0-9]{16,}", re.ASCII)
# The gaps that every letter has.
ALWAYS = frozenset((Gap.TO, Gap.MESSAGE_ID, Gap.DATE))

TYPES = frozenset(("image/png", "image/jpeg", "image/gif"))
CID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}@[A-Za-z0-9][A-Za-z0-9.-]{0,60}", re.ASCII)
FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,50}", re.ASCII)


class BadLetter(ValueError):
    """A letter cannot be made from this; the message says which part is wrong, never what was in it."""


class TooLarge(ValueError):
    """The letter, its pictures or its HTML part are over the limit."""

    def __init__(self, what: str, octets: int, most: int) -> None:
        super().__init__(f"{what}: {octets} octets, at most {most}")
        self.what = what
        self.octets = octets
        self.most = most


@dataclass(frozen=True, slots=True)
class Picture:
    """An image inside the letter; the HTML shows it as `cid:` and its `cid`."""

    cid: str
    type: str
    content: bytes
    filename: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it was rendered; where a gap will be, text, html and header values hold its marker."""

    subject: str
    sender_name: str
    sender: str
    text: str
    html: str
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()


def compile_letter(letter: Letter, *, markers: Mapping[Gap, str], boundary_seed: bytes) -> Compiled:
    """The letter as bytes with gaps; the same letter, markers and seed always give the same bytes."""
    _check_markers(letter, markers)
    _check_pictures(letter.pictures)
    bounds = _Bounds(boundary_seed)
    html = _part("text/html; charset=utf-8", letter.html, markers)
    head, body = _head(letter, markers, bounds), _body(letter, html, markers, bounds)
    compiled = Compiled(head, body, _octets(html))
    _check_size("the HTML part", compiled.html_octets, HTML_MOST)
    _check_size("the message", sum(map(len, compiled.pieces)), MESSAGE_MOST)
    return compiled


class _Bounds:
    """The lines between parts; no quoted-printable and no base64 holds "=_", so no part does."""

    def __init__(self, seed: bytes) -> None:
        self.outer, self.inner = (
            "=_" + hashlib.sha256(level + seed).hexdigest()[:32] for level in (b"alternative ", b"related ")
        )


def _head(letter: Letter, markers: Mapping[Gap, str], bounds: _Bounds) -> Woven:
    lines: list[bytes | Gap] = [headers.sender(letter.sender_name, letter.sender)]
    lines += [b"To: ", Gap.TO, b"\r\n", headers.subject(letter.subject)]
    lines += [b"Date: ", Gap.DATE, b"\r\nMessage-ID: ", Gap.MESSAGE_ID, b"\r\n"]
    lines += [headers.reply_to(letter.reply_to)] if letter.reply_to else []
    lines += [b"MIME-Version: 1.0\r\n", _multipart("alternative", bounds.outer)]
    for name, value in headers.further(letter.headers):
        lines += _ascii(weave(headers.fold(name, value), markers))
    return joined(lines)


def _body(letter: Letter, html: list[bytes | Gap], markers: Mapping[Gap, str], bounds: _Bounds) -> Woven:
    plain = _part("text/plain; charset=utf-8", letter.text, markers)
    rich = _related(html, letter.pictures, bounds.inner) if letter.pictures else html
    return joined(_parts([plain, rich], bounds.outer))


def _related(html: list[bytes | Gap], pictures: tuple[Picture, ...], bound: str) -> list[bytes | Gap]:
    top = _multipart("related", bound, '; type="text/html"')
    shown: list[list[bytes | Gap]] = [[_picture(picture)] for picture in pictures]
    return [top, b"\r\n", *_parts([html, *shown], bound)]


def _multipart(kind: str, bound: str, more: str = "") -> bytes:
    return f'Content-Type: multipart/{kind}{more};\r\n boundary="{bound}"\r\n'.encode("ascii")


def _parts(parts: list[list[bytes | Gap]], bound: str) -> list[bytes | Gap]:
    line = b"--" + bound.encode("ascii")
    woven: list[bytes | Gap] = []
    for part in parts:
        woven += [line, b"\r\n", *part, b"\r\n"]
    return [*woven, line, b"--\r\n"]


def _part(kind: str, text: str, markers: Mapping[Gap, str]) -> list[bytes | Gap]:
    if not text.strip() or "\0" in text:
        raise BadLetter(f"the part {kind} is empty or holds a NUL")
    top = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = weave(ended, markers)
    if any(isinstance(piece, Gap) and piece is not Gap.LEAVE for piece in pieces):
        raise BadLetter(f"the part {kind} holds a gap that belongs in a header")
    try:
        return [top, *quoted.encode(pieces)]
    except UnicodeEncodeError:
        raise BadLetter(f"the part {kind} holds half a character") from None


def _picture(picture: Picture) -> bytes:
    top = (
        f"Content-Type: {picture.type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.cid}>\r\n"
        f'Content-Disposition: inline; filename="{picture.filename}"\r\n\r\n'
    )
    return top.encode("ascii") + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")


def _ascii(pieces: list[str | Gap]) -> list[bytes | Gap]:
    return [piece if isinstance(piece, Gap) else piece.encode("ascii") for piece in pieces]


def _check_markers(letter: Letter, markers: Mapping[Gap, str]) -> None:
    """Long, plain, distinct, used, and never in a header that is encoded."""
    if not all(MARKER.fullmatch(marker) for marker in markers.values()):
        raise BadLetter("a marker must be at least 16 ASCII letters and digits")
    if any(a in b for g, a in markers.items() for h, b in markers.items() if g is not h):
        raise BadLetter("one marker stands inside another")
    if any(marker in letter.subject + letter.sender_name for marker in markers.values()):
        raise BadLetter("the subject and the sender's name are the same for everyone")
    places = "\n".join((letter.text, letter.html, *(value for _, value in letter.headers)))
    if any(marker not in places for gap, marker in markers.items() if gap not in ALWAYS):
        raise BadLetter("a gap is promised and its marker stands nowhere in the letter")


def _check_pictures(pictures: tuple[Picture, ...]) -> None:
    for picture in pictures:
        named = CID.fullmatch(picture.cid) and FILENAME.fullmatch(picture.filename)
        if not named or picture.type not in TYPES or not picture.content:
            raise BadLetter("a picture has a name, type or content that cannot be sent")
    if len({picture.cid for picture in pictures}) < len(pictures):
        raise BadLetter("two pictures have the same cid")
    _check_size("the pictures", sum(len(picture.content) for picture in pictures), PICTURES_MOST)


def _check_size(what: str, octets: int, most: int) -> None:
    if octets > most:
        raise TooLarge(what, octets, most)


def _octets(part: list[bytes | Gap]) -> int:
    """As encoded, each gap counted at its longest."""
    return sum(quoted.LINE_MOST if isinstance(piece, Gap) else len(piece) for piece in part)
