"""Finds a relay that answers: the first one, or the next when the first is in trouble.

While no relay answers one attempt is made at a time, with growing pauses, so that a relay that comes
back is not met by a stampede. A connection to another relay than the first is used until the first can
be asked again: then one of them takes leave and asks, and when it got through the others follow.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.mail.smtp import Envelope, Heard, Line, Relay, Reply, Timeouts, Trouble, connect

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds between rounds over all relays
BACK_AFTER = 60.0  # seconds after which a relay that failed is tried first again

Dial = Callable[[Relay], Awaitable[Line]]


@dataclass(slots=True)
class Dialer:
    """Opens lines; `failures` counts rounds in which no relay answered."""

    relays: Sequence[Relay]
    dial: Dial
    failures: int = 0
    last: Trouble | None = None
    back_after: float = BACK_AFTER
    _bad_until: dict[Relay, float] = field(default_factory=dict)
    _asked_until: float = 0.0  # while one connection asks a better relay, the others wait for its word
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self, stopping: asyncio.Event) -> Line | None:
        """One round over the relays; None once `stopping` is set.

        Raises the last Trouble when no relay answers.
        """
        dialing = asyncio.ensure_future(self._patiently())
        stopped = asyncio.ensure_future(stopping.wait())
        await asyncio.wait({dialing, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if dialing.done():
            return dialing.result()
        dialing.cancel()
        await asyncio.wait({dialing})
        return None

    async def _patiently(self) -> Line:
        if not self.failures:
            return await self._round()
        async with self._one:
            if self.failures:  # still: another may have got through while this one waited its turn
                await asyncio.sleep(PAUSES[min(self.failures, len(PAUSES)) - 1])
            return await self._round()

    async def _round(self) -> Line:
        now = time.monotonic()
        order = sorted(self.relays, key=lambda relay: self._bad_until.get(relay, 0.0) > now)
        trouble: Trouble | None = None
        for relay in order:
            try:
                line = await self.dial(relay)
            except Trouble as met:
                self._bad_until[relay] = time.monotonic() + self.back_after
                trouble = met
            else:
                self.failures, self.last = 0, None
                self._bad_until.pop(relay, None)
                return line if relay == self.relays[0] else Spare(line, partial(self._better, relay))
        assert trouble is not None, "there is always at least one relay"
        self.failures += 1
        self.last = trouble
        raise trouble

    def _better(self, relay: Relay) -> bool:
        """Whether a connection to this relay is to be given up for one that comes before it."""
        now = time.monotonic()
        until = min(self._bad_until.get(each, 0.0) for each in self.relays[: self.relays.index(relay)])
        if until and (until > now or self._asked_until > now):
            return False
        self._asked_until = now + self.back_after
        return True


class Spare:
    """A line to a relay that is not the first choice: usable until a better one can be had again."""

    def __init__(self, line: Line, better: Callable[[], bool]) -> None:
        self._line = line
        self._better = better
        self._leaving = False

    @property
    def usable(self) -> bool:
        """Whether another letter may be put on it; one whose envelope is open still goes this way."""
        self._leaving = self._leaving or self._better()
        return self._line.usable and not self._leaving

    def put(self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False) -> None:
        """As the line does."""
        self._line.put(body, envelope, stuffed=stuffed)

    def listen(self, heard: Heard) -> None:
        """As the line does."""
        self._line.listen(heard)

    async def fate(self) -> Reply:
        """As the line does."""
        return await self._line.fate()

    async def opened(self) -> Reply:
        """As the line does."""
        return await self._line.opened()

    def abort(self) -> None:
        """As the line does."""
        self._line.abort()

    async def quit(self) -> None:
        """As the line does."""
        await self._line.quit()


def dialing(timeouts: Timeouts, hostname: str, context: ssl.SSLContext | None = None) -> Dial:
    """How production dials: a verified connection to a relay."""

    async def dial(relay: Relay) -> Line:
        return await connect(relay, timeouts=timeouts, hostname=hostname, tls_context=context)

    return dial
