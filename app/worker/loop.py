"""One worker: the two senders and the table of jobs, from start to an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from app.core import logs
from app.core.crypto import Unreadable
from app.core.database import AWAY
from app.core.errors import Refused
from app.core.patience import Patience
from app.core.probe import Prober
from app.domain import house as houses
from app.domain.house import House
from app.domain.outbox import LIVES
from app.features import bounce, guard, intake
from app.features.approve import following
from app.features.guard import Watch
from app.features.post.carry import FIRST_PAUSE, LONGEST_PAUSE, Carrier, Tray
from app.features.post.lease import void_leases
from app.features.post.write import House as From
from app.features.send import claim
from app.features.send.engine import Engine
from app.features.send.tools import Tools
from app.mail.courier import Courier
from app.mail.dkim import Keys, Signer
from app.worker.alone import alone
from app.worker.jobs import JOBS
from app.worker.rota import Rota

TICK = 0.5  # seconds between looks at the table of jobs
LOOKED_AFTER = 2.0  # seconds between looks for links to follow or a list: somebody waits for the answer

log = logs.get("worker")


@dataclass
class Worker:
    """One worker: a house, its senders, and what they told meanwhile."""

    house: House
    courier: Courier
    clock: Callable[[], datetime] = houses.now
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    dead: asyncio.Queue[UUID] = field(default_factory=asyncio.Queue)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    prober: Prober = field(default_factory=Prober)

    @property
    def watch(self) -> Watch:
        """What the guard looks at."""
        return Watch(self.house.database, self.house.book, self.house.ring)

    @cached_property
    def rota(self) -> Rota:
        """Whose turn it is of the jobs."""
        return Rota(self)

    @cached_property
    def signer(self) -> Signer | None:
        """Who signs, if that is us; raises Refused when the keys cannot be used."""
        path = self.house.settings.dkim_keys
        return Signer(Keys.load(path)) if path else None

    async def compare(self) -> None:
        """Compare the counters after a new connection, and recover from a restore."""
        await self.house.compare(lambda: guard.check(self.watch, now=self.clock()))

    def engine(self) -> Engine:
        """The newsletters' sender."""
        settings = self.house.settings
        return Engine(
            Tools(
                database=self.house.database,
                dialer=self.courier.dialer(),
                ring=lambda: self.house.ring,
                clock=self.clock,
                owner=self.owner,
                connections=settings.smtp_connections,
                letters=settings.smtp_letters,
                lease=settings.lease_seconds,
                patience=Patience(
                    settings.retry_first_seconds,
                    settings.retry_longest_seconds,
                    settings.give_up_seconds,
                ),
                hostname=settings.mail_host,
                moved=self.moved.set,
                dead=self.dead.put_nowait,
                fresh=lambda: self.house.fresh,
                compare=self.compare,
                signer=self.signer,
                bounce_domain=settings.bounce_domain,
            )
        )

    def carrier(self) -> Carrier:
        """The outbox's sender, with a connection of its own."""
        settings = self.house.settings
        tray = Tray(
            self.house.database,
            self.courier.dialer(),
            lambda: self.house.ring,
            self.clock,
            self.owner,
            From(settings.base_url, settings.mail_host, self.signer),
            Patience(
                min(FIRST_PAUSE, settings.retry_first_seconds),
                min(LONGEST_PAUSE, settings.retry_longest_seconds),
                LIVES.total_seconds(),
            ),
            lambda: self.house.fresh,
            self.compare,
            settings.signups_per_domain,
        )
        return Carrier(tray)

    async def run(self) -> None:
        """Work until `stopping` is set; everything under way is finished first."""
        with alone(self.house):
            log.info("worker.ready", host=socket.gethostname(), process=os.getpid())
            await self._until_compared()
            if not self.house.database.postgres:
                async with self.house.database.unit_of_work() as session:
                    await claim.void_leases(session)
                    await void_leases(session)
            engine, carrier = self.engine(), self.carrier()
            tasks = [
                asyncio.create_task(each)
                for each in (
                    engine.run(),
                    carrier.run(),
                    self._jobs(),
                    self._bury(),
                    self._apart("links", self._follow),
                    self._apart("lists", self._bring_in),
                    self._apart("long jobs", self._long),
                )
            ]
            stopper = asyncio.create_task(self.stopping.wait())
            await asyncio.wait([stopper, *tasks], return_when=asyncio.FIRST_COMPLETED)
            engine.stop()
            carrier.stop()
            self.stopping.set()
            await asyncio.gather(*tasks)
            for _ in range(self.dead.qsize()):  # what the senders told while they came to an end
                await self._bounce(self.dead.get_nowait())
            stopper.cancel()

    async def _until_compared(self) -> None:
        """Ask before anything is sent: is this a restored backup, or was it silent for a day."""
        while not self.stopping.is_set():
            try:
                await self.compare()
                await guard.silent(self.watch, now=self.clock())
            except AWAY as trouble:
                log.warning("start.waits", trouble=type(trouble).__name__)
                await asyncio.sleep(1)
            else:
                return

    async def _bury(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                subscriber_id = await asyncio.wait_for(self.dead.get(), TICK)
                await self._bounce(subscriber_id)

    async def _bounce(self, subscriber_id: UUID) -> None:
        house = self.house
        try:
            async with house.database.unit_of_work() as session:
                await bounce.bounce(
                    session, subscriber_id, ring=house.ring, book=house.book, now=self.clock()
                )
        except AWAY:
            self.dead.put_nowait(subscriber_id)
            await asyncio.sleep(1)
        except Unreadable as trouble:  # the job of every hour finds it again, when its key is back
            log.warning("bounce.unreadable", trouble=type(trouble).__name__)

    async def _follow(self) -> int:
        return await following.look(self.house.database, self.prober, now=self.clock())

    async def _bring_in(self) -> bool:
        house = self.house
        return await intake.carry_on(house.database, house.book, house.ring, now=self.clock())

    async def _apart(self, name: str, act: Callable[[], Awaitable[int]]) -> None:
        """Apart from the jobs, because a site or a long list takes its time and none of them may wait."""
        while not self.stopping.is_set():
            try:
                busy = await act()
            except (Refused, *AWAY) as trouble:
                log.warning("apart.retry", what=name, trouble=type(trouble).__name__)
                busy = 0
            except Exception as trouble:
                log.exception("apart.failed", what=name, exc_info=trouble)
                busy = 0
            if not busy:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), LOOKED_AFTER)

    async def _jobs(self) -> None:
        while not self.stopping.is_set():
            await self._all(apart=False)
            await self._after_moves()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), TICK)

    async def _long(self) -> int:
        await self._all(apart=True)
        return 0

    async def _all(self, *, apart: bool) -> None:
        for job in JOBS:
            if job.apart == apart:
                await self.rota.turn(job)

    async def _after_moves(self) -> None:
        """Raise the counter at every issue transition, besides every ten seconds."""
        if self.moved.is_set():
            self.moved.clear()
            with contextlib.suppress(*AWAY):  # the next ten seconds make it good
                await self.rota.run(JOBS[0])


def stop_on_signals(stopping: asyncio.Event) -> None:
    """SIGTERM and SIGINT let everything under way finish."""
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopping.set)


async def serve(house: House, courier: Courier) -> None:
    """Run one worker until a signal."""
    worker = Worker(house, courier)
    stop_on_signals(worker.stopping)
    await worker.run()
    log.info("worker.stopped")
