"""Hands waiting mail over, one after the other, on a connection of its own, before newsletters.

A row is deleted when the server accepts the mail or its mailbox refuses it for good, or after 24
hours: from then on the address of somebody who never confirmed exists nowhere here. A refusal that is
about us, the sender, loses no mail: it is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import logs
from app.core.address import BadAddress, parse
from app.core.crypto import KeyMissing, KeyRing, Unreadable
from app.core.database import AWAY, Database
from app.core.errors import Refused
from app.core.patience import Patience
from app.domain import issue as issues
from app.domain import outbox
from app.domain.newsletter import Newsletter
from app.domain.outbox import LIVES, Mail, Purpose
from app.domain.trial import Trial
from app.features.post import lease
from app.features.post import tell as telling
from app.features.post.decide import Decision, Desk, NotNow, decide
from app.features.post.write import House, Outgoing, final, write
from app.mail.compile import Compiled
from app.mail.dialer import Dialer
from app.mail.judge import Verdict, judge
from app.mail.rendering import Incomplete
from app.mail.smtp import BadEnvelope, Line, Reply, Trouble

BATCH = 20  # rows a claim takes; each is decided in the same transaction
SQLITE_BATCH = 1  # there nobody else can write meanwhile, and deciding one takes milliseconds
# Seconds after which no mail of a batch leaves any more: another worker may have it soon.
TRUSTED = lease.LEASE / 2
RENEWALS = 3  # a lease: one may fail
POLL = 0.3  # seconds between looks: people wait for this mail
IDLE_ROUNDS = 30  # empty looks before the connection is closed
FIRST_PAUSE = 30.0  # seconds before the next try: somebody is waiting for the link
LONGEST_PAUSE = 900.0  # seconds

# What no later try can mend: what was damaged, an address that fits no envelope, a broken text.
UNSENDABLE = (Unreadable, BadEnvelope, BadAddress, ValueError, KeyError, TypeError, Incomplete)

Make = Callable[[], Outgoing]

log = logs.get("post")


class Anew(Exception):
    """The database was reached anew in the middle: it may be a backup that was put back."""


@dataclass(frozen=True, slots=True)
class Tray:
    """What carrying needs."""

    database: Database
    dialer: Dialer
    ring: Callable[[], KeyRing]
    clock: Callable[[], datetime]
    owner: str
    house: House
    patience: Patience
    fresh: Callable[[], bool]  # whether the database was reached anew
    compare: Callable[[], Awaitable[None]]  # compares the counters, recovers from a restore
    a_domain: int  # mails that strangers can make us send to one domain in an hour


class Carrier:
    """Empties the outbox until stopped."""

    def __init__(self, tray: Tray) -> None:
        self._tray = tray
        self._batch = BATCH if tray.database.postgres else SQLITE_BATCH
        self._stopping = asyncio.Event()
        self._line: Line | None = None
        self._idle = 0

    def stop(self) -> None:
        """Finish the mail under way and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped."""
        while not self._stopping.is_set():
            try:
                busy = await self.round()
            except AWAY as trouble:
                log.warning("post.retry", trouble=type(trouble).__name__)
                busy = False
            if not busy:
                await self._rest()
        await self._hang_up()

    async def _rest(self) -> None:
        self._idle += 1
        if self._idle > IDLE_ROUNDS:
            await self._hang_up()
        try:
            await asyncio.wait_for(self._stopping.wait(), POLL)
        except TimeoutError:
            return

    async def round(self) -> bool:
        """Take a batch and hand it over; False when nothing was due.

        What a slow or absent relay leaves of it in the end is free again when its lease has run out.
        """
        if self._tray.fresh():
            await self._tray.compare()
        until = time.monotonic() + TRUSTED
        try:
            ready = await self._take()
        except Anew:
            return True  # once more, and compared before that
        if ready is None:
            return False
        self._idle = 0
        for mail_id, make in ready:
            if time.monotonic() > until:
                break
            if self._stopping.is_set():
                await self._later(mail_id, timedelta(0))
            elif outgoing := await self._made(mail_id, make):
                await self._hand_over(mail_id, outgoing)
        return True

    async def _take(self) -> list[tuple[UUID, Make]] | None:
        """Claim and decide in one transaction; writing the mails comes after it, others wait to write.

        None when nothing was due; what is not to leave is gone then.
        """
        now = self._tray.clock()
        async with self._tray.database.unit_of_work() as session:
            mails = await lease.claim(session, self._tray.owner, self._batch, now)
            decided = [(mail, await self._decided(session, mail, now)) for mail in mails]
            for mail, make in decided:
                if isinstance(make, KeyMissing):
                    log.warning("post.waits", mail=str(mail.id), reason=f"no key {make.key_id}")
                    await lease.leave(session, mail, now + timedelta(seconds=FIRST_PAUSE))
                elif isinstance(make, NotNow):
                    log.warning("post.waits", mail=str(mail.id), reason=str(make))
                    await lease.leave(session, mail, make.until)
                elif make is None:
                    await self._gone(session, mail, reached=False)
            if self._tray.fresh():  # this came from another database, perhaps: nothing of it is to leave
                raise Anew
        return [(mail.id, make) for mail, make in decided if callable(make)] if mails else None

    async def _made(self, mail_id: UUID, make: Make) -> Outgoing | None:
        """The mail's bytes; None when it was dropped or put off."""
        try:
            return make()
        except UNSENDABLE as trouble:
            log.warning("post.unsendable", mail=str(mail_id), trouble=type(trouble).__name__)
            await self._done(mail_id, reached=False)
        except Refused as refused:  # not to be signed with these keys: a person can mend that
            log.warning("post.waits", mail=str(mail_id), reason=str(refused))
            await self._later(mail_id, timedelta(seconds=LONGEST_PAUSE))
        return None

    async def _decided(
        self, session: AsyncSession, mail: Mail, now: datetime
    ) -> Make | KeyMissing | NotNow | None:
        """How to make what leaves; None when nothing is to leave, and what another machine may still read."""
        if mail.created_at + LIVES < now:
            return None
        ring, house = self._tray.ring(), self._tray.house
        try:
            content = outbox.opened(ring, mail)
            if content["purpose"] in {Purpose.FINAL, Purpose.TRIAL}:
                return await self._final(session, mail, content, now)
            desk = Desk(session, ring, house.base_url, now, self._tray.a_domain)
            decision = await decide(desk, content, first=mail.attempts == 1)
        except (KeyMissing, NotNow) as wait:
            return wait
        except UNSENDABLE as trouble:
            log.warning("post.unsendable", mail=str(mail.id), trouble=type(trouble).__name__)
            return None
        return partial(write, mail, decision, house, now) if decision else None

    async def _final(
        self, session: AsyncSession, mail: Mail, content: dict[str, Any], now: datetime
    ) -> Make | None:
        letter = await session.get(Newsletter, UUID(content["newsletter"]))
        stored = await self._stored(session, content)
        if stored is None or letter is None:
            return None  # the approval was taken back in the meantime
        address = parse(content["address"])
        decision = Decision("issue", content["language"], letter, address, {})
        compiled = Compiled.from_bytes(stored)
        return partial(final, mail.id, compiled, decision, self._tray.house, self._tray.ring(), now)

    async def _stored(self, session: AsyncSession, content: dict[str, Any]) -> bytes | None:
        """The bytes as they were approved, or those of a test."""
        if content["purpose"] == Purpose.TRIAL:
            tried = await session.get(Trial, UUID(content["trial"]))
            return tried.compiled if tried else None
        return (await issues.frozen(session, UUID(content["issue"]))).get(content["language"])

    async def _hand_over(self, mail_id: UUID, outgoing: Outgoing) -> None:
        try:
            reply = await self._held(mail_id, self._send(outgoing))
        except Trouble as trouble:
            log.warning("relay.trouble", stage=trouble.stage, reason=trouble.reason)
            await self._hang_up()
            await self._later(mail_id, None)
            return
        if reply is None or judge(reply) is Verdict.LATER:
            await self._later(mail_id, None if reply else timedelta(0))
        elif judge(reply) is Verdict.OURS:
            log.warning("post.refused", mail=str(mail_id), code=reply.code, stage=reply.stage)
            await self._later(mail_id, None)
        else:
            await self._done(mail_id, reached=judge(reply) is Verdict.ACCEPTED)

    async def _held(self, mail_id: UUID, handing_over: Coroutine[Any, Any, Reply | None]) -> Reply | None:
        """The relay's answer; the mail stays ours however long that takes."""
        answer = asyncio.ensure_future(handing_over)
        while not (await asyncio.wait({answer}, timeout=lease.LEASE / RENEWALS))[0]:
            with contextlib.suppress(*AWAY):
                async with self._tray.database.unit_of_work() as session:
                    await lease.renew(session, self._tray.owner, mail_id)
        return answer.result()

    async def _send(self, outgoing: Outgoing) -> Reply | None:
        if self._line is None or not self._line.usable:
            await self._hang_up()
            self._line = await self._tray.dialer.open(self._stopping)
        line = self._line
        if line is None:
            return None
        line.put(None, outgoing.envelope)
        reply = await line.opened()
        if not reply.go_ahead:
            return reply
        line.put(outgoing.body, None, stuffed=True)
        return await line.fate()

    async def _hang_up(self) -> None:
        if self._line is not None:
            line, self._line = self._line, None
            await line.quit()

    async def _done(self, mail_id: UUID, *, reached: bool) -> None:
        async with self._tray.database.unit_of_work() as session:
            mail = await session.scalar(select(Mail).where(Mail.id == mail_id))
            if mail is not None:
                await self._gone(session, mail, reached=reached)

    async def _gone(self, session: AsyncSession, mail: Mail, *, reached: bool) -> None:
        """The row goes; a privacy request that ended with this mail hears what became of it."""
        await session.execute(delete(Mail).where(Mail.id == mail.id))
        about = telling.Desk(self._tray.ring(), self._tray.house.base_url, self._tray.clock())
        await telling.tell(session, about, mail, reached=reached)

    async def _later(self, mail_id: UUID, pause: timedelta | None) -> None:
        async with self._tray.database.unit_of_work() as session:
            mail = await session.scalar(select(Mail).where(Mail.id == mail_id))
            if mail is None:
                return
            grown = timedelta(seconds=self._tray.patience.pause(mail.attempts - 1))
            mail.due_at = self._tray.clock() + (grown if pause is None else pause)
            mail.lease_owner = mail.lease_until = None
