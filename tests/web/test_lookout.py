"""Following an issue of a million readers: one count serves all who came before it was made."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.web.staff.issue import lookout


async def test_who_comes_while_a_long_count_is_made_shares_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "EVERY", 0.0)  # as for a count that takes longer than the time between two
    place, gate = lookout.Lookout(), asyncio.Event()
    counts: list[int] = []

    async def count() -> Any:
        counts.append(1)
        await gate.wait()
        return len(counts)

    looks = [asyncio.create_task(place.look(UUID(int=1), count)) for _ in range(5)]
    await asyncio.sleep(0)  # all five have asked
    gate.set()
    assert await asyncio.gather(*looks) == [1] * 5
