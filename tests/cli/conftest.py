"""Desks for tests of commands: a migrated folder, and one with a newsletter and its people."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import newsletter
from tests import cast as people
from tests.cli.desk import Desk
from tests.servers import smtp

READERS = 30


@pytest.fixture(autouse=True)
def _own_logging(own_logging: None) -> None:
    """Commands are run here in the tests' own process."""


@pytest.fixture
def empty(tmp_path: Path) -> Desk:
    """A folder with nothing in it."""
    return Desk(tmp_path)


@pytest.fixture
def desk(tmp_path: Path, sqlite_files: Path) -> Desk:
    """Both databases at this version, and nothing in them."""
    for name in ("bode.db", "ledger.db"):
        shutil.copy(sqlite_files / name, tmp_path / name)
    return Desk(tmp_path)


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A newsletter and its people."""
    desk.furnish()
    return desk


@pytest.fixture
def production(desk: Desk) -> Desk:
    """The same folder, run for real: with keys of its own and a relay on this machine."""
    desk.environment |= {
        "BODE_ENVIRONMENT": "production",
        "BODE_DATABASE_URL": f"sqlite:///{desk.folder}/bode.db",
        "BODE_LEDGER_URL": f"sqlite:///{desk.folder}/ledger.db",
        "BODE_KEYS_FILE": str(desk.folder / "keys.json"),
        "BODE_SMTP_URL": "smtp://127.0.0.1:1",
    }
    desk.bode("keys", "new")
    return desk


async def _crowd(desk: Desk) -> None:
    house = await houses.open_house(Settings(data_dir=desk.folder))
    async with house.database.reading() as session:
        letter = await newsletter.by_slug(session, "weerbaar-bestuur")
    await people.crowd(house, letter, READERS, houses.now() - timedelta(days=1))
    await house.close()


@pytest.fixture
def relay() -> Iterator[smtp.Process]:
    """A mail server."""
    with smtp.Process() as server:
        yield server


@pytest.fixture
def busy(production: Desk, relay: smtp.Process) -> Desk:
    """A newsletter with readers, run for real with a mail server."""
    production.environment["BODE_SMTP_URL"] = relay.url
    production.furnish()
    asyncio.run(_crowd(production))
    return production
