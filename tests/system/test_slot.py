"""The month's slot comes by itself, on a clock that is set just before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core.calendar import Cadence
from tests.journeys.service import Service, until
from tests.sending import TEXT
from tests.servers import smtp

READER = "lezer@example.net"
NEARLY = timedelta(seconds=8)
AHEAD = timedelta(seconds=36)  # time to sign up, import and approve before the slot
LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def _offset() -> int:
    """Seconds between now and shortly before the first slot that is at least two days away."""
    now = datetime.now(UTC)
    rhythm = Cadence.parse("first tuesday 10:00")
    _, slot = next(rhythm.upcoming(now + timedelta(days=2), ZoneInfo("Europe/Amsterdam")))
    return int((slot - AHEAD - now).total_seconds())


def _now(clock: dict[str, str]) -> datetime:
    """The time as the service sees it."""
    return datetime.now(UTC) + timedelta(seconds=int(clock["FAKETIME"]))


@pytest.mark.parametrize(("urls", "workers"), [("sqlite", 1), ("postgresql", 2)], indirect=["urls"])
def test_what_was_approved_goes_out_once_at_the_slot_and_not_before(
    tmp_path: Path, urls: dict[str, str], workers: int
) -> None:
    clock = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME": f"{_offset():+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with smtp.Process("--keep") as mail:
        service = Service(tmp_path, mail, urls, **clock)
        try:
            service.serve()
            for _ in range(workers):
                service.worker()
            service.join(READER)
            issue_id = service.issue(TEXT)
            due = datetime.fromisoformat(service.told("issue", "show", issue_id)["due_at"])
            assert due.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%H:%M") == "10:00"
            previews = until(lambda: mail.letters("emre@example.org"), "the final mail to colleagues")
            assert len(mail.letters(READER)) == 1
            until(lambda: _now(clock) > due - NEARLY, "it is nearly time")
            assert service.state(issue_id) == "scheduled"
            until(lambda: service.state(issue_id) != "scheduled", "the slot comes")
            report = service.sent(issue_id)
            (newsletter,) = service.letters(READER, 2)[1:]
            assert report["accepted"] == 1
            assert datetime.fromisoformat(report["started_at"]) >= due
            assert "Nieuws van de maand" in newsletter["Subject"]
            assert previews
        finally:
            service.close()
