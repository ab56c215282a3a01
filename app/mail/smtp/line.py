"""What a sender needs of a connection, whoever is at the other end.

A relay's Connection offers it, and so does the local mailbox that catches mail in a demonstration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from app.mail.smtp.envelope import Envelope
from app.mail.smtp.replies import Reply, Trouble

# What has become known of the letter under way, and of the envelope after it: None when nothing has.
Heard = Callable[[Reply | Trouble | None, Reply | Trouble | None], None]


class Line(Protocol):
    """Takes one letter at a time; see Connection for what each call promises."""

    @property
    def usable(self) -> bool: ...

    def put(
        self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False
    ) -> None: ...

    def listen(self, heard: Heard) -> None: ...

    async def fate(self) -> Reply: ...

    async def opened(self) -> Reply: ...

    def abort(self) -> None: ...

    async def quit(self) -> None: ...
