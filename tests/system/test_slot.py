"""The month's slot comes by itself, on a clock that is set just before it."""

from __future__ import annotations

import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.calendar import Cadence
from tests.journeys.service import BODE, Service, until
from tests.sending import TEXT
from tests.servers import smtp

READER = "lezer@example.net"
AHEAD = timedelta(hours=1)  # time to sign up, import and approve before the slot, on any machine
FINAL = timedelta(minutes=9)  # within the ten minutes in which colleagues have the final mail
NEARLY = timedelta(seconds=8)
LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


class Anew(Service):
    """Each of its processes is started from nothing, and so takes up the clock that is put under it."""

    def start(self, *words: str, **changes: str) -> Any:
        return self.started(BODE, *words, **changes)

    def _ran(self, *words: str, given: str | None, code: int) -> tuple[str, str]:
        done = subprocess.run(
            [BODE, *words],
            env=self.environment,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"bode {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout, done.stderr


class Clock:
    """The time as the service sees it: it runs, and can be set while the service runs."""

    def __init__(self, file: Path) -> None:
        self._file, self._ahead = file, 0
        self.environment = {
            "LD_PRELOAD": LIBRARY,
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until the file is read again
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, at: datetime) -> None:
        self._ahead = int((at - datetime.now(UTC)).total_seconds())
        self._file.write_text(f"{self._ahead:+d}")

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)


def _slot() -> datetime:
    """The first slot that is at least two days away."""
    rhythm = Cadence.parse("first tuesday 10:00")
    _, slot = next(rhythm.upcoming(datetime.now(UTC) + timedelta(days=2), ZoneInfo("Europe/Amsterdam")))
    return slot


@pytest.mark.parametrize(("urls", "workers"), [("sqlite", 1), ("postgresql", 2)], indirect=["urls"])
def test_what_was_approved_goes_out_once_at_the_slot_and_not_before(
    tmp_path: Path, urls: dict[str, str], workers: int
) -> None:
    clock, slot = Clock(tmp_path / "clock"), _slot()
    clock.set(slot - AHEAD)
    with smtp.Process("--keep") as mail, closing(Anew(tmp_path, mail, urls, **clock.environment)) as service:
        service.serve()
        for _ in range(workers):
            service.worker()
        service.join(READER)
        issue_id = service.issue(TEXT)
        due = datetime.fromisoformat(service.told("issue", "show", issue_id)["due_at"])
        assert due == slot
        clock.set(due - FINAL)
        until(lambda: mail.letters("emre@example.org"), "the final mail to colleagues")
        assert len(mail.letters(READER)) == 1
        assert service.state(issue_id) == "scheduled"
        clock.set(due - NEARLY)
        until(lambda: service.state(issue_id) != "scheduled", "the slot comes")
        assert clock() >= due
        report = service.sent(issue_id)
        (newsletter,) = service.letters(READER, 2)[1:]
        assert report["accepted"] == 1
        assert datetime.fromisoformat(report["started_at"]) >= due
        assert "Nieuws van de maand" in newsletter["Subject"]
