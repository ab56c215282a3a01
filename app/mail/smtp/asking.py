"""What is asked of a server, step by step, and the answer that somebody waits for."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from app.mail.smtp.replies import Reply, Stage, Trouble


class Step(NamedTuple):
    """One thing to ask that gets one reply; which one it is counts, not only its stage."""

    stage: Stage
    name: str


MAIL = Step(Stage.MAIL, "mail")
RCPT = Step(Stage.RCPT, "rcpt")
DATA = Step(Stage.DATA, "data")
LETTER = Step(Stage.BODY, "letter")
# Neither has a stage of its own: a refused RSET spoils the next envelope, and nobody minds about QUIT.
RESET = Step(Stage.MAIL, "rset")
QUIT = Step(Stage.MAIL, "quit")

WORDS = {RESET: b"RSET\r\n", QUIT: b"QUIT\r\n", DATA: b"DATA\r\n"}

NEEDS_SMTPUTF8 = Reply(Stage.RCPT, 550, "5.6.7")  # RFC 6531 section 3.5, said by us instead


class Answer:
    """An answer that may still have to come, or Trouble instead; asked for again and again."""

    __slots__ = ("_asked", "_news", "_outcome", "_waiter")

    def __init__(self) -> None:
        self._asked = False
        self._outcome: Reply | Trouble | None = None
        self._news: Reply | Trouble | None = None  # the same, until it was told
        self._waiter: asyncio.Future[None] | None = None

    def ask(self) -> None:
        """From now on the next answer is expected."""
        self._asked, self._outcome, self._news = True, None, None

    @property
    def awaited(self) -> bool:
        return self._asked and self._outcome is None

    def settle(self, outcome: Reply | Trouble) -> None:
        """Set the outcome; only the first counts."""
        if self._asked and self._outcome is None:
            self._outcome = self._news = outcome
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(None)

    def news(self) -> Reply | Trouble | None:
        """The outcome, once; None when there is none or it was told already."""
        news, self._news = self._news, None
        return news

    async def wait(self) -> Reply:
        """Return the answer, or raise Trouble; who stops waiting may come back for it."""
        if not self._asked:
            raise RuntimeError("Nothing was asked.")
        while self._outcome is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if isinstance(self._outcome, Trouble):
            raise self._outcome
        return self._outcome
