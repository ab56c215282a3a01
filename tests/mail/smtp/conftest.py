"""Every test of the wire runs on both event loops, and most with and without PIPELINING."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.mail.smtp.meeting import ONE_BY_ONE
from tests.servers.mischief import OFFERS
from tests.servers.smtp import Server


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("asyncio", {}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """The service runs on uvloop; the wire must not care."""
    return request.param


@pytest.fixture(params=[OFFERS, ONE_BY_ONE], ids=["pipelined", "one by one"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    async with Server(keep=True, offers=request.param) as server:
        yield server
