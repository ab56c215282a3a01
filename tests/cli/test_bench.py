"""`bode bench` measures with the real sender, touches nothing of the service, and leaves nothing behind."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.cli.bench.command import BYTES_MOST
from app.core import migrating
from tests.cli.desk import Desk
from tests.journeys.service import until

if TYPE_CHECKING:
    from tests.postgres import Server

READERS = "200"
FEW = "20"
STOPPED = "8000"  # readers: so many that it is not done before it hears that it is to stop
PROCESSES = 3  # a mail server, a worker, and Python's own that watches over them


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it may make what it needs."""
    return tmp_path_factory.mktemp("bench")


def test_it_measures_with_and_without_signatures_and_says_what_it_left_out(empty: Desk, room: Path) -> None:
    empty.environment["BODE_LEDGER_COPY"] = str(empty.folder / "copy")
    told = empty.told("bench", "--readers", READERS, "--folder", str(room))
    runs = [(each["database"], each["dkim"]) for each in told["runs"]]
    assert runs == [("sqlite", False), ("sqlite", True)]
    for each in told["runs"]:
        assert each["messages_per_second"] * each["seconds"] == pytest.approx(int(READERS), rel=0.01)
        assert each["cpu_microseconds"] > 0
        assert each["memory_mb"] > 0
        assert each["bytes"] == pytest.approx(8192, rel=0.1)
    assert "--database-url" in told["skipped"][0]
    assert list(room.iterdir()) == list(empty.folder.iterdir()) == []


def test_it_measures_the_largest_message_that_it_offers(empty: Desk, room: Path) -> None:
    words = ("--readers", FEW, "--no-dkim", "--folder", str(room), "--bytes", str(BYTES_MOST))
    (run,) = empty.told("bench", *words)["runs"]
    assert run["bytes"] == pytest.approx(BYTES_MOST, rel=0.1)


def test_an_empty_postgresql_is_measured_too_and_is_empty_afterwards(
    postgres: Server, empty: Desk, room: Path
) -> None:
    url = postgres.create_database()
    words = ("--readers", READERS, "--no-dkim", "--folder", str(room), "--database-url", url)
    shown = empty.bode("bench", *words).stdout
    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [["sqlite", "no"], ["postgresql", "no"]]
    assert migrating.tables(url) == []


def test_a_database_with_tables_is_refused_and_keeps_them(postgres: Server, empty: Desk) -> None:
    url = postgres.create_database()
    migrating.upgrade(url, migrating.MAIN)
    tables = migrating.tables(url)
    assert "is left alone" in empty.refused("bench", "--readers", READERS, "--database-url", url)
    assert migrating.tables(url) == tables
    assert "postgresql://" in empty.refused("bench", "--database-url", "sqlite:///x.db", code=2)


def test_it_stops_when_its_time_is_up(empty: Desk, room: Path) -> None:
    words = ("bench", "--readers", "1000000", "--seconds-most", "2", "--folder", str(room))
    assert "not done in time" in empty.bode(*words, code=1).stderr
    assert list(room.iterdir()) == []


def _children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _alive(process: int) -> bool:
    """Whether it still runs: who ended and was not asked after yet does not."""
    stat = Path(f"/proc/{process}/stat")
    return stat.exists() and stat.read_text().rpartition(") ")[2][0] != "Z"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_removes_what_it_made(empty: Desk, room: Path, sign: signal.Signals) -> None:
    with empty.popen("bench", "--readers", STOPPED, "--folder", str(room)) as process:
        found = until(lambda: len(_children(process.pid)) == PROCESSES and _children(process.pid), "a worker")
        assert len(list(room.iterdir())) == 1
        process.send_signal(sign)
        process.communicate(timeout=60)
    assert process.returncode != 0
    assert list(room.iterdir()) == []
    until(lambda: not any(map(_alive, found)), "everything it started has ended")
