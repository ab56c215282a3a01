"""Finds a relay that answers: the first one, or the next when the first is in trouble.

While no relay answers one attempt is made at a time, with growing pauses, so that a relay that comes
back is not met by a stampede.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from app.mail.smtp import Line, Relay, Timeouts, Trouble, connect

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
    _bad_until: dict[Relay, float] = field(default_factory=dict)
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
                self._bad_until[relay] = now + BACK_AFTER
                trouble = met
            else:
                self.failures, self.last = 0, None
                return line
        assert trouble is not None, "there is always at least one relay"
        self.failures += 1
        self.last = trouble
        raise trouble


def dialing(timeouts: Timeouts, hostname: str, context: ssl.SSLContext | None = None) -> Dial:
    """How production dials: a verified connection to a relay."""

    async def dial(relay: Relay) -> Line:
        return await connect(relay, timeouts=timeouts, hostname=hostname, tls_context=context)

    return dial
