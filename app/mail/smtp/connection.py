"""The conversation with one server: at most one letter under way, every answer matched to its question.

Where the server offers PIPELINING (RFC 2920), the body of one letter and the envelope of the next
leave together, so that a letter costs one round trip. Elsewhere the same calls go command by command.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence

from app.mail.smtp.asking import NEEDS_SMTPUTF8, QUIT, RESET, Answer, Step, delivering, opening
from app.mail.smtp.envelope import Envelope, check_stuffed, stuff
from app.mail.smtp.replies import Codes, Reason, Reply, Stage, Trouble
from app.mail.smtp.wire import Timeouts, Wire


class Connection:
    """A connection that is ready for envelopes. Made by `connect`."""

    def __init__(self, offers: Mapping[str, str], timeouts: Timeouts) -> None:
        self.offers = offers  # EHLO keywords, in lower case, with their parameters
        self.sent = 0  # letters handed over whole or in part
        self._pipelining = "pipelining" in offers
        self._patience = {step: timeouts.of(step) for step in Stage}
        self._politeness = timeouts.quit
        self._wire = Wire(self._heard, self._ended, timeouts.block)
        self._next: deque[Step] = deque()  # not sent yet
        self._asked: deque[Step] = deque()  # sent, and not answered yet
        self._fate = Answer()
        self._opened = Answer()
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
            self._next.append(QUIT)
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
        self._fate = Answer(asked=True)
        self._next.append(delivering(chunks))

    def _put_envelope(self, envelope: Envelope) -> None:
        self._opened = Answer(asked=True)
        self._refusal = None
        if envelope.smtputf8 and "smtputf8" not in self.offers:
            self._opened.settle(NEEDS_SMTPUTF8)
            return
        self._next += [RESET] * self._unclean + opening(envelope, self.offers)
        self._unclean = False

    def _advance(self) -> None:
        """Send what may leave now, and set the clock for the answer that is due first."""
        if self._next and (self._pipelining or not self._asked):
            count = len(self._next) if self._pipelining else 1
            steps = [self._next.popleft() for _ in range(count)]
            self._asked += steps
            self._wire.send([chunk for step in steps for chunk in step.chunks])
        self._wire.wait(self._patience[self._asked[0].stage] if self._asked else None)

    def _heard(self, codes: Codes) -> None:
        if self._trouble:
            return
        if self._asked:
            step = self._asked.popleft()
            self._settle(step, Reply(step.stage, *codes))
        else:
            self._unasked(Reply(self._stage(), *codes))
        if self._trouble is None:
            self._advance()

    def _unasked(self, reply: Reply) -> None:
        """Take a goodbye, or an answer too many: after that no answer can be matched any more."""
        self._fail(Reason.REFUSED if reply.closing else Reason.PROTOCOL, reply)

    def _settle(self, step: Step, reply: Reply) -> None:
        """Say what an answer means for the letter or the envelope that it belongs to."""
        if step is QUIT:
            self._wire.close()
        elif step.stage is Stage.BODY:
            self._settle_body(reply)
        elif reply.closing or (step is RESET and not reply.accepted):
            self._fail(Reason.REFUSED, reply)
        elif step.stage is Stage.DATA:
            self._settle_data(reply)
        elif reply.temporary or reply.permanent:
            self._refuse(reply)
        elif not reply.accepted:
            self._fail(Reason.PROTOCOL, reply)

    def _settle_body(self, reply: Reply) -> None:
        if not (reply.accepted or reply.temporary or reply.permanent):
            self._fail(Reason.PROTOCOL, reply)
            return
        self._fate.settle(reply)
        if reply.closing:
            self._fail(Reason.REFUSED, reply)

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

    def _lost(self, stage: Stage) -> Trouble:
        """Return what went wrong, as seen from another stage than where it did."""
        trouble = self._trouble
        return Trouble(stage, trouble.reason, trouble.reply) if trouble else Trouble(stage, Reason.DROPPED)

    def _stage(self) -> Stage:
        """Return the stage that is waited for."""
        steps = (*self._asked, *self._next)
        return steps[0].stage if steps else Stage.BODY if self._waiting else Stage.MAIL

    def _envelope_stage(self, reply: Reply | None) -> Stage:
        answered = [reply.stage] if reply else []
        stages = (*answered, *(step.stage for step in (*self._asked, *self._next)), Stage.MAIL)
        return next(stage for stage in stages if stage is not Stage.BODY)
