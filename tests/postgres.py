"""A real PostgreSQL for tests: started when first asked for, and gone when the tests are.

It listens on a socket in a private folder only. It ends with the process that started it, however
that process ends; folders left by a killed one are cleared at the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg import sql

from tests import programs

USER = "bode"
PREFIX = "bode-postgres-"
READY_WITHIN = 30  # seconds: a start takes half a second, a busy machine deserves patience
GONE_WITHIN = 20  # seconds, before it is killed
POLL = 0.02  # seconds between two looks at a server that is starting

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Server:
    """One server with its own folder; `durable` says whether it keeps its word when it crashes."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._settings = DURABLE if durable else FAST
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._programs = programs.reachable(programs.programs(), folder)
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Lay out an empty server on disk."""
        command: list[str | Path] = [self._programs / "initdb", "--pgdata", self.folder / "cluster"]
        command += [
            "--username",
            USER,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C.UTF-8",
        ]
        done = subprocess.run(
            [*command, "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            **programs.identity(),
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stderr}")

    def start(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
        }
        options = [f"--{name}={value}" for name, value in {**settings, **self._settings}.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "cluster", *options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop it in good order
                preexec_fn=programs.end_with_parent,  # noqa: PLW1509  no other thread is forking here
                **programs.identity(),
            )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                return self.run("SELECT 1")
            except psycopg.OperationalError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > until:
                    raise RuntimeError(f"no start: {(self.folder / 'log').read_text()}") from None
            time.sleep(POLL)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """Stop in good order; SIGQUIT instead stops as a crash does."""
        if self._process is None:
            return
        self._process.send_signal(sign)
        try:
            self._process.wait(GONE_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def crash(self) -> None:
        """Stop as after a power cut: nothing is written that was not written already."""
        self.stop(signal.SIGQUIT)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server and everyone who serves in it hang, as a machine does that swaps."""
        assert self._process is not None
        first = self._process.pid
        os.kill(first, signal.SIGSTOP)  # who hangs starts no more of them
        family = [*_children(first), first]
        try:
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def run(self, statement: str | sql.Composed, database: str = "postgres") -> None:
        """Carry out one statement outside any transaction."""
        with psycopg.connect(
            host=str(self.folder), user=USER, dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement if isinstance(statement, sql.Composed) else sql.SQL(statement))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def template(self, name: str, fill: Callable[[str], None]) -> None:
        """Make once what many databases start from: `fill` gets an empty database's URL."""
        if name not in self._templates:
            self.run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"template_{name}")))
            fill(self.url(f"template_{name}"))
            self._templates[name] = f"template_{name}"

    def create_database(self, like: str | None = None) -> str:
        """The URL of a new database, empty or a copy of a template."""
        name = f"test_{next(self._numbers)}"
        parts = {
            "new": sql.Identifier(name),
            "old": sql.Identifier(self._templates[like] if like else "template0"),
        }
        self.run(sql.SQL("CREATE DATABASE {new} TEMPLATE {old} STRATEGY FILE_COPY").format(**parts))
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        name = url.removeprefix(f"postgresql+psycopg://{USER}@/").partition("?")[0]
        self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _children(pid: int) -> list[int]:
    """Which processes a process has started; each of PostgreSQL's leads a group of its own."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _parent() -> Path:
    """Where the folders go: a socket's path has room for about a hundred characters."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) < len("/tmp/") * 10 else Path("/tmp")


def _sweep() -> None:
    """Remove the folders whose owner is gone: their lock is free."""
    for lock in _parent().glob(f"{PREFIX}*/lock"):
        with contextlib.suppress(OSError), lock.open("r") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def _own(folder: Path) -> IO[str]:
    fresh = folder / "lock.new"  # gets its name once it is held: who sweeps meanwhile must not find it free
    held = fresh.open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    fresh.rename(folder / "lock")
    programs.give(folder)
    return held


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """Start a server and stop it at the end, whatever happens between."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent()))
    try:
        with _own(folder):
            server = Server(folder, durable=durable)
            server.create()
            try:
                server.start()
                yield server
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server for everyday tests: quick, because it need not survive a power cut."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Server]:
    """The server for tests of what survives a crash: it writes as production does."""
    with running(durable=True) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Server) -> Iterator[str]:
    """An empty database of one's own."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)
