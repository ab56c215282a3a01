"""A worker on a host that is cut off from the mail server hinders nobody: the other one sends all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.journeys.service import BODE, Service, until
from tests.journeys.test_crash_while_sending import copies, fill
from tests.sending import TEXT

READERS = 300


@pytest.fixture
def island() -> Iterator[str]:
    """A network namespace without any way out."""
    name = f"bode-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
def test_a_worker_that_is_cut_off_hinders_nobody(service: Service, island: str) -> None:
    fill(service, READERS)
    issue_id = service.issue(TEXT)
    service.bode("issue", "send", issue_id)
    lonely = subprocess.Popen(
        ["ip", "netns", "exec", island, BODE, "worker"],
        env=service.environment,
        cwd=service.folder,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: service.state(issue_id) == "sending", "the lonely worker begins")
        assert not copies(service)
        service.worker()
        report = service.sent(issue_id)
    finally:
        lonely.kill()
        lonely.wait()
    got = copies(service)
    assert len(got) == READERS
    assert {len(each) for each in got.values()} == {1}
    assert (report["accepted"], report["in_doubt"]) == (READERS, 0)
