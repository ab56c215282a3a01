"""A mail that came back is handed to a command: what it says, how it ends, and that it names nobody."""

from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.delivery import Delivery
from app.domain.house import House
from app.mail.reports import MOST
from tests.cast import join
from tests.cli.desk import BODE, Desk
from tests.cli.test_erase import COUNT, inside
from tests.returns import bounced, complained, letter

ALICE = "alice@example.org"


def number(office: Desk) -> str:
    """The random number on alice's copy of an issue."""
    issue_id, copy_id = UUID(office.draft()), uuid4()

    async def delivered(house: House) -> None:
        async with house.database.reading() as session:
            found = await newsletters.by_slug(session, "weerbaar-bestuur")
        alice = await join(house, found, ALICE, houses.now())
        async with house.database.unit_of_work() as session:
            session.add(Delivery(id=copy_id, issue_id=issue_id, subscriber_id=alice.id))

    inside(office.folder, delivered)
    return copy_id.hex


def kept(tmp_path: Path, raw: bytes) -> str:
    path = tmp_path / "report.eml"
    path.write_bytes(raw)
    return str(path)


def test_a_complaint_on_standard_input_ends_it_and_again_changes_nothing(office: Desk) -> None:
    raw = complained(letter(number(office))).decode()
    assert office.told(*COUNT) == {"count": 1}
    assert "is blocked" in office.bode("returned", "-", given=raw).stdout
    assert office.told(*COUNT) == {"count": 0}
    assert "had ended already" in office.bode("returned", "-", given=raw).stdout
    assert office.bode("audit", "verify").output


def test_a_return_in_a_file_is_read_also_when_it_is_long(office: Desk, tmp_path: Path) -> None:
    raw = bounced(ALICE, letter(number(office))) + b"x" * 70 + b"\n" * 3 * MOST
    assert office.told("returned", kept(tmp_path, raw)) == {"outcome": "blocked"}
    assert office.told(*COUNT) == {"count": 0}


@pytest.mark.parametrize(
    "made", [complained(letter("1e" * 16, to=ALICE)), b"", b"\xff" * 10, letter().encode()]
)
def test_what_is_none_of_ours_ends_with_1_and_says_so(office: Desk, tmp_path: Path, made: bytes) -> None:
    number(office)
    assert "nothing was changed" in office.refused("returned", kept(tmp_path, made))
    assert office.told(*COUNT) == {"count": 1}


def test_a_forged_return_ends_with_1_and_its_reader_stays(office: Desk, tmp_path: Path) -> None:
    raw = bounced(ALICE, letter(number(office)), path="Return-Path: <mallory@example.net>\n")
    office.refused("returned", kept(tmp_path, raw))
    assert office.told(*COUNT) == {"count": 1}


def test_a_database_that_is_away_ends_with_75_so_that_the_mail_is_kept(office: Desk, tmp_path: Path) -> None:
    raw = complained(letter(number(office)))
    office.environment["BODE_DATABASE_URL"] = "postgresql://127.0.0.1:1/bode"
    assert "database" in office.refused("returned", kept(tmp_path, raw), code=75)


def test_a_file_that_is_not_there_ends_with_2(office: Desk) -> None:
    office.refused("returned", str(office.folder / "nowhere.eml"), code=2)


def test_whoever_hands_over_a_long_mail_can_write_all_of_it(office: Desk) -> None:
    """A mail server takes a pipe that was closed early for a failure."""
    raw = bounced(ALICE, letter(number(office))) + b"x\n" * 8 * MOST
    words = [BODE, "returned", "-"]
    done = subprocess.run(
        words, input=raw, env=office.environment, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, b"@" in done.stdout + done.stderr) == (0, False)
