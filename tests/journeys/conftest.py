"""The service on both databases, for journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import DATABASES
from tests.journeys.service import Service, running

if TYPE_CHECKING:
    from tests.postgres import Server


@pytest.fixture(params=DATABASES)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Two empty databases."""
    if request.param == "sqlite":
        return {which: f"sqlite:///{tmp_path}/{which}.db" for which in ("main", "ledger")}
    server: Server = request.getfixturevalue("durable_postgres")
    return {which: server.create_database() for which in ("main", "ledger")}


@pytest.fixture
def service(tmp_path: Path, urls: dict[str, str]) -> Iterator[Service]:
    """A prepared service whose web answers."""
    with running(tmp_path, urls) as started:
        yield started
