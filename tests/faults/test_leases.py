"""The relay is slow, and slower than a lease: what a worker has in its hands stays in one pair of hands."""

from __future__ import annotations

import time

from tests.faults.breaking import OUTAGE
from tests.faults.promise import kept_its_promise
from tests.faults.scene import CONNECTIONS, LEASE, Scene

LATE = 2 * LEASE  # seconds until the reply: the lease has run out by then
SLUGGISH = 0.15  # seconds a letter: the last of a batch have their turn long after the lease


def test_a_slow_answer(scene: Scene) -> None:
    """The answer to the final dot comes after the lease: it is waited for, and nothing is sent twice."""
    scene.begin(delay=LATE)
    scene.handed_over(CONNECTIONS)
    scene.mail.behave()
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


def test_a_slow_answer_and_two_workers(many: Scene) -> None:
    """The answer comes after the lease, and there is another worker: it leaves alone what is under way."""
    many.begin(delay=LATE)
    many.handed_over(CONNECTIONS)
    many.mail.behave()
    many.worker()
    many.reaches("sent")
    assert kept_its_promise(many).in_doubt == 0


def test_a_slow_relay(scene: Scene) -> None:
    """The relay takes its time for each letter, and a batch outlives its lease: nothing is sent twice."""
    scene.begin(delay=SLUGGISH, BODE_LEASE_SECONDS="1")
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


def test_away_for_longer_than_the_lease(scene: Scene) -> None:
    """The relay is away for longer than the lease of what was taken to be sent: each goes out once."""
    scene.mail.down()
    scene.act("send")
    scene.worker()
    scene.reaches("sending")
    time.sleep(2 * OUTAGE)
    scene.mail.behave(body_delay=SLUGGISH)
    scene.mail.up()
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0
