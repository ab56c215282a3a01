"""Chains that were tampered with are found, and who had gone is gone again after a restore."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import Any

from app.core.address import parse
from app.domain import house as houses
from app.domain.certificate import Removed
from app.domain.house import House
from app.features import certify, erase
from app.features.certify import Office
from tests.cli.desk import Desk
from tests.cli.test_erase import ALICE, COUNT, _alice, inside


def change(office: Desk, file: str, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / file)) as connection:
        connection.execute(statement)
        connection.commit()


def test_whole_chains_are_said_to_be_whole(office: Desk) -> None:
    assert office.told("audit", "verify") == {"whole": True, "state": "whole", "faults": []}
    assert office.told("ledger", "verify") == {"whole": True, "state": "whole", "faults": []}


def test_a_changed_trail_ends_with_1(office: Desk) -> None:
    change(office, "bode.db", "UPDATE audit SET actor = 'somebody' WHERE seq = 2")
    assert "record 2 was changed" in office.bode("audit", "verify", code=1).stdout


def test_a_changed_ledger_ends_with_1(office: Desk) -> None:
    inside(office.folder, _alice)
    office.bode("erase", given=ALICE)
    change(office, "ledger.db", "UPDATE ledger_entry SET reason = 'left'")
    assert "record 1 was changed" in office.bode("ledger", "verify", code=1).stdout


async def _certificate(house: House) -> str:
    """Alice is erased, and what she gets."""
    words: dict[str, Any] = {"ring": house.ring, "book": house.book, "now": houses.now()}
    async with house.database.unit_of_work() as session:
        await erase.erase(session, parse(ALICE), actor="reader", **words)
        went = Removed(subscriptions=1, proofs=2, deliveries=0, mails=0, look_ups=0, requests=0)
        office = Office("Netwerk", house.ring, house.book, 35)
        found = await certify.certify(session, office, parse(ALICE), went, now=words["now"])
    return json.dumps(found.file())


def test_the_file_of_a_certificate_is_held_against_the_key_and_the_ledger(office: Desk) -> None:
    inside(office.folder, _alice)
    path = office.folder / "certificate.json"
    path.write_text(inside(office.folder, _certificate))
    assert "the certificate is genuine" in office.bode("ledger", "verify", str(path)).stdout
    path.write_text(path.read_text().replace("Netwerk", "Network"))
    assert "something in it was changed" in office.bode("ledger", "verify", str(path), code=1).stdout
    path.write_text(
        path.read_text().replace("Network", "Netwerk").replace('"subscriptions": 1', '"subscriptions": "1"')
    )
    assert "no certificate of ours" in office.bode("ledger", "verify", str(path), code=1).stderr
    path.write_text("no certificate")
    assert "no certificate of ours" in office.bode("ledger", "verify", str(path), code=1).stderr


def test_after_a_restore_replay_ends_what_had_ended(office: Desk) -> None:
    inside(office.folder, _alice)
    backup = office.folder / "backup.db"
    shutil.copy(office.folder / "bode.db", backup)
    office.bode("erase", given=ALICE)
    shutil.copy(backup, office.folder / "bode.db")
    assert office.told(*COUNT) == {"count": 1}
    done = office.told("ledger", "replay")
    assert done["restored"] is True
    assert office.told(*COUNT) == {"count": 0}


def test_a_command_on_a_restored_backup_holds_what_was_approved(office: Desk) -> None:
    issue_id = office.approved()
    backup = office.folder / "backup.db"
    shutil.copy(office.folder / "bode.db", backup)
    office.bode("issue", "pause", issue_id, code=1)
    office.bode("issue", "cancel", issue_id)
    shutil.copy(backup, office.folder / "bode.db")
    done = office.bode("issue", "send", issue_id, code=1)
    assert "restored from a backup" in done.stderr
    assert "'held'" in done.stderr


def test_a_copy_that_was_begun_later_is_a_problem_until_it_is_filled(office: Desk) -> None:
    inside(office.folder, _alice)
    office.bode("erase", given=ALICE)
    office.environment["BODE_LEDGER_COPY"] = str(office.folder / "copy")
    said = office.bode("ledger", "verify", code=1).stdout
    assert "the copy is not there, so nothing could be compared: record 1" in said
    assert "Is the disk or share of BODE_LEDGER_COPY mounted" in said
    assert json.loads(office.bode("ledger", "verify", "--json", code=1).stdout)["state"] == "absent"
    assert "bode ledger fill" in office.bode("doctor", code=1).stdout
    told = office.told("ledger", "fill")
    assert told["put_back"] == told["ended"] == 0
    assert told["copied"] > 0
    assert office.told("ledger", "verify") == {"whole": True, "state": "whole", "faults": []}
    assert office.told("doctor")["problems"] == 0
    assert "no such file" in office.bode("ledger", "fill", str(office.folder / "absent"), code=1).stderr


def test_nothing_is_filled_while_a_key_of_the_copy_is_not_here(office: Desk) -> None:
    office.environment["BODE_LEDGER_COPY"] = str(office.folder / "copy")
    office.bode("ledger", "fill")
    with (office.folder / "copy").open("a") as out:
        out.write('{"seq": 7, "key_id": "0ddba11e", "seal": "00"}\n')
    kept = (office.folder / "copy").read_bytes()
    told = office.refused("ledger", "fill")
    assert "0ddba11e" in told
    assert "BODE_KEYS_FILE" in told
    assert (office.folder / "copy").read_bytes() == kept
    told = office.bode("ledger", "verify", code=1).stdout
    assert "0ddba11e: 1" in told
    assert "nothing shows a change" in told
    assert "BODE_KEYS_FILE" in told
    assert json.loads(office.bode("ledger", "verify", "--json", code=1).stdout)["state"] == "unkeyed"
