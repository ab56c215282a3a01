"""Holes in the ledger or its copy: what one of the two lacks is found, told, and filled from the other.

An entry keeps its number and its hash wherever it is put back; only an end whose number is another's by now
gets a new one. What neither of the two has leaves its number empty, so that everybody sees the hole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import chain
from app.core.crypto import KeyRing
from app.core.faults import UNKEYED, Absent, Litter, Unkeyed, lacks
from app.domain import copybook
from app.domain.copybook import Copy, Line, Lines
from app.domain.ledger import Checkpoint, Entry, Head

AWAY: Final = "the copy is not there, so nothing could be compared"
ANEW: Final = "the copy was not there for a time and was begun anew, without what is older"


async def _own(session: AsyncSession) -> dict[int, Line]:
    """All that the ledger has, by its number."""
    return {each.seq: copybook.of(each) for each in await session.scalars(select(Entry))}


async def anchor(session: AsyncSession) -> Checkpoint | None:
    """The signed point before the first entry that is kept: what is older was let go in order."""
    first = await session.scalar(select(func.min(Entry.seq)))
    query = select(Checkpoint).order_by(Checkpoint.seq.desc()).limit(1)
    return await session.scalar(query if first is None else query.where(Checkpoint.seq == first - 1))


async def compare(session: AsyncSession, copy: Copy) -> list[str]:
    """What one of the two lacks and the other has, in words; nothing when there is no copy."""
    if copy.path is None:
        return []
    own, lines = await _own(session), copy.lines()
    there: dict[int, set[bytes]] = {}
    for each in lines.all:
        there.setdefault(each.seq, set()).add(each.hash)
    other = {seq for seq, line in own.items() if seq in there and line.hash not in there[seq]}
    added = {each.seq for each in await _unknown(session, own, lines)} - other
    begins = lines.anchor.seq if lines.anchor else 0
    unkeyed = {seq: line.key_id for seq, line in own.items() if not copy.ring.has(line.key_id)}
    missing = {seq for seq in own if seq > begins} - there.keys() - unkeyed.keys()
    before = missing if copy.away else {seq for seq in missing if seq < lines.begun}
    return [
        *map(Absent, _told(AWAY if copy.away else ANEW, before)),
        *_counted("lines of the copy that cannot be read", lines.unreadable),
        *_counted("lines of the copy that have no seal of ours", lines.foreign),
        *(
            Unkeyed("lines of the copy", each, f": {len(kept)}")
            for each, kept in sorted(lines.locked.items())
        ),
        *_told("not what the copy has, so the ledger was rewritten", other),
        *_told("in the copy and not in the ledger", added),
        *_told("in the ledger and not in its copy", missing - before),
        *_locked(copy.ring, unkeyed),
    ]


def _counted(what: str, lines: list[str]) -> list[str]:
    return [Litter(f"{what}: {len(lines)}")] if lines else []


def _locked(ring: KeyRing, unkeyed: dict[int, str]) -> Iterator[str]:
    """Entries that nobody can judge here, by their key; what never was a key's name was changed."""
    for key in sorted(set(unkeyed.values())):
        where = _runs({seq for seq, own in unkeyed.items() if own == key})
        yield Unkeyed("in the ledger", key, where) if lacks(ring, key) else f"in the ledger {UNKEYED}{where}"


def _told(what: str, found: set[int]) -> list[str]:
    """One line about these numbers; none when there are none."""
    return [what + _runs(found)] if found else []


def _runs(found: set[int]) -> str:
    """These numbers, in runs."""
    runs: list[list[int]] = []
    for each in sorted(found):
        if runs and each == runs[-1][1] + 1:
            runs[-1][1] = each
        else:
            runs.append([each, each])
    named = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)
    return f": record {named}"


async def _unknown(session: AsyncSession, own: dict[int, Line], lines: Lines) -> list[Line]:
    """The ends that the ledger does not know, under this number or any other."""
    point = await anchor(session)
    known = {each.end for each in own.values()}
    before = 0 if point is None else point.seq
    return [each for each in lines.all if each.seq > before and each.end not in known]


async def take_over(session: AsyncSession, lines: Lines) -> tuple[list[Entry], list[Entry]]:
    """Put ends into the ledger that only a copy has; nobody else may write meanwhile.

    1. Where its number is free and no neighbour contradicts it, an entry gets its own place.
    2. An end whose place is another's is written down once more, as the last.
    """
    if not lines.all:
        return [], []
    own = await _own(session)
    unknown = await _unknown(session, own, lines)
    if unknown and not own and lines.anchor is not None and await anchor(session) is None:
        session.add(lines.anchor)
        await session.flush()
    points = (await session.execute(select(Checkpoint.seq, Checkpoint.hash))).all()
    placed, again = _sorted_out(unknown, own, {0: chain.START, **dict(points)})
    session.add_all(placed)
    await session.flush()
    if placed:
        await _reach(session, placed[-1].seq, placed[-1].hash)
    for entry in again:
        await chain.append(session, Head, "ledger", entry)
    return placed, again


def _sorted_out(
    unknown: list[Line], own: dict[int, Line], ends: dict[int, bytes]
) -> tuple[list[Entry], list[Entry]]:
    """Those that get their own place, in order, and those whose place is another's; no end comes twice."""
    before = {**ends, **{seq: line.hash for seq, line in own.items()}}
    placed: dict[int, Line] = {}
    again, astray = [], dict[int, bytes]()
    newest = {each.seq: each for each in unknown}  # of two with one number, the later one was kept
    for each in sorted(unknown, key=lambda each: each.seq):
        left, right = before.get(each.seq - 1), own.get(each.seq + 1)
        fits = (left is None or each.follows(left)) and (right is None or right.follows(each.hash))
        stray = each.seq - 1 in astray and each.follows(astray[each.seq - 1])
        if newest[each.seq] is each and each.seq not in own and fits and not stray:
            placed[each.seq], before[each.seq] = each, each.hash
        else:
            astray[each.seq] = each.hash
            again.append(each)
    there = {each.end for each in placed.values()}
    others = {each.end: each for each in again if each.end not in there}
    return [each.entry() for each in placed.values()], [each.entry() for each in others.values()]


async def _reach(session: AsyncSession, seq: int, last: bytes) -> None:
    """The ledger goes on after this number, unless it does already."""
    head = await session.get(Head, "ledger", with_for_update=True)
    if head is None:
        session.add(Head(name="ledger", seq=seq, hash=last))
    elif head.seq < seq:
        head.seq, head.hash = seq, last
    await session.flush()


async def lost(session: AsyncSession, seq: int, last: bytes | None, copied: Lines | None = None) -> int:
    """How many entries are gone, for somebody who saw the ledger come this far, with this hash at its end.

    Where another entry has that very number the ledger is another one: nobody can say how many, at least one.
    Unless that end is in the copy: then it was just put back, under another number.
    """
    head = await session.get(Head, "ledger")
    end = head.seq if head else 0
    found = await session.scalar(select(Entry.hash).where(Entry.seq == seq))
    known = {None, found} | {each.hash for each in (copied.all if copied else []) if each.seq == seq}
    return max(seq - end, int(found is not None and last not in known))


async def leave_empty(session: AsyncSession, seq: int, last: bytes | None, copied: Lines) -> int:
    """Give the numbers of what is lost to nobody else: the hole is seen until no backup needs them."""
    if count := await lost(session, seq, last, copied):
        head = await session.get(Head, "ledger", with_for_update=True)
        end, own = (head.seq, head.hash) if head else (0, chain.START)
        await _reach(session, end + count, own if last is None or end >= seq else last)
    return count
