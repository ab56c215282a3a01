"""Processes are killed, stopped, restarted with other settings, or cut short: the others go on."""

from __future__ import annotations

import random
import signal
import time

import pytest

from tests.faults.breaking import OUTAGE
from tests.faults.promise import kept_its_promise
from tests.faults.scene import CALM, READERS, Scene, wait
from tests.servers import smtp

KILLS = 3


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_at_random_moments(scene: Scene, seed: int) -> None:
    """Kill -9, three times: the next worker goes on; what was under way is sent again."""
    chance = random.Random(seed)
    moments = sorted(chance.sample(range(READERS // 10, READERS * 8 // 10), KILLS))
    worker = scene.begin()
    for moment in moments:
        scene.handed_over(moment)
        scene.kill(worker)
        worker = scene.worker()
    scene.reaches("sent")
    kept_its_promise(scene, disturbances=KILLS)


@pytest.mark.parametrize("lease", [CALM])
def test_terminated(scene: Scene) -> None:
    """SIGTERM: every connection finishes its letter, the rest is free at once for the next worker."""
    worker = scene.begin()
    scene.handed_over(READERS // 3)
    assert scene.stop(worker) == 0
    assert scene.books()["in_doubt"] == 0
    scene.worker()
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


@pytest.mark.parametrize("lease", [CALM])
def test_settings_change(scene: Scene) -> None:
    """Settings change: a worker with another relay and more connections goes on."""
    worker = scene.begin()
    scene.handed_over(READERS // 3)
    assert scene.stop(worker) == 0
    with smtp.Process() as other:
        scene.mails.append(other)
        scene.worker(BODE_SMTP_URL=other.url, BODE_SMTP_CONNECTIONS="7")
        scene.reaches("sent")
        assert kept_its_promise(scene).in_doubt == 0
        assert other.count() > 0


def test_one_of_three_is_gone(many: Scene) -> None:
    """One of three workers is killed for good: the other two finish when its lease has run out."""
    workers = [many.begin(), many.worker(), many.worker()]
    many.handed_over(READERS // 2)
    many.kill(workers[1])
    many.reaches("sent")
    kept_its_promise(many, disturbances=1)


def test_stopped_past_its_lease_and_continued(many: Scene) -> None:
    """SIGSTOP past the lease, then SIGCONT: another worker has taken over; the sleeper sends nothing old."""
    sleeper = many.begin()
    many.handed_over(READERS // 6)
    sleeper.send_signal(signal.SIGSTOP)
    many.worker()
    many.reaches("sent")
    sleeper.send_signal(signal.SIGCONT)
    kept_its_promise(many, disturbances=1)
    assert sleeper.returncode == 0


def test_stopped_past_its_lease_while_the_others_send(many: Scene) -> None:
    """SIGSTOP past the lease, then SIGCONT in the middle: both send, and no letter goes out by both."""
    sleeper = many.begin()
    many.handed_over(READERS // 6)
    sleeper.send_signal(signal.SIGSTOP)
    many.worker()
    wait(lambda: many.books()["in_doubt"] > 0, "another worker has taken over")
    sleeper.send_signal(signal.SIGCONT)
    many.reaches("sent")
    kept_its_promise(many, disturbances=1)


def test_a_worker_alone_is_stopped_and_continued(make) -> None:
    """SIGSTOP of the only worker past its lease, then SIGCONT: it goes on where it was."""
    scene = make("sqlite")
    worker = scene.begin()
    scene.handed_over(READERS // 3)
    worker.send_signal(signal.SIGSTOP)
    time.sleep(OUTAGE)
    worker.send_signal(signal.SIGCONT)
    scene.reaches("sent")
    kept_its_promise(scene, disturbances=1)
