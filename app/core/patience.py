"""Waiting that ends: work that hangs is given up and left behind, so that one dead line stops nobody.

Easy to get wrong: cancelling is a request. A database driver that is told to stop first asks its
server, which may be what hangs, so nobody waits for the end of what was given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_left: set[asyncio.Future[Any]] = set()  # asyncio itself does not hold on to a task
T = TypeVar("T")


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
