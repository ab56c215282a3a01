"""What chance may break while an issue goes out; each says how many extra copies it may cost."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.proxy import DOWN, UP, Proxy
from tests.faults.scene import CONNECTIONS, LEASE, SLOW, Scene
from tests.forks import Bode

if TYPE_CHECKING:
    from tests.postgres import Server

OUTAGE = 1.5 * LEASE  # seconds: longer than the lease
WAYS = ((UP,), (DOWN,), (UP, DOWN))


@contextmanager
def locked(scene: Scene) -> Iterator[None]:
    """Another process (this one) has the SQLite database to itself."""
    path = scene.environment["BODE_DATABASE_URL"].partition(":///")[2]
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@dataclass
class Play:
    """A scene in which things break; the first worker's way to the database is a proxy, if there is one."""

    scene: Scene
    chance: random.Random
    workers: list[Bode] = field(default_factory=list)
    server: Server | None = None
    proxy: Proxy | None = None
    struck: list[str] = field(default_factory=list)
    most: int = 0  # extra copies that what broke so far may cost

    def begin(self, workers: int) -> None:
        """Send, with so many workers."""
        self.scene.mail.behave(body_delay=SLOW)
        self.scene.act("send")
        self.workers = [self.hired(place) for place in range(workers)]

    def hired(self, place: int) -> Bode:
        """A worker for a place."""
        if place == 0 and self.proxy:
            return self.scene.worker(BODE_DATABASE_URL=self.proxy.url)
        return self.scene.worker()

    def strike(self) -> None:
        """Break one thing."""
        faults = [*ALWAYS, *(ON_SERVER if self.server else ON_FILES)]
        fault = self.chance.choice(faults)
        self.struck.append(fault.__name__)
        self.most += fault(self)

    def calm(self) -> None:
        """Everything works again; a person lets go on what has paused meanwhile."""
        self.scene.mail.behave()
        if self.proxy:
            self.proxy.swallow(every=0)
        if self.scene.state(self.scene.issue_id) == "paused":
            self.scene.act("resume")

    @property
    def everyone(self) -> int:
        """A copy for each connection of all workers."""
        return CONNECTIONS * len(self.workers)

    def replace(self, sign: int) -> None:
        """End a worker, and start another in its place."""
        place = self.chance.randrange(len(self.workers))
        self.scene.stop(self.workers[place], sign)
        self.workers[place] = self.hired(place)


Fault = Callable[[Play], int]


def killed(play: Play) -> int:
    play.replace(signal.SIGKILL)
    return CONNECTIONS


def terminated(play: Play) -> int:
    play.replace(signal.SIGTERM)
    return 0


def asleep(play: Play) -> int:
    sleeper = play.chance.choice(play.workers)
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(OUTAGE)
    sleeper.send_signal(signal.SIGCONT)
    return CONNECTIONS


def relay_away(play: Play) -> int:
    play.scene.mail.down()
    time.sleep(play.chance.random())
    play.scene.mail.up()
    return play.everyone


def dropped(play: Play) -> int:
    """What it costs is counted by the mail server."""
    when, times = play.chance.choice(["before", "after"]), play.chance.randint(1, 4)
    play.scene.mail.behave(drop=when, times=times, body_delay=SLOW)
    return 0


def deferred(play: Play) -> int:
    play.scene.mail.behave(defer_share=0.1, body_delay=SLOW)
    return 0


def goodbye(play: Play) -> int:
    play.scene.mail.behave(goodbye_after=5, body_delay=SLOW)
    return 0


def paused(play: Play) -> int:
    if play.scene.state(play.scene.issue_id) == "sending":
        play.scene.act("pause")
    if play.scene.state(play.scene.issue_id) == "paused":
        play.scene.act("resume")
    return 0


def crashed(play: Play) -> int:
    assert play.server
    play.server.crash()
    play.server.start()
    return play.everyone


def frozen(play: Play) -> int:
    assert play.server
    with play.server.frozen():
        time.sleep(OUTAGE)
    return play.everyone


def cut_off(play: Play) -> int:
    assert play.proxy
    play.proxy.hold(*play.chance.choice(WAYS))
    time.sleep(OUTAGE)
    play.proxy.heal()
    return CONNECTIONS


def reset(play: Play) -> int:
    assert play.proxy
    play.proxy.cut()
    return 0


def unanswered(play: Play) -> int:
    assert play.proxy
    play.proxy.swallow(every=play.chance.randint(5, 9))
    return 0


def taken(play: Play) -> int:
    with locked(play.scene):
        time.sleep(OUTAGE)
    return CONNECTIONS


ALWAYS: list[Fault] = [killed, terminated, asleep, relay_away, dropped, deferred, goodbye, paused]
ON_SERVER: list[Fault] = [crashed, frozen, cut_off, reset, unanswered]
ON_FILES: list[Fault] = [taken]
