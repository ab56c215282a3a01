"""Chains that were tampered with are found, and who had gone is gone again after a restore."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

from tests.cli.desk import Desk
from tests.cli.test_erase import ALICE, COUNT, _alice, inside


def change(office: Desk, file: str, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / file)) as connection:
        connection.execute(statement)
        connection.commit()


def test_whole_chains_are_said_to_be_whole(office: Desk) -> None:
    assert office.told("audit", "verify") == {"whole": True, "faults": []}
    assert office.told("ledger", "verify") == {"whole": True, "faults": []}


def test_a_changed_trail_ends_with_1(office: Desk) -> None:
    change(office, "bode.db", "UPDATE audit SET actor = 'somebody' WHERE seq = 2")
    assert "record 2 was changed" in office.bode("audit", "verify", code=1).stdout


def test_a_changed_ledger_ends_with_1(office: Desk) -> None:
    inside(office.folder, _alice)
    office.bode("erase", given=ALICE)
    change(office, "ledger.db", "UPDATE ledger_entry SET reason = 'left'")
    assert "record 1 was changed" in office.bode("ledger", "verify", code=1).stdout


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
