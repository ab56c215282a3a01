"""What has changed between two versions of a text, block by block and word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from app.domain.content import Article, Block, Call, Content, Divider, Event, Heading, Picture, Text

_WORDS = re.compile(r"\s+|[^\s]+")
WORDS_MOST = 2_000  # with the blanks, on either side: comparing takes their product, and a page cannot wait


class Change(StrEnum):
    """What became of a block or of a few words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"  # of a block: its pieces say how


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words, and what became of them."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One block, by its number in the new version, else in the old one; 0 is what stands above the blocks."""

    change: Change
    number: int
    pieces: tuple[Piece, ...]


def differences(before: Content | None, after: Content) -> list[Difference]:
    """Everything that is not the same any more, in the order of the new version."""
    old = [_top(before), *map(written, before.blocks)] if before else []
    return between(old, [_top(after), *map(written, after.blocks)])


def between(old: list[str], new: list[str]) -> list[Difference]:
    """The same of texts: first what stands above the blocks, then each block."""
    found: list[Difference] = []
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb != "equal":
            found += _between(old[a:b], new[c:d], a, c)
    return found


def _between(old: list[str], new: list[str], a: int, c: int) -> Iterator[Difference]:
    """Blocks that stand at the same place are the same block, changed; what is left is added or removed."""
    paired = min(len(old), len(new))
    for at in range(paired):
        yield Difference(Change.CHANGED, c + at, tuple(pieces(old[at], new[at])))
    for at in range(paired, len(new)):
        yield Difference(Change.ADDED, c + at, (Piece(Change.ADDED, new[at]),))
    for at in range(paired, len(old)):
        yield Difference(Change.REMOVED, a + at, (Piece(Change.REMOVED, old[at]),))


def pieces(old: str, new: str) -> Iterator[Piece]:
    """The words of both, with what became of them; what changes in a row is told in one go."""
    was, now = _WORDS.findall(old), _WORDS.findall(new)
    if old != new and max(len(was), len(now)) > WORDS_MOST:
        yield from _turned(old, new)
        return
    gone, fresh = "", ""
    for verb, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        kept = "".join(now[c:d])
        if verb == "equal" and (kept.strip() or not (gone or fresh)):
            yield from _turned(gone, fresh)
            gone, fresh = "", ""
            yield Piece(Change.SAME, kept)
        else:
            gone, fresh = gone + "".join(was[a:b]), fresh + kept
    yield from _turned(gone, fresh)


def _turned(gone: str, fresh: str) -> Iterator[Piece]:
    if gone.strip():
        yield Piece(Change.REMOVED, gone)
    if fresh:
        yield Piece(Change.ADDED if fresh.strip() else Change.SAME, fresh)


def _top(content: Content) -> str:
    return _lines(content.subject, content.preheader, content.intro)


def written(block: Block) -> str:
    """A block as lines of text, with everything in it that a reader can see or follow."""
    if isinstance(block, Heading):
        return f"{'#' * block.level} {block.text}"
    return _lines(*_values(block))


def _values(block: Text | Article | Event | Picture | Call | Divider) -> tuple[str | None, ...]:
    match block:
        case Article():
            return block.title, block.summary, block.link_text, block.link
        case Event():
            hours = "–".join(f"{each:%H:%M}" for each in (block.starts_at, block.ends_at) if each)
            when = f"{block.starts_on.isoformat()} {hours}".strip()
            return block.title, when, block.place, block.summary, block.link
        case Picture():
            return block.image, block.alt or "-"
        case Call():
            return block.text, block.link
    return (block.markdown,) if isinstance(block, Text) else ("---",)


def _lines(*values: str | None) -> str:
    return "\n".join(each for each in values if each)
