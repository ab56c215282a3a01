"""The database is away, restarted, frozen or locked: sending waits for it and goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.breaking import OUTAGE, locked
from tests.faults.promise import kept_its_promise
from tests.faults.scene import READERS, Scene

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture
def server(frail: tuple[Server, Path]) -> Server:
    """The server that is stopped here."""
    return frail[0]


@pytest.fixture
def on_frail(make) -> Scene:
    """A scene on that server."""
    return make("frail")


def test_the_database_is_away(on_frail: Scene, server: Server) -> None:
    """PostgreSQL stopped for longer than the lease, and started again: sending waits and goes on."""
    on_frail.begin()
    on_frail.handed_over(READERS // 3)
    server.stop()
    time.sleep(OUTAGE)
    server.start()
    on_frail.reaches("sent")
    kept_its_promise(on_frail, disturbances=1)


def test_the_database_crashes(on_frail: Scene, server: Server) -> None:
    """PostgreSQL crashes and recovers at once, twice: what was written is there, and sending goes on."""
    on_frail.begin()
    for part in (1, 2):
        on_frail.handed_over(READERS * part // 3)
        server.crash()
        server.start()
    on_frail.reaches("sent")
    kept_its_promise(on_frail, disturbances=2)


def test_the_database_is_frozen(on_frail: Scene, server: Server) -> None:
    """PostgreSQL hangs for longer than the lease (SIGSTOP): sending waits and goes on."""
    on_frail.begin()
    on_frail.handed_over(READERS // 3)
    with server.frozen():
        time.sleep(OUTAGE)
    on_frail.reaches("sent")
    kept_its_promise(on_frail, disturbances=1)


def test_the_database_is_locked(make) -> None:
    """SQLite locked by another process for longer than the lease: sending waits and goes on."""
    scene = make("sqlite")
    scene.begin()
    scene.handed_over(READERS // 3)
    with locked(scene):
        time.sleep(OUTAGE)
    scene.reaches("sent")
    kept_its_promise(scene, disturbances=1)


def test_told_to_stop_while_it_is_away(on_frail: Scene, server: Server) -> None:
    """SIGTERM while PostgreSQL is away: the worker ends all the same, and the next one goes on."""
    first = on_frail.begin()
    on_frail.handed_over(READERS // 3)
    server.stop()
    on_frail.stop(first)
    server.start()
    on_frail.worker()
    on_frail.reaches("sent")
    kept_its_promise(on_frail, disturbances=1)
