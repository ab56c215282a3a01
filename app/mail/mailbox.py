"""The local mailbox: catches mail in memory, so that a demonstration mails nobody.

Outside production only the addresses on the allow-list are ever mailed; everything else ends here,
where a page shows it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.mail.smtp import Envelope, Heard, Line, Reply, Stage, Trouble

KEPT = 200  # letters: a demonstration shows the last of them, and memory stays small
READY = Reply(Stage.DATA, 354)
TAKEN = Reply(Stage.BODY, 250, "2.0.0")


@dataclass(frozen=True, slots=True)
class Caught:
    """One letter in the local mailbox."""

    number: int
    recipient: str
    content: bytes
    at: datetime


class Mailbox:
    """All that was caught, newest last."""

    def __init__(self) -> None:
        self._letters: deque[Caught] = deque(maxlen=KEPT)
        self._count = 0

    def take(self, recipient: str, content: bytes) -> None:
        """Keep a letter."""
        self._count += 1
        self._letters.append(Caught(self._count, recipient, content, datetime.now(UTC)))

    def letters(self) -> list[Caught]:
        """The last letters, newest first."""
        return list(reversed(self._letters))

    def get(self, number: int) -> Caught | None:
        """One letter, if it is still there."""
        return next((each for each in self._letters if each.number == number), None)


class LocalLine:
    """A line whose other end is the mailbox."""

    usable = True

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._recipient = ""

    def put(self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False) -> None:
        """Keep the letter; open the next envelope."""
        if body is not None:
            content = b"".join(body)
            self._mailbox.take(self._recipient, content if not stuffed else _plain(content))
        if envelope is not None:
            self._recipient = envelope.recipient

    def listen(self, heard: Heard) -> None:
        """Nothing is ever heard by itself here: GuardedLine asks."""

    async def fate(self) -> Reply:
        """Always taken."""
        return TAKEN

    async def opened(self) -> Reply:
        """Always ready."""
        return READY

    def abort(self) -> None:
        """Nothing to cut."""

    async def quit(self) -> None:
        """Nothing to close."""


def _plain(stuffed: bytes) -> bytes:
    plain = stuffed.replace(b"\r\n..", b"\r\n.")
    return plain[1:] if plain.startswith(b"..") else plain


class GuardedLine:
    """Sends to the allow-list over a real line, and everything else to the local mailbox."""

    def __init__(
        self, mailbox: Mailbox, allowed: frozenset[str], dial: Callable[[], Awaitable[Line]] | None
    ) -> None:
        self._local = LocalLine(mailbox)
        self._allowed = allowed
        self._dial = dial
        self._real: Line | None = None
        self._next: Line = self._local
        self._letter: Line = self._local
        self._listener: Heard | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def usable(self) -> bool:
        """Whether another letter can be put on it."""
        return self._real is None or self._real.usable

    async def prepare(self) -> GuardedLine:
        """Dial the relay once, when there is one and somebody may be mailed."""
        if self._dial is not None and self._allowed:
            self._real = await self._dial()
        return self

    def _for(self, envelope: Envelope) -> Line:
        allowed = envelope.recipient.casefold() in self._allowed
        return self._real if allowed and self._real is not None else self._local

    def put(self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False) -> None:
        """Body and envelope may go different ways, so each is put on its own line."""
        if body is not None:
            self._letter = self._next
            self._letter.put(body, None, stuffed=stuffed)
        if envelope is not None:
            self._next = self._for(envelope)
            self._next.put(None, envelope)
        if self._listener is not None:
            self._asking = asyncio.create_task(self._ask(self._listener, body, envelope))

    async def _ask(self, tell: Heard, body: Sequence[bytes] | None, envelope: Envelope | None) -> None:
        fate = None if body is None else await _outcome(self.fate())
        tell(fate, None if envelope is None else await _outcome(self.opened()))

    def listen(self, heard: Heard) -> None:
        """Have both answers told together."""
        self._listener = heard

    async def fate(self) -> Reply:
        """The answer to the last letter."""
        return await self._letter.fate()

    async def opened(self) -> Reply:
        """The answer to the last envelope."""
        return await self._next.opened()

    def abort(self) -> None:
        """Cut the real line, if there is one."""
        if self._real is not None:
            self._real.abort()

    async def quit(self) -> None:
        """Take leave of the relay, if there is one."""
        if self._real is not None:
            await self._real.quit()


async def _outcome(answer: Coroutine[Any, Any, Reply]) -> Reply | Trouble:
    try:
        return await answer
    except Trouble as trouble:
        return trouble
