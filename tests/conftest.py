"""What every test can ask for, and what no test can do: speak to the outside world."""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings as examples

from app.core import migrating
from app.core.settings import Settings
from app.domain import house as houses
from app.domain.house import House
from tests import loopback
from tests.cast import Stage, stage
from tests.lending import Lender

if TYPE_CHECKING:
    from tests.postgres import Server  # a plugin: pytest imports it first, to read its assertions

pytest_plugins = ["tests.postgres", "tests.telling"]

loopback.guard()

# How long an example takes says something about the machine only; and the same code gets the same examples,
# so that a run that was seen to pass passes again.
examples.register_profile("untimed", deadline=None, derandomize=True)
examples.load_profile("untimed")

DATABASES = ("sqlite", "postgresql")


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Commands set up logging for their process, which here is the tests' own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run as the service does."""
    return "asyncio"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> datetime:
        """Let time pass, and return the new time."""
        self.time += timedelta(**by)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both databases as files at this version, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("files")
    migrating.upgrade(f"sqlite:///{folder}/bode.db", migrating.MAIN)
    migrating.upgrade(f"sqlite:///{folder}/ledger.db", migrating.LEDGER)
    return folder


@pytest.fixture(scope="session")
def lender(postgres: Server) -> Lender:
    """Databases at this version, for one test at a time."""
    for which in (migrating.MAIN, migrating.LEDGER):
        postgres.template(which, partial(migrating.upgrade, which=which))
    return Lender(postgres)


@pytest.fixture(params=DATABASES)
def settings(request: pytest.FixtureRequest, tmp_path: Path, sqlite_files: Path) -> Iterator[Settings]:
    """A service of its own for one test, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        for name in ("bode.db", "ledger.db"):
            shutil.copy(sqlite_files / name, tmp_path / name)
        yield Settings(data_dir=tmp_path, base_url="https://bode.example.org")
        return
    lender: Lender = request.getfixturevalue("lender")
    with lender.lent(migrating.MAIN) as main, lender.lent(migrating.LEDGER) as ledger:
        yield Settings(
            data_dir=tmp_path, base_url="https://bode.example.org", database_url=main, ledger_url=ledger
        )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """An open service with empty tables."""
    opened = await houses.open_house(settings)
    yield opened
    await opened.close()


@pytest.fixture
async def cast(house: House, clock: Clock) -> Stage:
    """The one cast of all tests, on stage."""
    return await stage(house, clock())
