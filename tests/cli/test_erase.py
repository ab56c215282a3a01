"""An address is erased without standing in the command, and the answer never depends on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.core.address import parse
from app.core.settings import Settings
from app.domain import certificate, erasure, farewell
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.block import Block, Ground
from app.domain.house import House
from tests.cast import join, wants
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


async def _blocked(house: House) -> list[Block]:
    async with house.database.reading() as session:
        return await erasure.blocks(session, parse(ALICE), ring=house.ring, now=houses.now())


async def _block(house: House) -> None:
    async with house.database.unit_of_work() as session:
        letter, now = await newsletters.by_slug(session, "weerbaar-bestuur"), houses.now()
        words = (letter.id, parse(ALICE), Ground.OBJECTION)
        await farewell.block_address(session, *words, ring=house.ring, book=house.book, now=now)


def test_a_block_goes_only_when_that_was_asked_and_nobody_hears_whether_there_was_one(office: Desk) -> None:
    inside(office.folder, _block)
    paper = office.folder / "proof.json"
    stays = office.bode("erase", "--certificate", str(paper), given=f"{ALICE}\n").output
    assert "--unblock lets it go too" in stays
    assert certificate.read(paper.read_text()).blocks_stay == 1
    assert len(inside(office.folder, _blocked)) == 1
    goes = office.bode("erase", "--unblock", given=f"{ALICE}\n").output
    assert inside(office.folder, _blocked) == []
    assert office.bode("erase", "--unblock", given="stranger@example.org\n").output == goes


async def _asks(house: House) -> None:
    async with house.database.unit_of_work() as session:
        session.add(wants(house, await newsletters.by_slug(session, "weerbaar-bestuur"), ALICE, houses.now()))


def test_the_numbers_of_requests_that_ended_with_it_are_told(office: Desk) -> None:
    inside(office.folder, _asks)
    assert "tell the person: V-2026-000001" in office.bode("erase", given=f"{ALICE}\n").output
    assert "requests of the person" not in office.bode("erase", given=f"{ALICE}\n").output


def test_without_the_ledger_it_says_that_it_is_not_finished(office: Desk) -> None:
    inside(office.folder, _alice)
    away = office.folder / "ledger.db"
    away.rename(office.folder / "elsewhere.db")
    first = office.bode("erase", given=f"{ALICE}\n").output
    assert "accepted, not finished" in first
    assert office.bode("erase", given="stranger@example.org\n").output == first
    assert office.told(*COUNT) == {"count": 0}


def test_the_person_gets_the_certificate_that_the_page_gives_and_it_is_genuine(office: Desk) -> None:
    inside(office.folder, _alice)
    paper = office.folder / "proof.json"
    assert "check it with" in office.bode("erase", "--certificate", str(paper), given=f"{ALICE}\n").stdout
    assert certificate.read(paper.read_text()).removed.subscriptions == 1
    assert "the certificate is genuine" in office.bode("ledger", "verify", str(paper)).stdout
    assert "nothing was removed" in office.refused("erase", "--certificate", str(paper), given=f"{ALICE}\n")
    office.refused("erase", "--certificate", str(office.folder / "other.json"), given="alice at example\n")
    (office.folder / "ledger.db").rename(office.folder / "elsewhere.db")
    late = office.bode("erase", "--certificate", str(office.folder / "late.json"), given=f"{ALICE}\n")
    assert "no certificate could be made" in late.stderr
    assert {each.name for each in office.folder.glob("*.json")} == {"proof.json", "keys.json"}


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
