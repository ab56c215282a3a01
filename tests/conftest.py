"""What every test can ask for, and what no test can do: speak to the outside world."""

from __future__ import annotations

import pytest

from tests import loopback

pytest_plugins = ["tests.postgres"]

loopback.guard()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run as the service does."""
    return "asyncio"
