"""One connection at work: the body of one copy and the envelope of the next leave together.

The order is the point:
1. the envelope of B leaves (with the body of A before it, when A is marked);
2. A's reply goes to the journal at once;
3. B is marked on disk, in the same commit as A's reply or a later one;
4. only then does B's body leave, if the lease still holds. If the mark does not come back the
   connection is cut, never closed with a dot, because a lone dot delivers an empty mail.

Each step is called by what it waited for (the server's answer, the journal's, a signing thread's): a
copy costs no task that has to be woken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.core.crypto import Unreadable
from app.features.send.fate import Fate, Outcome
from app.features.send.journal import Journal
from app.features.send.letter import Ready
from app.features.send.press import Press
from app.features.send.stock import Item, Made, Stock
from app.mail.compiled import BadValue
from app.mail.smtp import BadEnvelope, Line, Reply, Trouble

# Connections that may be lost while a copy's envelope is open, before it is put off like any other that a
# server does not take now: once or twice is the server's affair, and then the copy goes first on the next.
HANGS = 3
UNFIT = (Unreadable, BadEnvelope, BadValue)  # this copy can never be made; others can
Pair = tuple[Item, Ready]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all connections share.

    `judged` turns a reply (None: it was lost) into a fate, `unopened` the end of a connection that came
    while an envelope was open: nothing of that copy has left; `unmade` the trouble that kept it from being
    made.
    """

    stock: Stock
    journal: Journal
    press: Press
    judged: Callable[[Item, Reply | None], Fate]
    unopened: Callable[[Item, Trouble], Fate]
    unmade: Callable[[Item, Exception], Fate]
    letters: int  # that a connection carries in its life

    def release(self, item: Item) -> None:
        """It was not tried: anyone may take it."""
        self.journal.settle(item.copy, Fate(Outcome.RELEASED))

    def again(self, item: Item, trouble: Trouble) -> None:
        """The server hung up at its envelope: it goes first on another connection, or later.

        A server that does so for one reader must not have every connection, over and over, for that one.
        """
        item.hangs += 1
        if item.hangs < HANGS:
            self.stock.put_back(item)
        else:
            self.journal.settle(item.copy, self.unopened(item, trouble))


class Burst:
    """From the first envelope until nothing is under way any more."""

    def __init__(self, bench: Bench, line: Line, letters: int) -> None:
        self.letters = letters  # that this connection may still carry
        self.answered = False  # whether a letter got any answer
        self.lost = False  # whether it ended because the connection was lost
        self._bench = bench
        self._line = line
        self._marked: Pair | None = None  # on disk as leaving: its body leaves next
        self._left: Item | None = None  # its body has left, and there is no reply yet
        self._asked: Pair | None = None  # its envelope has left, and it is not marked yet
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_mark = partial(self._safely, self._may)
        line.listen(partial(self._safely, self._heard))

    async def over(self, first: Item) -> None:
        """Send this copy and whatever may leave right after it."""
        self._safely(self._next, first)
        await self._ended

    def _safely(self, step: Callable[..., None], *words: Any) -> None:
        """What goes wrong here stops this connection, and not who called."""
        try:
            step(*words)
        except Exception as trouble:  # noqa: BLE001  (raised where the burst is awaited)
            if not self._ended.done():
                self._ended.set_exception(trouble)

    def _next(self, upcoming: Item | None) -> None:
        if upcoming is not None and upcoming.copy.lease.over:
            self._bench.release(upcoming)
            upcoming = None
        if upcoming is None:
            self._send(None)
            return
        made = self._bench.press.made(upcoming)
        if isinstance(made, asyncio.Future):
            made.add_done_callback(partial(self._safely, self._signed, upcoming))
        else:
            self._made(upcoming, made)

    def _signed(self, item: Item, signing: asyncio.Future[Made]) -> None:
        self._made(item, signing.result())

    def _made(self, item: Item, made: Made) -> None:
        if isinstance(made, Ready):
            self._send((item, made))
            return
        if not isinstance(made, UNFIT):
            raise made
        self._bench.journal.settle(item.copy, self._bench.unmade(item, made))
        self._send(None)

    def _send(self, upcoming: Pair | None) -> None:
        """The body of what is marked and the envelope of what is next, in one write."""
        marked = self._marked
        if marked is None and upcoming is None:
            self._end()
            return
        if marked is not None and marked[0].copy.lease.over:
            self._nothing_leaves(upcoming)
            self._line.abort()
            self._end()
            return
        body = marked[1].body if marked else None
        try:
            self._line.put(body, upcoming[1].envelope if upcoming else None, stuffed=True)
        except Trouble:
            self._nothing_leaves(upcoming)
            self._end(lost=True)
            return
        self._left = marked[0] if marked else None
        self._marked, self._asked = None, upcoming
        self.letters -= upcoming is not None

    def _heard(self, fate: Reply | Trouble | None, opened: Reply | Trouble | None) -> None:
        """The server answered, or will not any more; a letter's answer comes before the next envelope's."""
        if fate is not None:
            self._settle(fate)
        if opened is not None and self._opened(opened):
            return  # it goes on when the mark is on disk
        if isinstance(fate, Trouble) or isinstance(opened, Trouble):
            self._end(lost=True)
        elif self._left is None and self._asked is None:
            self._next(self._drawn())

    def _settle(self, fate: Reply | Trouble) -> None:
        item, self._left = self._left, None
        if item is not None:
            reply = None if isinstance(fate, Trouble) else fate
            self.answered = self.answered or reply is not None
            self._bench.journal.settle(item.copy, self._bench.judged(item, reply))

    def _opened(self, opened: Reply | Trouble) -> bool:
        """Whether the server waits for the body, which is being marked now."""
        if self._asked is None:
            return False
        item, _ = self._asked
        if isinstance(opened, Trouble):
            self._bench.again(item, opened)
        elif opened.go_ahead:
            self._bench.journal.mark(item.copy, self._on_mark)
            return True
        else:
            self._bench.journal.settle(item.copy, self._bench.judged(item, opened))
        self._asked = None
        return False

    def _may(self, may: bool) -> None:  # noqa: FBT001  (it is the journal's answer)
        pair, self._asked = self._asked, None
        if may:
            self._marked = pair
            self._next(self._drawn())
        else:
            self._line.abort()
            self._end()

    def _drawn(self) -> Item | None:
        return self._bench.stock.take_now() if self.letters and self._line.usable else None

    def _nothing_leaves(self, upcoming: Pair | None) -> None:
        """What was marked is free again, what was next goes back."""
        if self._marked is not None:
            self._bench.release(self._marked[0])
        self._marked = None
        if upcoming is not None:
            self._bench.stock.put_back(upcoming[0])

    def _end(self, *, lost: bool = False) -> None:
        self.lost = lost
        if lost:
            self._line.abort()
        if not self._ended.done():
            self._ended.set_result(None)
