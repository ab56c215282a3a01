"""One worker on SQLite, any number on PostgreSQL; each ends in good order when told to."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli import worker
from app.core import migrating
from tests.cli.desk import Desk, line_with

if TYPE_CHECKING:
    from tests.postgres import Server


LONG = 600  # seconds
SOON = 20  # seconds: a process that is told to end needs a moment on a busy machine


def test_sqlite_has_room_for_one_process(office: Desk) -> None:
    assert "PostgreSQL" in office.refused("worker", "--processes", "2")


def test_a_second_worker_on_the_same_file_is_refused_and_the_first_ends_with_0(office: Desk) -> None:
    with office.popen("worker") as first:
        line_with(first, "worker.ready")
        issue_id = office.approved()
        office.bode("issue", "send", issue_id)
        while office.told("issue", "report", issue_id)["state"] != "sent":
            assert first.poll() is None
        with office.popen("worker") as second:
            _, reason = second.communicate(timeout=30)
        assert second.returncode == 1
        assert "a worker already runs" in reason
        assert "Traceback" not in reason
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=30)
        assert first.returncode == 0


def _shared(server: Server, folder: Path) -> Desk:
    urls = {}
    for name, which in (("main", migrating.MAIN), ("ledger", migrating.LEDGER)):
        server.template(name, lambda url, which=which: migrating.upgrade(url, which))
        urls[name] = server.create_database(like=name)
    return Desk(folder, BODE_DATABASE_URL=urls["main"], BODE_LEDGER_URL=urls["ledger"])


def test_on_postgresql_several_work_and_end_together(postgres: Server, tmp_path: Path) -> None:
    desk = _shared(postgres, tmp_path)
    desk.furnish()
    issue_id = desk.approved()
    with desk.popen("worker", "--processes", "2") as process:
        for _ in range(2):
            line_with(process, "worker.ready")
        desk.bode("issue", "send", issue_id)
        while desk.told("issue", "report", issue_id)["state"] != "sent":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
    assert rest.count("worker.stopped") == 2
    assert process.returncode == 0


def test_when_one_of_several_dies_the_others_go_on_and_the_end_is_1(postgres: Server, tmp_path: Path) -> None:
    desk = _shared(postgres, tmp_path)
    desk.furnish()
    with desk.popen("worker", "--processes", "2") as process:
        lines = [line_with(process, "worker.ready") for _ in range(2)]
        victim = int(lines[0].partition('"process": ')[2].partition(",")[0])
        os.kill(victim, signal.SIGKILL)
        line_with(process, "worker.ended")
        issue_id = desk.approved()
        desk.bode("issue", "send", issue_id)
        while desk.told("issue", "report", issue_id)["state"] != "sent":
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 1


def test_who_is_told_to_stop_while_they_begin_leaves_none_behind() -> None:
    """SIGTERM between the first and the second: it reached who had begun, and the rest must hear of it."""
    stopping = threading.Event()
    stopping.set()
    late = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(LONG,))
    try:
        worker._start([late], stopping)
        late.join(SOON)
        assert late.exitcode == -signal.SIGTERM
    finally:
        late.kill()


def test_workers_end_when_the_one_who_started_them_is_killed(postgres: Server, tmp_path: Path) -> None:
    desk = _shared(postgres, tmp_path)
    with desk.popen("worker", "--processes", "2") as process:
        for _ in range(2):
            line_with(process, "worker.ready")
        process.kill()
        _, rest = process.communicate(timeout=30)  # ends when nobody holds the other end any more
    assert rest.count("worker.stopped") == 2
