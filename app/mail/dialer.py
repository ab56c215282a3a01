"""Finds a relay that answers: the first one, or the next when the first is in trouble.

While no relay answers one attempt is made at a time, with growing pauses, so that a relay that comes
back is not met by a stampede. A connection to another relay than the first is used until the first can
be asked again: then one of them takes leave and asks, and when it got through the others follow.

A relay that takes connections and no letters (its disk is full, or it closes every time) is in trouble too.
"""

from __future__ import annotations

import asyncio
import math
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from app.mail.smtp import Envelope, Heard, Line, Relay, Reply, Stage, Timeouts, Trouble, connect

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds between rounds over all relays
BACK_AFTER = 60.0  # seconds after which a relay that failed is tried first again
# Letters in a row that a relay did not take for a reason of its own: one or two may be about the letter.
FAILED_MOST = 5
ITS_OWN = "4.3."  # RFC 3463: the state of the mail system, such as a disk that is full

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
    _failed: Counter[Relay] = field(default_factory=Counter)  # in a row, since it last took a letter
    _asked_until: float = 0.0  # while one connection asks a better relay, the others wait for its word
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def open(self, stopping: asyncio.Event) -> Line | None:
        """One round over the relays; None once `stopping` is set.

        Raises Trouble when no relay answers: one that only people can mend rather than one that passes.
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
        now, before = time.monotonic(), self.failures
        order = sorted(self.relays, key=lambda relay: self._bad_until.get(relay, 0.0) > now)
        trouble: Trouble | None = None
        for relay in order:
            bad_until = self._bad_until.get(relay)
            try:
                line = await self.dial(relay)
            except Trouble as met:
                self._bad_until[relay] = time.monotonic() + self.back_after
                trouble = trouble if trouble is not None and trouble.for_good else met
            else:
                self.failures, self.last = 0, None
                if self._bad_until.get(relay) == bad_until:  # no letters failed there while this one dialled
                    self._bad_until.pop(relay, None)
                return line if len(self.relays) == 1 else Chosen(line, relay, self)
        assert trouble is not None, "there is always at least one relay"
        self.failures = max(self.failures, before + 1)  # all connections at once are one round
        self.last = trouble
        raise trouble

    def took(self, relay: Relay) -> None:
        """It accepted a letter."""
        self._failed.pop(relay, None)

    def failed(self, relay: Relay) -> None:
        """It did not take a letter, for a reason of its own."""
        self._failed[relay] += 1
        if self._failed[relay] >= FAILED_MOST:
            del self._failed[relay]
            self._bad_until[relay] = time.monotonic() + self.back_after

    def another(self, relay: Relay) -> bool:
        """Whether a connection to this relay is to be given up for one to another."""
        now = time.monotonic()
        if self._bad_until.get(relay, 0.0) > now:
            return any(self._bad_until.get(each, 0.0) <= now for each in self.relays)
        before = self.relays[: self.relays.index(relay)]
        until = min((self._bad_until.get(each, 0.0) for each in before), default=math.inf)
        if until and (until > now or self._asked_until > now):
            return False
        self._asked_until = now + self.back_after
        return True


class Chosen:
    """A line to one relay of several: usable until another is the better choice."""

    def __init__(self, line: Line, relay: Relay, dialer: Dialer) -> None:
        self._line, self._relay, self._dialer = line, relay, dialer
        self._leaving = False
        self._carried = False  # whether it took a letter: then it may close whenever it likes
        self._over = False

    @property
    def usable(self) -> bool:
        """Whether another letter may be put on it; one whose envelope is open still goes this way."""
        self._leaving = self._leaving or self._dialer.another(self._relay)
        return self._line.usable and not self._leaving

    def put(self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False) -> None:
        """As the line does."""
        self._line.put(body, envelope, stuffed=stuffed)

    def listen(self, heard: Heard) -> None:
        """As the line does; what comes is looked at on the way."""
        self._line.listen(partial(self._heard, heard))

    def _heard(self, heard: Heard, fate: Reply | Trouble | None, opened: Reply | Trouble | None) -> None:
        for answer in (fate, opened):
            self._note(answer)
        heard(fate, opened)

    async def fate(self) -> Reply:
        """As the line does."""
        return await self._noted(self._line.fate())

    async def opened(self) -> Reply:
        """As the line does."""
        return await self._noted(self._line.opened())

    async def _noted(self, coming: Awaitable[Reply]) -> Reply:
        try:
            reply = await coming
        except Trouble as trouble:
            self._note(trouble)
            raise
        self._note(reply)
        return reply

    def _note(self, answer: Reply | Trouble | None) -> None:
        if isinstance(answer, Trouble):
            if not (self._carried or self._over):
                self._dialer.failed(self._relay)
            self._over = True
        elif answer is not None and answer.accepted and answer.stage is Stage.BODY:
            self._carried = True
            self._dialer.took(self._relay)
        elif answer is not None and answer.temporary and _its_own(answer):
            self._dialer.failed(self._relay)

    def abort(self) -> None:
        """As the line does."""
        self._line.abort()

    async def quit(self) -> None:
        """As the line does."""
        await self._line.quit()


def _its_own(reply: Reply) -> bool:
    return reply.stage is Stage.MAIL or (reply.enhanced or "").startswith(ITS_OWN)


def dialing(timeouts: Timeouts, hostname: str, context: ssl.SSLContext | None = None) -> Dial:
    """How production dials: a verified connection to a relay."""

    async def dial(relay: Relay) -> Line:
        return await connect(relay, timeouts=timeouts, hostname=hostname, tls_context=context)

    return dial
