"""Work that hangs is left behind, also when it does not listen."""

from __future__ import annotations

import asyncio

import pytest

from app.core.patience import at_most


async def test_what_is_done_in_time_comes_back() -> None:
    async def work() -> int:
        return 7

    assert await at_most(5, work()) == 7


async def test_trouble_comes_back_as_it_is() -> None:
    async def work() -> int:
        return 1 // 0

    with pytest.raises(ZeroDivisionError):
        await at_most(5, work())


async def test_who_will_not_stop_is_not_waited_for() -> None:
    let_go, heard = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                heard.set()

    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await at_most(0.01, work())
        await heard.wait()
    let_go.set()
