"""What Postfix hands over as docs/returned.md says is read, and what somebody sent in its name is not."""

from __future__ import annotations

import shutil
import smtplib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from app.mail import reports
from tests.journeys.service import free_port
from tests.returns import NOBODY, bounced, letter
from tests.servers import postfix
from tests.servers.postfix import Postfix

SENDER = "nieuwsbrief@example.org"
DOMAIN = "bounce.example.org"
NUMBER = "0f" * 16
ALICE = "alice@example.org"
GUIDE = Path(__file__).parents[2] / "docs" / "returned.md"
PROGRAM = "/usr/local/bin/bode-returned"
END = b"--4ABCDE.1/mx--"
ARRIVES_WITHIN = 20.0  # seconds
POLL = 0.05  # seconds


def service(folder: Path) -> str:
    """The lines of the guide, with a program that keeps the mail and a user that every machine has."""
    guide = GUIDE.read_text()
    start = guide.index("bode-returned unix")
    lines = guide[start : guide.index("```", start)]
    assert PROGRAM in lines
    return lines.replace(PROGRAM, f"/usr/bin/tee {folder}/mail").replace("user=bode", "user=nobody")


def own_paths() -> str:
    """The settings of the guide for a domain that mail comes back to."""
    guide = GUIDE.read_text()
    start = guide.index("relay_domains")
    return guide[start : guide.index("```", start)]


@pytest.fixture
def inbox() -> Iterator[Path]:
    """Where the program may write; not among the files of tests, which nobody else can reach."""
    folder = Path(tempfile.mkdtemp(prefix="bode-returned-"))
    shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def relay(inbox: Path) -> Iterator[Postfix]:
    """A Postfix that hands over what comes back."""
    ways = f"{{ {SENDER} = bode-returned: }} {{ {DOMAIN} = bode-returned: }}"
    settings = f"transport_maps = inline:{{ {ways} }}\n{own_paths()}"
    with postfix.running(free_port(), 1, more=(settings, service(inbox))) as running:
        yield running


def handed_over(relay: Postfix, inbox: Path, sender: str, mail: bytes, to: str = SENDER) -> bytes:
    """What the program gets."""
    with smtplib.SMTP("127.0.0.1", relay.port, "tests.example.org") as client:
        assert client.sendmail(sender, [to], mail) == {}
    end, file = time.monotonic() + ARRIVES_WITHIN, inbox / "mail"
    while not (file.exists() and END in file.read_bytes()):
        assert time.monotonic() < end, relay.log.read_text()
        time.sleep(POLL)
    return file.read_bytes()


def test_a_return_of_a_mail_server_is_one(relay: Postfix, inbox: Path) -> None:
    got = handed_over(relay, inbox, "", bounced(ALICE, letter("0f" * 16), path=""))
    found = reports.read(got)
    assert found is not None
    assert found.gone == (ALICE,)


def test_a_return_without_anything_of_the_letter_says_where_it_came_to(relay: Postfix, inbox: Path) -> None:
    raw = bounced(ALICE, letter(), path="")
    found = reports.read(handed_over(relay, inbox, "", raw, f"bounce+{NUMBER}@{DOMAIN}"))
    assert found is not None
    assert (found.gone, found.numbers) == ((ALICE,), {UUID(hex=NUMBER)})


def test_a_return_that_somebody_sent_is_none_whatever_stands_in_it(relay: Postfix, inbox: Path) -> None:
    got = handed_over(relay, inbox, "mallory@example.net", bounced(ALICE, letter("0f" * 16), path=NOBODY))
    assert reports.read(got) is None
