"""What differs between two texts of an issue, finished or not, for who looks back or has to choose."""

from __future__ import annotations

import asyncio

from app.domain.difference import Difference, between
from app.domain.typed import FIELDS, TOP, Piece, Typed
from app.web.staff.issue import words
from app.web.staff.issue.words import Say


async def compare(one: Typed, other: Typed, say: Say) -> list[Difference]:
    """From one text to the other; nothing when they say the same. Others do not wait for long ones."""
    return await asyncio.to_thread(lambda: between(_texts(one, say), _texts(other, say)))


def _texts(written: Typed, say: Say) -> list[str]:
    top = "\n".join(filter(None, (written.top.get(name, "") for name in TOP)))
    return [top, *(_text(piece, words.kinds(say)) for piece in written.pieces)]


def _text(piece: Piece, kinds: dict[str, str]) -> str:
    values = (_shown(name, piece.values.get(name, "")) for name in FIELDS[piece.kind])
    return "\n".join((f"[{kinds[piece.kind]}]", *filter(None, values)))


def _shown(name: str, value: str) -> str:
    """What a reader of the page sees of a value: a small heading has a sign, and so has decoration."""
    if name == "level":
        return "###" if value == "3" else ""
    return "-" if name == "decorative" and value else value
