"""What is asked of a server, step by step, and the answer that somebody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.mail.smtp.envelope import END, Envelope
from app.mail.smtp.replies import Reply, Stage, Trouble


class Step(NamedTuple):
    """One thing to send that gets one reply."""

    stage: Stage
    chunks: Sequence[bytes]


# Neither has a stage of its own: a refused RSET spoils the next envelope, and nobody minds about QUIT.
RESET = Step(Stage.MAIL, (b"RSET\r\n",))
QUIT = Step(Stage.MAIL, (b"QUIT\r\n",))

NEEDS_SMTPUTF8 = Reply(Stage.RCPT, 550, "5.6.7")  # RFC 6531 section 3.5, said by us instead


def opening(envelope: Envelope, offers: Mapping[str, str]) -> list[Step]:
    """Return the steps after which the server waits for the letter."""
    return [
        Step(Stage.MAIL, (envelope.mail(offers),)),
        Step(Stage.RCPT, (envelope.rcpt(offers),)),
        Step(Stage.DATA, (b"DATA\r\n",)),
    ]


def delivering(stuffed: Sequence[bytes]) -> Step:
    return Step(Stage.BODY, (*stuffed, END))


class Answer:
    """An answer that may still have to come, or Trouble instead."""

    def __init__(self, *, asked: bool = False) -> None:
        self._future: asyncio.Future[Reply] | None = None
        if asked:
            self._future = asyncio.get_running_loop().create_future()

    @property
    def awaited(self) -> bool:
        return self._future is not None and not self._future.done()

    def settle(self, outcome: Reply | Trouble) -> None:
        """Set the outcome; only the first counts."""
        if self._future is None or self._future.done():
            return
        if isinstance(outcome, Reply):
            self._future.set_result(outcome)
        else:
            self._future.set_exception(outcome)
            self._future.exception()  # nobody need come for it: asyncio would complain that nobody did

    async def wait(self) -> Reply:
        if self._future is None:
            raise RuntimeError("Nothing was asked.")
        return await asyncio.shield(self._future)  # who stops waiting may come back for the answer
