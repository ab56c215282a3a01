"""The mail server is away, refuses, hangs up or is slow: whose fault it is decides what happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.promise import kept_its_promise
from tests.faults.scene import CALM, CONNECTIONS, READERS, Scene, wait
from tests.servers import smtp

AWAY = 3.0  # seconds
DROPS = 5
OF_THE_ISSUE = "List-Unsubscribe-Post:"  # the mails to colleagues that pass meanwhile have none
BLAMED_AT = 10  # connections, so that the refusals at which an issue pauses come in one go
USER, PASSWORD = "bode", "right"


@pytest.fixture
def lease() -> int:
    """Nothing is taken over here."""
    return CALM


def test_down_at_the_start(scene: Scene) -> None:
    """The relay is down at the start: sending waits, and begins when it is back."""
    scene.mail.down()
    scene.act("send")
    scene.worker()
    scene.reaches("sending")
    scene.mail.up()
    scene.reaches("sent")
    kept_its_promise(scene)


def test_down_in_the_middle(scene: Scene) -> None:
    """The relay goes down in the middle and comes back: what was under way is sent again."""
    scene.begin()
    scene.handed_over(READERS // 3)
    scene.mail.down()
    scene.mail.up()
    scene.reaches("sent")
    kept_its_promise(scene, disturbances=1)


def test_away_for_seconds(scene: Scene) -> None:
    """The relay is away for three seconds: tried with growing pauses, then it goes on."""
    scene.begin()
    scene.handed_over(READERS // 3)
    scene.mail.down()
    time.sleep(AWAY)
    scene.mail.up()
    scene.reaches("sent")
    kept_its_promise(scene, disturbances=1)


def test_a_tenth_is_deferred(scene: Scene) -> None:
    """451 to a tenth of the readers: they are tried again later, and get it."""
    scene.mail.behave(defer_share=0.1)
    scene.act("send")
    scene.worker()
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


def test_unknown_mailboxes(scene: Scene) -> None:
    """550 5.1.1 at RCPT: refused, not tried again, and the subscription ends."""
    unknown = sorted(scene.readers)[::40]
    scene.mail.behave(refuse=unknown)
    scene.act("send")
    scene.worker()
    scene.reaches("sent")
    left = len(scene.readers) - len(unknown)
    wait(lambda: scene.count() == left, "their subscriptions have ended")
    kept_its_promise(scene, refused=len(unknown))
    assert not set(unknown) & set(scene.copies())


@pytest.fixture
def closed_door(make) -> Iterator[Scene]:
    """A relay that asks for a password, and a service that has a wrong one."""
    with smtp.Process("--user", USER, "--password", PASSWORD) as mail:
        scene = make("postgresql", mail=mail, BODE_SMTP_CONNECTIONS=str(BLAMED_AT))
        scene.environment["BODE_SMTP_URL"] = mail.url.replace("//", f"//{USER}:wrong@")
        yield scene
        scene.close()


def test_a_wrong_password(closed_door: Scene) -> None:
    """535 at AUTH: the issue pauses, nobody is blamed; with the right one a person lets it go on."""
    worker = closed_door.begin()
    closed_door.reaches("paused")
    books = closed_door.books()
    assert (books["waiting"], books["refused"], books["given_up"]) == (READERS, 0, 0)
    assert closed_door.stop(worker) == 0
    closed_door.worker(BODE_SMTP_URL=closed_door.mail.url.replace("//", f"//{USER}:{PASSWORD}@"))
    closed_door.act("resume")
    closed_door.reaches("sent")
    assert kept_its_promise(closed_door).in_doubt == 0


def test_a_refused_sender(scene: Scene) -> None:
    """550 at MAIL FROM: the issue pauses, nobody is blamed; a person lets it go on."""
    scene.mail.behave(say={"mail": "550 5.7.1 not you"})
    scene.act("send")
    scene.worker()
    scene.reaches("paused")
    assert scene.mail.count() == 0
    scene.mail.behave()
    scene.act("resume")
    scene.reaches("sent")
    assert scene.count() == READERS
    assert kept_its_promise(scene).in_doubt == 0


def test_goodbye_after_some(scene: Scene) -> None:
    """421 after every tenth letter: a new connection goes on; nothing is in doubt."""
    scene.mail.behave(goodbye_after=10)
    scene.act("send")
    scene.worker()
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


def test_dropped_before_it_was_kept(scene: Scene) -> None:
    """Dropped after the final dot, letter not kept: in doubt, and sent again."""
    worker = scene.begin()
    scene.handed_over(READERS // 3)
    scene.mail.behave(drop="before", drop_only=OF_THE_ISSUE, times=DROPS)
    scene.reaches("sent")
    assert 0 < kept_its_promise(scene).in_doubt <= scene.mail.count("dropped") == DROPS
    assert worker.returncode == 0


def test_dropped_after_it_was_kept(scene: Scene) -> None:
    """Dropped after the final dot, letter kept: in doubt, and sent again: one extra copy for each drop."""
    scene.begin()
    scene.handed_over(READERS // 3)
    scene.mail.behave(drop="after", drop_only=OF_THE_ISSUE, times=DROPS)
    scene.reaches("sent")
    assert kept_its_promise(scene, disturbances=DROPS, connections=1).extra == DROPS
    assert scene.mail.count("dropped") == DROPS


def test_dropped_each_time(scene: Scene) -> None:
    """Dropped after each final dot: the issue pauses before many get two; a person lets it go on."""
    scene.mail.behave(drop="after")
    scene.act("send")
    scene.worker()
    scene.reaches("paused")
    scene.settled()
    scene.mail.behave()
    scene.act("resume")
    scene.reaches("sent")
    drops = scene.mail.count("dropped")
    assert drops < READERS // 4
    kept_its_promise(scene, disturbances=drops, connections=1)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_an_expired_certificate(make, tmp_path: Path, tls: str) -> None:
    """The relay's certificate has expired: nothing is sent until it has a good one."""
    authority = tmp_path / "authority.pem"
    with smtp.Process("--authority", str(authority), tls=tls) as mail:
        scene = make("postgresql", mail=mail, SSL_CERT_FILE=str(authority))
        mail.behave(expired=True)
        scene.act("send")
        scene.worker()
        scene.reaches("sending")
        wait(lambda: scene.log.count("relay.trouble") > CONNECTIONS, "each connection has tried it")
        assert mail.count() == 0
        mail.behave()
        scene.reaches("sent")
        kept_its_promise(scene)
        scene.close()
