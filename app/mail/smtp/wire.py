"""Bytes out, answers in, and a clock for every answer: knows sockets, but not what is being said."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from app.mail.smtp.replies import Codes, Reader, Reason, Stage, Unreadable

BLOCK = 64 * 1024  # octets per write: what asyncio's transports buffer before they ask us to wait


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait. Where RFC 5321 section 4.5.3.2 has a number, it is the default."""

    connect: float = 30  # reaching a relay nearby; past this the next relay is the better bet
    tls: float = 60  # a handshake is two round trips and some arithmetic
    greeting: float = 5 * 60
    ehlo: float = 5 * 60
    auth: float = 5 * 60
    mail: float = 5 * 60
    rcpt: float = 5 * 60
    data: float = 2 * 60
    block: float = 3 * 60  # while the server does not take the next piece of the letter
    body: float = 10 * 60  # after the final dot: giving up sooner means sending twice
    quit: float = 5  # politeness only: everything is settled by then

    def of(self, stage: Stage) -> float:
        return cast("float", getattr(self, stage.value))


class Wire(asyncio.Protocol):
    """One transport: writes as fast as the peer reads, reports every answer and the end."""

    def __init__(
        self,
        heard: Callable[[Codes], None],
        all_heard: Callable[[], None],
        ended: Callable[[Reason], None],
        block_timeout: float,
    ) -> None:
        self._heard = heard
        self._all_heard = all_heard
        self._ended = ended
        self._block_timeout = block_timeout
        self._reader = Reader()
        self._outgoing: deque[bytes | memoryview] = deque()
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._patience: float | None = None
        self._deadline = math.inf
        self._loop = asyncio.get_running_loop()
        self.gone = self._loop.create_future()

    def take_over(self, transport: asyncio.Transport) -> None:
        """Become the protocol of a transport that another one has opened."""
        self._transport = transport
        transport.set_protocol(self)
        if transport.is_closing():
            self.connection_lost(None)

    @property
    def closing(self) -> bool:
        return self._transport.is_closing()

    @property
    def unsent(self) -> int:
        """Octets that the peer has not been given yet."""
        return sum(map(len, self._outgoing)) + self._transport.get_write_buffer_size()

    @property
    def _pending(self) -> bool:
        """Whether bytes are still waiting for the peer to read."""
        return bool(self._outgoing) or self._paused

    def send(self, chunks: Sequence[bytes]) -> None:
        """Queue bytes; up to BLOCK of them leave in one write."""
        if not self._outgoing and not self._paused and sum(map(len, chunks)) <= BLOCK:
            self._transport.write(b"".join(chunks))
            return
        self._outgoing.extend(chunks)
        self._pump()

    def _pump(self) -> None:
        while self._outgoing and not self._paused:
            self._transport.write(self._block())

    def _block(self) -> bytes:
        parts: list[bytes | memoryview] = []
        room = BLOCK
        while self._outgoing and room:
            chunk = self._outgoing.popleft()
            if len(chunk) > room:
                chunk = memoryview(chunk)
                self._outgoing.appendleft(chunk[room:])
                chunk = chunk[:room]
            parts.append(chunk)
            room -= len(chunk)
        return b"".join(parts)

    def wait(self, seconds: float | None) -> None:
        """Expect an answer within so many seconds from when all has left, or (None) no answer."""
        self._patience = seconds
        self._start_clock()

    def _start_clock(self) -> None:
        """Set the deadline; one timer looks again when it goes off, which is cheaper than one per answer."""
        if self._patience is None:
            self._deadline = math.inf
            return
        patience = self._block_timeout if self._pending else self._patience
        self._deadline = self._loop.time() + patience
        if self._timer is None or self._timer.when() > self._deadline:
            self._stop_clock()
            self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._loop.time() >= self._deadline:
            self._end(Reason.TIMEOUT)
        elif self._deadline < math.inf:
            self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _stop_clock(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """Cut off at once: what is still buffered never leaves."""
        self._outgoing.clear()
        self._stop_clock()
        self._transport.abort()

    def close(self) -> None:
        """Close after what is buffered has left."""
        self._stop_clock()
        self._transport.close()

    def _end(self, reason: Reason) -> None:
        self.abort()
        self._ended(reason)

    # What asyncio calls.

    def data_received(self, data: bytes) -> None:
        try:
            for codes in self._reader.feed(data):
                self._heard(codes)
        except Unreadable:
            self._end(Reason.PROTOCOL)
        else:
            self._all_heard()

    def pause_writing(self) -> None:
        self._paused = True
        self._start_clock()

    def resume_writing(self) -> None:
        self._paused = False
        self._pump()
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        self._outgoing.clear()
        self._stop_clock()
        if not self.gone.done():
            self.gone.set_result(None)
        self._ended(Reason.DROPPED)
