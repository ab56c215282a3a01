"""The service on both databases, for journeys; prepared once by its own commands, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.core import migrating
from tests.conftest import DATABASES
from tests.journeys.service import Service, running
from tests.servers import smtp

if TYPE_CHECKING:
    from tests.postgres import Server

WHICH = ("main", "ledger")


def _prepare(folder: Path, urls: dict[str, str]) -> None:
    with smtp.Process() as mail:
        service = Service(folder, mail, urls)
        service.prepare()
        service.close()


def _files(folder: Path) -> dict[str, str]:
    return {which: f"sqlite:///{folder}/{which}.db" for which in WHICH}


@pytest.fixture(scope="session")
def prepared_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and databases as files, ready for a first reader."""
    folder = tmp_path_factory.mktemp("prepared")
    _prepare(folder, _files(folder))
    return folder


@pytest.fixture(scope="session")
def prepared_server(durable_postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same on PostgreSQL; returns where the keys are."""
    folder = tmp_path_factory.mktemp("prepared")
    scratch = durable_postgres.create_database()
    durable_postgres.template("prepared", lambda url: _prepare(folder, {"main": url, "ledger": scratch}))
    durable_postgres.template("new", lambda url: migrating.upgrade(url, migrating.LEDGER))
    return folder


@pytest.fixture(params=DATABASES)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Two databases with a newsletter and its people, and their keys."""
    if request.param == "sqlite":
        source: Path = request.getfixturevalue("prepared_files")
        for name in ("main.db", "ledger.db", "keys.json"):
            shutil.copy(source / name, tmp_path / name)
        return _files(tmp_path)
    source = request.getfixturevalue("prepared_server")
    shutil.copy(source / "keys.json", tmp_path / "keys.json")
    server: Server = request.getfixturevalue("durable_postgres")
    return {
        "main": server.create_database(like="prepared"),
        "ledger": server.create_database(like="new"),
    }


@pytest.fixture
def service(tmp_path: Path, urls: dict[str, str]) -> Iterator[Service]:
    """A prepared service whose web answers."""
    with running(tmp_path, urls) as started:
        yield started
