"""The database's disk is full while an issue goes out: sending waits for room, and goes on."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests import programs
from tests.faults.conftest import furnished_server, on_server, write_down
from tests.faults.promise import kept_its_promise
from tests.faults.scene import READERS, Scene, wait
from tests.postgres import Server
from tests.servers import smtp

DISK, SEGMENT = 400, 16  # megabytes: of PostgreSQL's disk, and of what it writes its log in
PIECE = 64 * 1024  # octets written at once while a disk is filled


@contextmanager
def small(megabytes: int) -> Iterator[Path]:
    """A disk of its own, in memory; under a short path, because a socket's path is short."""
    with TemporaryDirectory(prefix="bode-disk-") as name:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", name], check=True)
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def fill(disk: Path) -> Path:
    """Write until there is no room; removing the file makes room again."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (PIECE, 1):
            while _fits(file, size):
                pass
    return ballast


def _fits(file, size: int) -> bool:
    try:
        return file.write(bytes(size)) == size
    except OSError as trouble:
        if trouble.errno != errno.ENOSPC:
            raise
        return False


@contextmanager
def full(scene: Scene, disk: Path) -> Iterator[None]:
    """Send, fill the disk in the middle, wait until that is felt, and make room."""
    scene.begin()
    scene.handed_over(READERS // 3)
    ballast = fill(disk)
    yield
    wait(lambda: "retry" in scene.log, "the worker has met a full disk")
    assert scene.mail.count() < READERS
    ballast.unlink()


def test_sqlite_on_a_full_disk(make, tmp_path: Path) -> None:
    """The disk of SQLite is full: sending waits for room."""
    scene = make("sqlite")
    with small(megabytes=8) as disk:
        shutil.copy(tmp_path / "main.db", disk / "main.db")
        scene.environment["BODE_DATABASE_URL"] = f"sqlite:///{disk}/main.db"
        with full(scene, disk):
            pass
        scene.reaches("sent")
        kept_its_promise(scene)
        scene.close()


def test_postgresql_on_a_full_disk(
    request: pytest.FixtureRequest, relay: smtp.Process, tmp_path: Path
) -> None:
    """The disk of PostgreSQL is full, and it stops: sending waits until there is room and it is started."""
    furnished = tmp_path / "furnished"
    furnished.mkdir()
    with small(megabytes=DISK) as disk:
        programs.give(disk)
        server = Server(disk, durable=True)
        server.create()
        server.start()
        furnished_server(server, furnished)
        scene = Scene(tmp_path, relay, on_server((server, furnished), tmp_path))
        try:
            with full(scene, disk), suppress(psycopg.Error):
                for _ in range(DISK // SEGMENT):  # as long as it has segments left that it made before
                    server.run("SELECT pg_logical_emit_message(true, 'full', 'disk')")
                    server.run("SELECT pg_switch_wal()")
            server.crash()  # it has stopped by itself or will not go on: an operator starts it
            server.start()
            scene.reaches("sent")
            kept_its_promise(scene, disturbances=1)
        finally:
            scene.close()
            server.stop()
            write_down(request, scene)
