"""The copies a worker has claimed and not sent yet, each with the moment from which it may leave.

Issues that go out at the same time take turns by that moment: neither one with many readers nor one
with a slow pace keeps the others waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, islice
from operator import attrgetter
from uuid import UUID

from app.features.send.lease import Copy
from app.features.send.letter import Ready, Run

# Seconds of a pace that may be made up for at once. A busy moment (a slow commit, a relay that thinks) must
# not cost pace, and after a longer one the relay gets what was promised: a second's letters, and no burst.
SAVED = 1.0
Made = Ready | Exception  # a copy that can leave, or why it cannot be made
MOMENT = attrgetter("not_before")


@dataclass(slots=True)
class Item:
    """A copy, the issue it belongs to, and its moment on the steady clock."""

    run: Run
    copy: Copy
    not_before: float
    made: Made | None = None  # filled ahead of its turn, or why that cannot be
    hangs: int = 0  # connections that were lost while its envelope was open
    signing: asyncio.Future[Made] | None = None  # the same, being signed in a thread

    def missed(self, now: float) -> bool:
        """Whether its moment went by long ago: the relay stood still, and so did its newsletter's pace."""
        return self.run.pace is not None and now - self.not_before > SAVED


class Stock:
    """What the connections draw from. `low` is set when only `enough` copies are left."""

    def __init__(self, enough: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.enough = enough
        self.clock = clock
        self.low = asyncio.Event()
        self._items: deque[Item] = deque()  # the first moment first
        self._missed: dict[Run, list[Item]] = {}  # they wait for another moment
        self._more = asyncio.Event()
        self._closed = False

    def of(self, run: Run) -> int:
        """How many copies of an issue there are."""
        return sum(item.run is run for item in self._items) + len(self._missed.get(run, ()))

    def put(self, items: list[Item]) -> None:
        """Add claimed copies; both rows are in order already, so this only merges them."""
        self._items = deque(sorted((*self._items, *items), key=MOMENT))
        self._more.set()

    def put_back(self, item: Item) -> None:
        """Nothing has left for this one: it goes first again."""
        self._items.appendleft(item)
        self._more.set()

    def take_now(self) -> Item | None:
        """The next copy if it may leave at this moment."""
        now = self.clock()
        while not self._closed and self._items and self._items[0].not_before <= now:
            if len(self._items) == self.enough:
                self.low.set()
            item = self._items.popleft()
            if not item.missed(now):
                return item
            self._missed.setdefault(item.run, []).append(item)
        return None

    def missed(self) -> list[Item]:
        """Copies of one issue that missed their moment, to be put again with another, if there are any."""
        return self._missed.popitem()[1] if self._missed else []

    async def take(self, patience: float | None = None) -> Item | None:
        """Wait for a copy that may leave; None when closed or after `patience` seconds."""
        until = None if patience is None else self.clock() + patience
        while not self._closed:
            if item := self.take_now():
                return item
            left = None if until is None else until - self.clock()
            if left is not None and left <= 0:
                return None
            await self._wait(left)
        return None

    async def _wait(self, left: float | None) -> None:
        """Until the first copy may leave, or another is added that may leave before it."""
        if self._items:
            ahead = self._items[0].not_before - self.clock()
            left = ahead if left is None else min(ahead, left)
        self._more.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if left is None else max(left, 0.0)):
                await self._more.wait()

    def unfilled(self, most: int) -> list[Item]:
        """The next copies, as far as they are not filled."""
        return [item for item in islice(self._items, most) if item.made is None]

    def unsigned(self, ahead: int, most: int) -> list[Item]:
        """The next copies to sign, unless the first `ahead` are under way already."""
        if all(item.signing is not None for item in islice(self._items, ahead)):
            return []
        return list(islice((item for item in self._items if item.signing is None), most))

    def remove(self, issue_id: UUID) -> list[Item]:
        """Take out every copy of an issue that was stopped."""
        gone = [item for item in self._all() if item.copy.issue_id == issue_id]
        self._items = deque(item for item in self._items if item.copy.issue_id != issue_id)
        self._missed = {run: late for run, late in self._missed.items() if run.issue_id != issue_id}
        return gone

    def close(self) -> list[Item]:
        """No copy leaves any more; returns what was left, to be released."""
        self._closed = True
        rest = self._all()
        self._items.clear()
        self._missed.clear()
        self._more.set()
        return rest

    def _all(self) -> list[Item]:
        return [*self._items, *chain.from_iterable(self._missed.values())]
