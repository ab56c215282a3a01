"""People pause, let go on, cancel and put a backup back: what they decide is what happens."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

import pytest

from app.core import tokens
from app.core.address import parse
from app.core.settings import Settings
from app.domain import newsletter, subscriber
from app.domain.house import open_house
from tests.backups import Backups
from tests.conftest import DATABASES
from tests.faults.promise import kept_its_promise
from tests.faults.scene import CALM, CONNECTIONS, LEASE, READERS, Scene, wait


@pytest.fixture
def lease() -> int:
    """Nothing is taken over here."""
    return CALM


def test_paused_and_resumed(scene: Scene) -> None:
    """Paused, then resumed: nothing leaves in between, and nobody gets two."""
    scene.begin()
    with scene.after(READERS // 3):
        scene.act("pause")
    scene.settled()
    assert scene.books()["accepted"] < READERS
    taken = len(scene.copies())
    assert scene.books()["accepted"] == taken
    scene.act("resume")
    scene.reaches("sent")
    assert kept_its_promise(scene).in_doubt == 0


def test_cancelled(scene: Scene) -> None:
    """Cancelled in the middle: nobody else gets it, and the books close on who has it."""
    scene.begin()
    with scene.after(READERS // 3):
        scene.act("cancel")
    wait(lambda: scene.ask("SELECT closed_at IS NOT NULL FROM issue"), "the books are closed")
    taken = len(scene.copies())
    assert taken < READERS
    kept_its_promise(scene, state="cancelled", given_up=READERS - taken)


def test_forgotten(scene: Scene) -> None:
    """A reader is erased while it goes out: whose turn had not come gets nothing, and the books balance."""
    scene.begin()
    last = f"reader{READERS - 2}@example.net"
    with scene.after(READERS // 4):
        scene.bode("erase", given=f"{last}\n")
    scene.reaches("sent")
    assert last not in scene.copies()
    kept_its_promise(scene, left=1)


def test_left(scene: Scene) -> None:
    """A reader leaves by one click while it goes out: what waits is not sent, and the books balance."""
    scene.serve()
    last = f"reader{READERS - 2}@example.net"
    link = asyncio.run(leaving(scene, last))
    scene.begin()
    with scene.after(READERS // 4):
        answer = scene.http.post(f"/afmelden/{link}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == HTTPStatus.OK
    scene.reaches("sent")
    assert last not in scene.copies()
    kept_its_promise(scene, left=1)


async def leaving(scene: Scene, address: str) -> str:
    """The token in the mail that this reader is about to get."""
    urls = {each: scene.environment[f"BODE_{each.upper()}"] for each in ("database_url", "ledger_url")}
    folder = scene.folder
    house = await open_house(Settings(data_dir=folder, keys_file=folder / "keys.json", **urls))
    async with house.database.reading() as session:
        (letter,) = await newsletter.every(session)
        row = await subscriber.find(session, house.ring, letter.id, parse(address))
    await house.close()
    assert row is not None
    return tokens.mark(house.ring, "leave", letter.tag, row.id)


@pytest.mark.parametrize("lease", [LEASE])
@pytest.mark.parametrize("kind", DATABASES)
def test_a_backup_is_put_back(kind: str, make, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A backup from the middle is put back: the issue is held; a person lets it go on from there."""
    scene = make(kind)
    server = None if kind == "sqlite" else request.getfixturevalue("shared")[0]
    backups = Backups(tmp_path, server)
    urls = {each: scene.environment[f"BODE_{each.upper()}"] for each in ("database_url", "ledger_url")}
    settings = Settings(data_dir=tmp_path, keys_file=tmp_path / "keys.json", **urls)
    worker = scene.begin()
    with scene.after(READERS // 4):
        before = len(scene.copies())
        backup = backups.take(settings)
    with scene.after(READERS // 2):
        scene.bode("staff", "disable", "joost")  # raises the counter, as every ten seconds does
        scene.kill(worker)
    restored = backups.put_back(settings, backup, main=True, ledger=False)
    scene.environment["BODE_DATABASE_URL"] = restored.database
    taken = len(scene.copies())
    scene.worker()
    scene.reaches("held")
    assert len(scene.copies()) == taken
    scene.act("resume")
    scene.reaches("sent")
    kept_its_promise(scene, allowed=taken - before + CONNECTIONS, named=False)
