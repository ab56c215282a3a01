"""Whole stories with a real Postfix between Bode and its readers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.service import Service, free_port, until
from tests.journeys.test_crash_while_sending import copies, fill
from tests.sending import TEXT
from tests.servers import postfix, smtp

READER = "lezer@example.net"
MANY = 5000
PATIENCE = 300.0  # seconds: who waits as long has found a fault, not a slow disk under two queues
FINISHED = re.compile(r"disconnect from .* data=(\d+)")


@contextmanager
def through(folder: Path, urls: dict[str, str]) -> Iterator[tuple[Service, postfix.Postfix]]:
    """The service with Postfix as its relay; `service.mail` is what stands behind that."""
    with smtp.Process("--keep") as mail, postfix.running(free_port(), mail.port) as relay:
        # The lease as in production: a relay takes longer over five hundred letters than our own server.
        service = Service(folder, mail, urls, BODE_SMTP_URL=relay.url, BODE_LEASE_SECONDS="60")
        try:
            service.serve()
            yield service, relay
        finally:
            service.close()


@pytest.mark.parametrize("urls", ["postgresql"], indirect=True)
def test_five_thousand_readers_get_it_once_and_one_leaves_by_one_click(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    with through(tmp_path, urls) as (service, relay):
        fill(service, MANY)
        worker = service.worker()
        service.join(READER)
        issue_id = service.issue(TEXT)
        service.bode("issue", "send", issue_id)
        until(lambda: service.state(issue_id) == "sent", "Postfix has taken it all", PATIENCE)
        until(lambda: len(copies(service)) == MANY, "Postfix has passed it all on", PATIENCE)
        assert {len(each) for each in copies(service).values()} == {1}
        report = service.report(issue_id)
        assert (report["audience"], report["accepted"], report["in_doubt"]) == (MANY + 1, MANY + 1, 0)

        one_click = str(service.letters(READER, 2)[-1]["List-Unsubscribe"]).strip("<>")
        answer = service.http.post(one_click, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert service.count() == MANY
        assert service.stop(worker) == 0
        # One connection carried many letters, and Postfix found no command before its time.
        until(lambda: FINISHED.findall(relay.log.read_text()), "the worker has hung up")
        assert max(map(int, FINISHED.findall(relay.log.read_text()))) > MANY / 10
        assert "improper command pipelining" not in relay.log.read_text()
