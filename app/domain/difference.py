"""What has changed between two versions of a text, block by block and word by word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import takewhile
from typing import Final

from app.domain.content import Article, Block, Call, Content, Divider, Event, Heading, Picture, Text

_WORD = re.compile(r"\S+\s*")
# Of comparing words, at worst: each pair of equal ones, as often as there are words. Half a second of one
# processor, for all blocks of a page together; what is more is told as a whole.
WORK_MOST: Final = 20_000_000


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


class Room:
    """How much may still be compared word by word on one page."""

    def __init__(self) -> None:
        self._left = WORK_MOST

    def takes(self, one: list[str], other: list[str]) -> bool:
        """Whether these words are compared as well."""
        there = Counter(other)
        work = min(len(one), len(other)) * sum(there[each] for each in one)
        fits = work <= self._left
        self._left -= work if fits else 0
        return fits


def differences(before: Content | None, after: Content | None) -> list[Difference]:
    """Everything that is not the same any more, in the order of the new version."""
    return between(_texts(before), _texts(after))


def _texts(content: Content | None) -> list[str]:
    return [_top(content), *map(written, content.blocks)] if content else []


def between(old: list[str], new: list[str]) -> list[Difference]:
    """The same of texts: first what stands above the blocks, then each block."""
    found, room = list[Difference](), Room()
    for verb, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb != "equal":
            found += _between(old[a:b], new[c:d], a, c, room)
    return found


def _between(old: list[str], new: list[str], a: int, c: int, room: Room) -> Iterator[Difference]:
    """Blocks that stand at the same place are the same block, changed; what is left is added or removed."""
    paired = min(len(old), len(new))
    for at in range(paired):
        yield Difference(Change.CHANGED, c + at, tuple(pieces(old[at], new[at], room)))
    for at in range(paired, len(new)):
        yield Difference(Change.ADDED, c + at, (Piece(Change.ADDED, new[at]),))
    for at in range(paired, len(old)):
        yield Difference(Change.REMOVED, a + at, (Piece(Change.REMOVED, old[at]),))


def pieces(old: str, new: str, room: Room | None = None) -> list[Piece]:
    """The words of both, with what became of them; what changes in a row is told in one go."""
    was, now = _WORD.findall(old), _WORD.findall(new)
    told, same = list[Piece](), new[: len(new) - len(new.lstrip())]
    for verb, a, b, c, d in _steps(_bare(was), _bare(now), room or Room()):
        gone, fresh = "".join(was[a:b]), "".join(now[c:d])
        if verb == "equal":
            same += fresh
            continue
        if not fresh and same and not same[-1].isspace():
            gone = f" {gone}"  # it stood at the end, and what is before it ends without a blank now
        gone, added = gone.rstrip() if fresh else gone, fresh.rstrip()
        told += [Piece(Change.SAME, same), Piece(Change.REMOVED, gone), Piece(Change.ADDED, added)]
        same = fresh[len(added) :]
    return [each for each in (*told, Piece(Change.SAME, same)) if each.text]


def _bare(words: list[str]) -> list[str]:
    """Without the blanks behind them: another line is no other word."""
    return [each.rstrip() for each in words]


def _steps(was: list[str], now: list[str], room: Room) -> Iterator[tuple[str, int, int, int, int]]:
    """What becomes of which words; what both begin and end with is not compared, however long it is."""
    head = _alike(was, now)
    tail = _alike(was[head:][::-1], now[head:][::-1])
    one, other = was[head : len(was) - tail], now[head : len(now) - tail]
    yield "equal", 0, head, 0, head
    if room.takes(one, other):
        for verb, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
            yield verb, head + a, head + b, head + c, head + d
    else:
        yield "replace", head, len(was) - tail, head, len(now) - tail
    yield "equal", len(was) - tail, len(was), len(now) - tail, len(now)


def _alike(one: list[str], other: list[str]) -> int:
    """How many words are the same from the beginning."""
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False)))


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
