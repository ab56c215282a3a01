"""A bare line to a database that is opened again after it failed, so that nobody goes on with a broken one.

Only work that may be done twice goes over it: after a failure nobody knows whether it was done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from app.core.direct import Away


class Closable(Protocol):
    """A line to one database or the other."""

    async def close(self) -> None: ...


L = TypeVar("L", bound=Closable)
T = TypeVar("T")


class Reopened(Generic[L]):
    """Has a line, or makes one with `opening`, which raises Away when it cannot."""

    def __init__(self, opening: Callable[[], Awaitable[L]]) -> None:
        self._opening = opening
        self._line: L | None = None

    async def open(self) -> None:
        """Have a line; a new one may be to another database than the last."""
        if self._line is None:
            self._line = await self._opening()

    async def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def use(self, work: Callable[[L], Awaitable[T]]) -> T:
        """Do this over the line; raises Away when nobody knows whether it was done."""
        if self._line is None:
            raise Away("there is no line")
        try:
            return await work(self._line)
        except BaseException:
            await self.close()
            raise
