"""A service that is watched, and backups of it, for tests that put one back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.core.settings import Settings
from app.domain.house import House
from tests.backups import Backups, reopen
from tests.cast import Stage, stage
from tests.conftest import Clock
from tests.features.restoring import tick
from tests.features.vault import Vault

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture
def backups(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Backups:
    server: Server | None = None
    if "postgresql" in settings.database:
        server = request.getfixturevalue("postgres")
    return Backups(tmp_path, server)


@pytest.fixture
async def on(house: House, clock: Clock) -> AsyncIterator[Stage]:
    placed = await stage(house, clock())
    await tick(house, clock)
    yield placed
    await placed.house.close()


@pytest.fixture
async def vault(
    on: Stage, settings: Settings, clock: Clock, tmp_path: Path, backups: Backups
) -> AsyncIterator[Vault]:
    copy = tmp_path / "elsewhere"
    settings = settings.model_copy(update={"ledger_copy": copy})
    made = Vault(on, await reopen(on.house, settings), settings, clock, copy, backups)
    yield made
    await made.house.close()
