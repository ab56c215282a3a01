"""Signs copies ahead of their turn, in threads: a signature takes longer than all else together.

RSA leaves Python to the others meanwhile, so every core signs while the connections go on. Only the
next few copies are signed ahead: what is signed and not sent is lost work, and takes memory.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app.core.crypto import KeyRing
from app.features.send.letter import Ready, prepare
from app.features.send.stock import Item, Stock

CHUNK = 8  # copies a thread takes at once: handing over costs as much as it saves below that

Signed = list[Ready | Exception]


class Signing:
    """Keeps the front of the stock signed."""

    def __init__(self, stock: Stock, ring: Callable[[], KeyRing], connections: int) -> None:
        self._stock = stock
        self._ring = ring
        self._cores = os.cpu_count() or 1
        self._ahead = 2 * connections + CHUNK * self._cores
        self._pool = ThreadPoolExecutor(self._cores, "sign")  # starts none before it is used
        self._busy = 0

    def top_up(self) -> None:
        """Give idle threads what comes next."""
        while self._busy < 2 * self._cores and (items := self._stock.unsigned(self._ahead, CHUNK)):
            loop = asyncio.get_running_loop()
            for item in items:
                item.ready = item.ready or loop.create_future()
            self._busy += 1
            work = loop.run_in_executor(self._pool, _signed, items, self._ring())
            work.add_done_callback(partial(self._done, items))

    async def now(self, item: Item) -> Ready:
        """One copy whose turn came before it was begun."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, prepare, item.run, item.copy, self._ring()
        )

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()

    def _done(self, items: list[Item], work: asyncio.Future[Signed]) -> None:
        self._busy -= 1
        for item, outcome in zip(items, work.result(), strict=True):
            assert item.ready is not None
            if item.ready.done():
                continue
            if isinstance(outcome, Exception):
                item.ready.set_exception(outcome)
                item.ready.exception()  # a copy that was released meanwhile: nobody comes for it
            else:
                item.ready.set_result(outcome)
        self.top_up()


def _signed(items: list[Item], ring: KeyRing) -> Signed:
    return [_one(item, ring) for item in items]


def _one(item: Item, ring: KeyRing) -> Ready | Exception:
    try:
        return prepare(item.run, item.copy, ring)
    except Exception as trouble:  # noqa: BLE001  (told to whoever waits for this copy)
        return trouble
