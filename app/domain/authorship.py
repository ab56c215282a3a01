"""Whose words stand in a text: who put them there, and not who pressed a button last.

A text is its fields and blocks. One that is changed is from who changed it and from whom it was before; one
that comes back as it was, moved or out of an earlier version, is from whom it was before. So is the whole:
who takes a block out has made another whole.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain import edition
from app.domain.audit import Event, Record
from app.domain.issue import Issue
from app.domain.typed import Typed
from app.domain.version import Version

IN_A_ROW: Final = 3  # words that stand in two texts by chance are fewer
# Articles, pronouns, and what joins words: two texts about different things have these in common.
COMMON: Final = frozenset(
    "de het een der des den ik jij je u hij zij ze we wij jullie mij me hem haar hen hun ons onze mijn uw "
    "zijn dit dat deze die er hier daar wie wat waar aan af als bij binnen boven buiten door in langs met "
    "na naar naast om onder op over per rond sinds te tegen ten ter tot tussen uit van vanaf via voor "
    "zonder en of maar want dus dan ook nog al is ben bent was waren wordt worden werd heeft heb hebt "
    "hebben had the a an i you he she it they him her them us our your my his its their this that these "
    "those there here who what where about above after at before behind below between by during for from "
    "into near off on out since through to under until up with within without and or but so than as if "
    "also be are am were been has have do does did s t".split()
)
WROTE: Final = (Event.ISSUE_BEGUN, Event.ISSUE_CORRECTED, Event.ISSUE_WRITTEN, Event.ISSUE_IMPORTED)
KNOWN: Final = 2_000  # texts whose words are remembered while they are compared: some issues at a time
AT_ONCE: Final = 2  # versions read in one go: a text may be a million characters, and others do not wait
_WORD = re.compile(r"\w+")

Names = frozenset[str]
NOBODY: Final[Names] = frozenset()


class Hands:
    """Every text that there ever was in an issue, with whose it is."""

    def __init__(self) -> None:
        self.whose: dict[str, Names] = {}
        self._before: dict[str, dict[str, str]] = {}  # by language, what stood at which place

    def follow(self, saved: list[tuple[dict[str, Any], str]]) -> None:
        """Versions in the order in which they were saved, with who saved each."""
        for content, author in saved:
            self.saved(Typed.of(content), frozenset({author}))

    def saved(self, written: Typed, by: Names) -> None:
        """Somebody saved this after all that was saved before; a language begins with what others have."""
        now, before = _parts(written), self._before.get(written.language) or self._elsewhere()
        for place, text in now.items():
            if text not in self.whose:
                old = (before[each] for each in before if _from(before[each], text, same=each == place))
                self.whose[text] = by.union(*(self.whose[each] for each in old))
        self.whose.setdefault(_whole(now), by)
        self._before[written.language] = now

    def _elsewhere(self) -> dict[str, str]:
        every = self._before.items()
        return {f"{language} {place}": text for language, there in every for place, text in there.items()}

    def stands(self, written: Typed, by: Names) -> None:
        """This text is there already; who is not known to have written a part of it, is one of these."""
        now = _parts(written)
        for text in now.values():
            self.whose.setdefault(text, by)
        self._before[written.language] = now

    def of(self, written: Typed) -> Names | None:
        """Whose words are in it; None when nobody knows that of some of them."""
        now = _parts(written)
        found = [self.whose.get(each) for each in (*now.values(), _whole(now))]
        known = [each for each in found if each is not None]
        return NOBODY.union(*known) if len(known) == len(found) else None


async def writers(session: AsyncSession, issue: Issue) -> Names:
    """Whose words are in an issue as it is now; where that is not known, whoever ever wrote in it."""
    hands, whole = await _hands(session, issue)
    found = [hands.of(each) for each in (await edition.typed(session, issue.id)).values()]
    known = NOBODY.union(*(each for each in found if each is not None))
    return known if whole and None not in found else known | await _on_record(session, issue.id)


async def _hands(session: AsyncSession, issue: Issue) -> tuple[Hands, bool]:
    """From its versions, and whether all are still there; a correction begins with what it corrects."""
    hands, numbers = Hands(), dict[str, int]()
    if issue.corrects_id is not None:
        sent = await session.get_one(Issue, issue.corrects_id)
        before, whole = await _hands(session, sent)
        known = await _on_record(session, sent.id)
        hands.whose = before.whose if whole else {}
        for each in (await edition.typed(session, sent.id)).values():
            hands.stands(each, known)
    query = select(Version).where(Version.issue_id == issue.id).order_by(Version.saved_at, Version.number)
    saved = []
    async for row in await session.stream_scalars(query.execution_options(yield_per=AT_ONCE)):
        numbers.setdefault(row.language, row.number)
        saved.append((row.content, row.author))
    await asyncio.to_thread(hands.follow, saved)  # hundreds of versions take a while: others do not wait
    return hands, all(first == 1 for first in numbers.values())


async def _on_record(session: AsyncSession, issue_id: UUID) -> Names:
    """Whoever wrote in it, as the trail tells, which nobody shortens."""
    query = select(Record.actor).where(Record.about == f"issue {issue_id}", Record.event.in_(WROTE))
    return frozenset(await session.scalars(query.distinct()))


def _parts(written: Typed) -> dict[str, str]:
    """Its fields and blocks as text, each at its place; what is empty is nobody's."""
    blocks = ("\n".join(each for each in piece.values.values() if each) for piece in written.pieces)
    found = {**written.top, **{str(number): text for number, text in enumerate(blocks)}}
    return {place: text for place, text in found.items() if text.strip()}


def _whole(parts: dict[str, str]) -> str:
    return "\0".join(parts.values())


def _from(old: str, new: str, *, same: bool) -> bool:
    """Whether words of one text are in another: at the same place one word that says something will do."""
    one, other = _words(old), _words(new)
    if same and not COMMON.issuperset(set(one) & set(other)):
        return True
    length = min(IN_A_ROW, len(one), len(other))
    return bool(length and _rows(old, length) & _rows(new, length))


@lru_cache(maxsize=KNOWN)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


@lru_cache(maxsize=KNOWN)
def _rows(text: str, length: int) -> frozenset[tuple[str, ...]]:
    words = _words(text)
    return frozenset(words[at : at + length] for at in range(len(words) - length + 1))
