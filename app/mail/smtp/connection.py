"""The conversation with one server: at most one letter under way, every answer matched to its question.

Where the server offers PIPELINING (RFC 2920), the body of one letter and the envelope of the next
leave together, so that a letter costs one round trip. Elsewhere the same calls go command by command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

from app.mail.smtp.asking import (
    DATA,
    LETTER,
    MAIL,
    NEEDS_SMTPUTF8,
    QUIT,
    RCPT,
    RESET,
    WORDS,
    Answer,
    Step,
)
from app.mail.smtp.envelope import END, Envelope, check_stuffed, stuff
from app.mail.smtp.line import Heard
from app.mail.smtp.replies import Codes, Reason, Reply, Stage, Trouble
from app.mail.smtp.wire import Timeouts, Wire

OK = 250  # RFC 5321 section 4.2.3: what almost every command is answered with


class Connection:
    """A connection that is ready for envelopes. Made by `connect`."""

    def __init__(self, offers: Mapping[str, str], timeouts: Timeouts) -> None:
        self.offers = offers  # EHLO keywords, in lower case, with their parameters
        self.sent = 0  # letters handed over whole or in part
        self._pipelining = "pipelining" in offers
        self._patience = {step: timeouts.of(step) for step in Stage}
        self._politeness = timeouts.quit
        self._wire = Wire(self._heard, self._all_heard, self._ended, timeouts.block)
        self._listener: Heard | None = None
        self._next: deque[tuple[Step, Sequence[bytes]]] = deque()  # not sent yet
        self._asked: deque[Step] = deque()  # sent, and not answered yet
        self._written: Sequence[bytes] = ()  # what was given to the wire last
        self._fate, self._opened = Answer(), Answer()
        self._refusal: Reply | None = None  # the first no to the present envelope
        self._unclean = False  # the server still holds a refused envelope
        self._waiting = False  # the server has said 354
        self._quitting = False
        self._trouble: Trouble | None = None

    def take_over(self, transport: asyncio.Transport) -> None:
        """Go on where greeting, encryption and password have been dealt with."""
        self._wire.take_over(transport)

    @property
    def usable(self) -> bool:
        """Whether another letter or envelope can be put on it."""
        return self._trouble is None and not self._quitting and not self._wire.closing

    def put(self, body: Sequence[bytes] | None, envelope: Envelope | None, *, stuffed: bool = False) -> None:
        """Send a letter for the envelope that is open, or open the next envelope, or both in one write.

        Raises Trouble if the connection is already of no use: nothing has left then. A letter that
        is `stuffed` went through `stuff` before, and ends with CRLF.
        """
        if not self.usable:
            raise self._lost(Stage.MAIL if body is None else Stage.BODY)
        self._check_order(body, envelope)
        if body is not None:
            self._put_letter(check_stuffed(body) if stuffed else stuff(body))
        if envelope is not None:
            self._put_envelope(envelope)
        self._advance()

    def listen(self, heard: Heard) -> None:
        """Have answers told as soon as all that came with them is read, without waiting for each.

        Never called while `put` runs. Who listens need not await `fate` or `opened`.
        """
        self._listener = heard

    async def fate(self) -> Reply:
        """Return the server's answer to the last letter, or raise Trouble: then its fate is in doubt."""
        return await self._fate.wait()

    async def opened(self) -> Reply:
        """Return 354 (stage DATA) if the server waits for the letter, else its first refusal."""
        return await self._opened.wait()

    def abort(self) -> None:
        """Cut the connection off at once. After a 354 this is the only way to send nothing."""
        self._fail(Reason.DROPPED)

    async def quit(self) -> None:
        """Take leave if nothing is under way, else cut off; the connection is gone either way."""
        if self._trouble or self._waiting or self._asked or self._next:
            self.abort()
        else:
            self._quitting = True
            self._say(QUIT)
            self._advance()
        await asyncio.wait({self._wire.gone}, timeout=self._politeness)
        self.abort()

    def _check_order(self, body: Sequence[bytes] | None, envelope: Envelope | None) -> None:
        if (body is not None) is not self._waiting:
            raise RuntimeError("A letter goes exactly where the server waits for one.")
        if envelope is not None and self._opened.awaited:
            raise RuntimeError("The envelope before this one has no answer yet.")

    def _put_letter(self, chunks: Sequence[bytes]) -> None:
        self._waiting = False
        self.sent += 1
        self._fate.ask()
        self._next.append((LETTER, (*chunks, END)))

    def _put_envelope(self, envelope: Envelope) -> None:
        self._opened.ask()
        self._refusal = None
        if envelope.smtputf8 and "smtputf8" not in self.offers:
            self._opened.settle(NEEDS_SMTPUTF8)
            self._tell_soon()
            return
        if self._unclean:
            self._unclean = False
            self._say(RESET)
        self._next.append((MAIL, (envelope.mail(self.offers),)))
        self._next.append((RCPT, (envelope.rcpt(self.offers),)))
        self._say(DATA)

    def _say(self, step: Step) -> None:
        self._next.append((step, (WORDS[step],)))

    def _advance(self) -> None:
        """Send what may leave now, and set the clock for the answer that is due first."""
        if self._trouble is not None:
            return
        if self._next and self._pipelining:
            self._written = [chunk for _, chunks in self._next for chunk in chunks]
            self._wire.send(self._written)
            self._asked.extend(step for step, _ in self._next)
            self._next.clear()
        elif self._next and not self._asked:
            step, chunks = self._next.popleft()
            self._asked.append(step)
            self._written = chunks
            self._wire.send(chunks)
        self._wire.wait(self._patience[self._asked[0].stage] if self._asked else None)

    def _all_heard(self) -> None:
        """All that came is matched: go on, and tell what has become known."""
        self._advance()
        self._tell()

    def _tell(self) -> None:
        if self._listener is not None:
            fate, opened = self._fate.news(), self._opened.news()
            if fate is not None or opened is not None:
                self._listener(fate, opened)

    def _tell_soon(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().call_soon(self._tell)

    def _heard(self, codes: Codes) -> None:
        """Match one answer to its question; `_all_heard` follows once all that came is matched."""
        if self._trouble is not None:
            return
        if not self._asked:
            self._unasked(Reply(self._stage(), *codes))
            return
        step = self._asked.popleft()
        if not ((step is MAIL or step is RCPT) and codes[0] == OK):  # then there is nothing to settle
            self._settle(step, Reply(step.stage, *codes))

    def _unasked(self, reply: Reply) -> None:
        """Take a goodbye, or an answer too many: after that no answer can be matched any more."""
        self._fail(Reason.REFUSED if reply.closing else Reason.PROTOCOL, reply)

    def _settle(self, step: Step, reply: Reply) -> None:
        """Say what an answer means for the letter or the envelope that it belongs to."""
        if step is QUIT:
            self._wire.close()
        elif step is LETTER:
            self._settle_body(reply)
        elif reply.closing or (step is RESET and not reply.accepted):
            self._fail(Reason.REFUSED, reply)
        elif step is DATA:
            self._settle_data(reply)
        elif reply.temporary or reply.permanent:
            self._refuse(reply)
        elif not reply.accepted:
            self._fail(Reason.PROTOCOL, reply)

    def _settle_body(self, reply: Reply) -> None:
        known = reply.accepted or reply.temporary or reply.permanent
        if not known or (reply.accepted and self._unfinished()):
            self._fail(Reason.PROTOCOL, reply)
            return
        self._fate.settle(reply)
        if reply.closing:
            self._fail(Reason.REFUSED, reply)

    def _unfinished(self) -> bool:
        """Whether the final dot is still here: who says yes before it cannot have the letter."""
        unsent = self._wire.unsent
        if not unsent:
            return False
        behind = takewhile(lambda chunk: chunk is not END, reversed(self._written))
        return unsent > sum(map(len, behind))

    def _settle_data(self, reply: Reply) -> None:
        if reply.temporary or reply.permanent:
            self._refuse(reply)
        elif not reply.go_ahead:
            self._fail(Reason.PROTOCOL, reply)
        elif self._refusal is None:
            self._waiting = True
            self._opened.settle(reply)
        else:  # it takes anything for a letter now, to nobody or to somebody: only cutting off is safe
            self._opened.settle(self._refusal)
            self._fail(Reason.PROTOCOL, reply)

    def _refuse(self, reply: Reply) -> None:
        """Note the first no; the envelope is settled once nothing of it can be answered any more."""
        self._unclean = True
        self._refusal = self._refusal or reply
        if not self._pipelining:
            self._next.clear()
        if not self._pipelining or reply.stage is Stage.DATA:
            self._opened.settle(self._refusal)

    def _ended(self, reason: Reason) -> None:
        if not self._quitting:
            self._fail(reason)

    def _fail(self, reason: Reason, reply: Reply | None = None) -> None:
        """Cut off, and tell whoever waits for an answer that there will be none."""
        if self._trouble is None:
            self._trouble = Trouble(reply.stage if reply else self._stage(), reason, reply)
            self._wire.abort()
            self._fate.settle(self._lost(Stage.BODY))
            self._opened.settle(self._lost(self._envelope_stage(reply)))
            self._tell_soon()

    def _lost(self, stage: Stage) -> Trouble:
        """Return what went wrong, as seen from another stage than where it did."""
        trouble = self._trouble
        return Trouble(stage, trouble.reason, trouble.reply) if trouble else Trouble(stage, Reason.DROPPED)

    def _stage(self) -> Stage:
        """Return the stage that is waited for."""
        for step in self._steps():
            return step.stage
        return Stage.BODY if self._waiting else Stage.MAIL

    def _steps(self) -> Iterator[Step]:
        yield from self._asked
        yield from (step for step, _ in self._next)

    def _envelope_stage(self, reply: Reply | None) -> Stage:
        answered = [reply.stage] if reply else []
        stages = (*answered, *(step.stage for step in self._steps()), Stage.MAIL)
        return next(stage for stage in stages if stage is not Stage.BODY)
