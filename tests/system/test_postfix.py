"""The mail programs that the other system tests rely on are there, and nothing was started to get them."""

from __future__ import annotations

import contextlib
import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))  # where Debian keeps mail servers
BACKLOG = "10"  # connections that may wait; one is enough here
ANSWERS_WITHIN = 10  # seconds
POLL = 0.02  # seconds between two tries


def program(name: str) -> str:
    found = shutil.which(name, path=PATH)
    assert found, f"{name} is missing: run `make test-system`"
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A mail server that throws everything away; its port."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([program("smtp-sink"), *user, f"127.0.0.1:{port}", BACKLOG])
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    until = time.monotonic() + ANSWERS_WITHIN
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, "the mail server does not answer"
        time.sleep(POLL)


def test_the_mail_sink_takes_a_message() -> None:
    with sink() as port, smtplib.SMTP("127.0.0.1", port) as client:
        code, _ = client.ehlo("tests.example.org")
        assert code == 250
        assert client.has_extn("pipelining")
        refused = client.sendmail(
            "bode@example.org", ["alice@example.org"], "Subject: Hallo\r\n\r\nHallo\r\n"
        )
        assert refused == {}


def test_installing_it_started_no_mail_server() -> None:
    """Nothing of Debian's answers by itself; a machine that has settings had a mail server of its own."""
    its_own = Path("/etc/postfix/main.cf").exists()
    assert its_own or not Path("/var/spool/postfix/pid/master.pid").exists()


@pytest.mark.parametrize("name", ["postconf", "smtp-source", "ip", "faketime"])
def test_the_other_programs_are_there(name: str) -> None:
    assert program(name)
