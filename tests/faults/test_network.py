"""A worker loses the database and not the mail server: it sends nothing that is not its own any more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.breaking import OUTAGE
from tests.faults.promise import kept_its_promise
from tests.faults.proxy import DOWN, UP, Proxy, before
from tests.faults.scene import CALM, READERS, Scene


@pytest.fixture
def proxy(many: Scene) -> Iterator[Proxy]:
    """A way to the scene's database that can break."""
    with before(many.environment["BODE_DATABASE_URL"]) as made:
        yield made


@pytest.mark.parametrize("ways", [(UP,), (DOWN,), (UP, DOWN)], ids=["asks", "hears", "both"])
def test_one_worker_is_cut_off(many: Scene, proxy: Proxy, ways: tuple[str, ...]) -> None:
    """One worker cannot reach the database (asking, hearing, or both): another takes over after the lease."""
    lonely = many.begin(BODE_DATABASE_URL=proxy.url)
    many.handed_over(READERS // 6)
    proxy.hold(*ways)
    many.worker()
    many.reaches("sent")
    proxy.heal()
    kept_its_promise(many, disturbances=1)
    assert lonely.returncode == 0


def test_one_worker_is_cut_off_for_a_while(many: Scene, proxy: Proxy) -> None:
    """One worker cannot reach the database for a while: then both send, and no letter goes out by both."""
    many.begin(BODE_DATABASE_URL=proxy.url)
    many.handed_over(READERS // 6)
    proxy.hold(UP, DOWN)
    many.worker()
    many.handed_over(READERS // 2)
    proxy.heal()
    many.reaches("sent")
    kept_its_promise(many, disturbances=1)


@pytest.mark.parametrize("ways", [(UP,), (DOWN,)], ids=["asks", "hears"])
def test_the_only_worker_is_cut_off_for_a_while(many: Scene, proxy: Proxy, ways: tuple[str, ...]) -> None:
    """The only worker cannot reach the database past its lease: it waits, and goes on when it is back."""
    many.begin(BODE_DATABASE_URL=proxy.url)
    many.handed_over(READERS // 3)
    proxy.hold(*ways)
    time.sleep(OUTAGE)
    proxy.heal()
    many.reaches("sent")
    kept_its_promise(many, disturbances=1)


@pytest.mark.parametrize("lease", [CALM])
def test_connections_are_reset(many: Scene, proxy: Proxy) -> None:
    """The worker's connections to the database are reset, thrice: it connects again and goes on."""
    many.begin(BODE_DATABASE_URL=proxy.url)
    for part in (1, 2, 3):
        many.handed_over(READERS * part // 4)
        proxy.cut()
    many.reaches("sent")
    kept_its_promise(many, disturbances=0)


@pytest.mark.parametrize("lease", [CALM])
def test_the_answer_to_a_commit_never_comes(many: Scene, proxy: Proxy) -> None:
    """Each seventh commit is done, its answer lost: it is written again, and nothing moves before that."""
    many.begin(BODE_DATABASE_URL=proxy.url)
    many.handed_over(1)
    proxy.swallow(every=7)
    many.handed_over(READERS * 3 // 4)
    proxy.swallow(every=0)
    many.reaches("sent")
    kept_its_promise(many, disturbances=0)
    assert proxy.swallowed > 0
    assert "journal.retry" in many.log  # marks and fates were among them
