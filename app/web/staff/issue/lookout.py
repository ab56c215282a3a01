"""One count of an issue's copies a second, for all who look on together: counting a million takes a while."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from app.domain.issue import Issue
from app.features.report import Progress

EVERY: Final = 1.0  # seconds between looks: a stop button means something when one sees what it does


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue and its books as they were at one moment."""

    issue: Issue
    progress: Progress


@dataclass(slots=True)
class _Last:
    """The last look at one issue; who comes while somebody looks waits for what they see."""

    seen: Seen | None = None
    begun: float = 0.0
    done: float = 0.0
    taken: asyncio.Lock = field(default_factory=asyncio.Lock)


class Lookout:
    """Where all who follow an issue in this process stand."""

    def __init__(self) -> None:
        self._last: defaultdict[UUID, _Last] = defaultdict(_Last)

    async def look(self, issue_id: UUID, count: Callable[[], Awaitable[Seen]]) -> Seen:
        """What was seen within the last second, or what is seen now."""
        last, came = self._last[issue_id], time.monotonic()
        async with last.taken:
            # Who came before the last look was done has waited for it, however long it took.
            if last.seen is None or (came > last.done and came - last.begun >= EVERY):
                begun = time.monotonic()
                last.seen = await count()
                last.begun, last.done = begun, time.monotonic()
            return last.seen
