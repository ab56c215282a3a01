"""Makes copies ready ahead of their turn: filled while others are busy, signed in threads.

When a connection may go on, its copy is ready and leaves at once; the next ones are filled right after,
when there is nothing to do but wait. A signature takes longer than all else together; RSA leaves Python
to the others meanwhile, so every core signs while the connections go on. Only the next few copies are
made: what is made and not sent is lost work, and holds an address.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app.core.crypto import KeyRing
from app.features.send.letter import filler
from app.features.send.stock import Item, Made, Stock

FILLED = 2  # copies a connection: the next, and one for when answers come in a bunch
SIGNED = 8  # copies a thread takes at once: handing over costs as much as it saves below that


class Press:
    """Keeps the front of the stock ready."""

    def __init__(self, stock: Stock, ring: Callable[[], KeyRing], connections: int) -> None:
        self._stock = stock
        self._ring = ring
        self._filled = FILLED * connections
        self._filling = False
        self._cores = os.cpu_count() or 1
        self._ahead = 2 * connections + SIGNED * self._cores
        self._pool = ThreadPoolExecutor(self._cores, "sign")  # starts none before it is used
        self._busy = 0

    def made(self, item: Item) -> Made | asyncio.Future[Made]:
        """A copy whose turn has come, or what keeps it from being made; signed, it may take a moment."""
        if item.run.signed:
            self._top_up()
            return item.signing or self._sign([item])[0]
        if not self._filling:
            self._filling = True
            asyncio.get_running_loop().call_soon(self._fill)
        found, item.made = item.made, None
        return found or _one(item, self._ring())

    def _fill(self) -> None:
        self._filling = False
        batch = self._stock.unfilled(self._filled)
        for each, made in zip(batch, _all(batch, self._ring()), strict=True):
            each.made = made

    def _top_up(self) -> None:
        """Give idle threads what comes next."""
        while self._busy < 2 * self._cores and (items := self._stock.unsigned(self._ahead, SIGNED)):
            self._sign(items)

    def _sign(self, items: list[Item]) -> list[asyncio.Future[Made]]:
        loop = asyncio.get_running_loop()
        signing = [loop.create_future() for _ in items]
        for item, future in zip(items, signing, strict=True):
            item.signing = future
        self._busy += 1
        work = loop.run_in_executor(self._pool, _all, items, self._ring())
        work.add_done_callback(partial(self._signed, signing))
        return signing

    def _signed(self, signing: Sequence[asyncio.Future[Made]], work: asyncio.Future[list[Made]]) -> None:
        self._busy -= 1
        for future, made in zip(signing, work.result(), strict=True):
            if not future.done():
                future.set_result(made)
        self._top_up()

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown()


def _all(items: Sequence[Item], ring: KeyRing) -> list[Made]:
    return [_one(item, ring) for item in items]


def _one(item: Item, ring: KeyRing) -> Made:
    try:
        return filler(item.run, ring).fill(item.copy)
    except Exception as trouble:  # noqa: BLE001  (raised when this copy has its turn)
        return trouble
