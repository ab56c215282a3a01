"""Scenes for the fault table: furnished once on each kind of database, then copied for each row."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.core import migrating
from tests.conftest import DATABASES
from tests.faults.scene import ISSUE, LEASE, Scene, furnish
from tests.postgres import running
from tests.servers import smtp

if TYPE_CHECKING:
    from tests.postgres import Server

OUTCOME = "outcome"  # the property of a test's report that `table` reads
WHICH = ("main", "ledger")
KEPT = ("keys.json", ISSUE)

Make = Callable[..., Scene]


@pytest.fixture(autouse=True)
def _own_logging(own_logging: None) -> None:
    """Commands are run here in the tests' own process."""


@pytest.fixture(scope="session")
def relay_process() -> Iterator[smtp.Process]:
    """One mail server for many rows."""
    with smtp.Process() as mail:
        yield mail


@pytest.fixture
def relay(relay_process: smtp.Process) -> smtp.Process:
    """The mail server, well-behaved and with nothing counted."""
    relay_process.behave()
    relay_process.down()
    relay_process.forget()
    relay_process.up()
    return relay_process


def _files(folder: Path) -> dict[str, str]:
    return {which: f"sqlite:///{folder}/{which}.db" for which in WHICH}


@pytest.fixture(scope="session")
def furnished_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene as files."""
    folder = tmp_path_factory.mktemp("furnished")
    urls = _files(folder)
    migrating.upgrade(urls["main"], migrating.MAIN)
    migrating.upgrade(urls["ledger"], migrating.LEDGER)
    asyncio.run(furnish(folder, urls))
    return folder


def furnished_server(server: Server, folder: Path) -> None:
    """A scene as templates on a server; keys and the issue's name in the folder."""

    def fill(url: str) -> None:
        migrating.upgrade(url, migrating.MAIN)
        asyncio.run(furnish(folder, {"main": url, "ledger": server.url("template_ledger")}))

    server.template("ledger", lambda url: migrating.upgrade(url, migrating.LEDGER))
    server.template("main", fill)


@pytest.fixture(scope="session")
def shared(durable_postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, Path]:
    """The server for rows that leave it alone, and where its keys are.

    Furnished once, also where rows of a process and of a whole machine run together, each with this fixture.
    """
    folder = tmp_path_factory.getbasetemp() / "furnished for all"
    if not folder.exists():
        folder.mkdir()
        furnished_server(durable_postgres, folder)
    return durable_postgres, folder


@pytest.fixture(scope="session")
def frail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server for rows that stop it."""
    folder = tmp_path_factory.mktemp("furnished")
    with running(durable=True) as server:
        furnished_server(server, folder)
        yield server, folder


def on_server(found: tuple[Server, Path], folder: Path) -> dict[str, str]:
    """Databases of one's own, like the furnished ones."""
    server, source = found
    for name in KEPT:
        shutil.copy(source / name, folder / name)
    return {which: server.create_database(like=which) for which in WHICH}


def _on_files(source: Path, folder: Path) -> dict[str, str]:
    for name in ("main.db", "ledger.db", *KEPT):
        shutil.copy(source / name, folder / name)
    return _files(folder)


@pytest.fixture
def lease() -> int:
    """How long a worker keeps what it claimed; files and rows that are not about that say CALM."""
    return LEASE


def write_down(request: pytest.FixtureRequest, scene: Scene) -> None:
    """What came of a row, for the table."""
    if scene.outcome is not None:
        told = {"row": request.function.__doc__, **asdict(scene.outcome)}
        request.node.user_properties.append((OUTCOME, json.dumps(told)))


@pytest.fixture
def make(request: pytest.FixtureRequest, tmp_path: Path, relay: smtp.Process, lease: int) -> Iterator[Make]:
    """Makes the scene of a row on a kind of database, and writes down what came of it."""
    made: list[Scene] = []

    def scene(kind: str, *, mail: smtp.Process = relay, **settings: str) -> Scene:
        if kind == "sqlite":
            urls = _on_files(request.getfixturevalue("furnished_files"), tmp_path)
        else:
            found = request.getfixturevalue({"postgresql": "shared"}.get(kind, kind))
            urls = on_server(found, tmp_path)
        made.append(Scene(tmp_path, mail, urls, **{"BODE_LEASE_SECONDS": str(lease), **settings}))
        return made[-1]

    yield scene
    for each in made:
        each.close()
        write_down(request, each)


@pytest.fixture(params=DATABASES)
def scene(request: pytest.FixtureRequest, make: Make) -> Scene:
    """An issue that is about to go out, on SQLite and on PostgreSQL."""
    return make(request.param)


@pytest.fixture
def many(make: Make) -> Scene:
    """The same on PostgreSQL, where several workers share the work."""
    return make("postgresql")
