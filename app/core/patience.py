"""Waiting that ends: pauses that grow up to a limit, and work that hangs is given up and left behind.

Easy to get wrong: cancelling is a request. A database driver that is told to stop first asks its
server, which may be what hangs, so nobody waits for the end of what was given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

DOUBLINGS = 10  # after that the longest pause is reached for any sensible setting

_left: set[asyncio.Future[Any]] = set()  # asyncio itself does not hold on to a task
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before the next try, and when to stop trying (seconds)."""

    first: float
    longest: float
    give_up: float

    def pause(self, attempts: int) -> float:
        """Doubles with every try up to the longest (RFC 5321 section 4.5.4.1)."""
        return min(self.first * float(2 ** min(attempts, DOUBLINGS)), self.longest)

    def exhausted(self, age: float, attempts: int) -> bool:
        """Whether the next try would come after the time is up."""
        return age + self.pause(attempts) > self.give_up


async def at_most(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; raises TimeoutError, and leaves the work behind, when it takes longer."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    except BaseException:
        _leave(task)
        raise
    if done:
        return task.result()
    _leave(task)
    raise TimeoutError


def _leave(task: asyncio.Future[Any]) -> None:
    _left.add(task)
    task.add_done_callback(_ended)
    task.cancel()


def _ended(task: asyncio.Future[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()  # nobody waits for it any more
