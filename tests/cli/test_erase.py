"""An address is erased without standing in the command, and the answer never depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.house import House
from tests.cast import join
from tests.cli.desk import Desk

ALICE = "alice@example.org"
COUNT = ("subscribers", "count", "--newsletter", "weerbaar-bestuur")


def inside(folder: Path, work: Callable[[House], Any]) -> Any:
    """Do something in the same house as the commands."""

    async def run() -> Any:
        house = await houses.open_house(Settings(data_dir=folder))
        try:
            return await work(house)
        finally:
            await house.close()

    return asyncio.run(run())


async def _alice(house: House) -> None:
    async with house.database.reading() as session:
        letter = await newsletters.by_slug(session, "weerbaar-bestuur")
    await join(house, letter, ALICE, houses.now())


def test_a_subscriber_is_gone_and_the_answer_is_the_same_for_a_stranger(office: Desk) -> None:
    inside(office.folder, _alice)
    assert office.told(*COUNT) == {"count": 1}
    first = office.bode("erase", given=f"{ALICE}\n").output
    assert office.told(*COUNT) == {"count": 0}
    assert office.bode("erase", given=f"{ALICE}\n").output == first
    assert office.bode("ledger", "verify").output
    assert office.bode("audit", "verify").output


def test_what_is_no_address_removes_nothing_and_is_not_repeated(office: Desk) -> None:
    reason = office.refused("erase", given="alice at example\n")
    assert "nothing was removed" in reason
    assert "alice" not in reason


def test_two_addresses_at_once_are_refused(office: Desk) -> None:
    inside(office.folder, _alice)
    assert "one address" in office.refused("erase", given=f"{ALICE}\nbob@example.org\n")
    assert office.told(*COUNT) == {"count": 1}


def test_an_address_as_an_argument_is_not_taken_and_not_repeated(office: Desk) -> None:
    assert "unexpected extra argument" in office.refused("erase", ALICE, code=2)


def test_the_number_alone_answers_a_person(office: Desk) -> None:
    assert office.bode(*COUNT).stdout == "0\n"
    reason = office.refused("subscribers", "count", "--newsletter", "other")
    assert "see: bode newsletter list" in reason
