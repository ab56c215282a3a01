"""`bode issue resend --given-up`: who missed it gets it, colleagues hear of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from app.cli import glass
from tests.cli.conftest import READERS
from tests.cli.desk import Desk, working
from tests.servers import smtp


def test_who_missed_it_gets_it_and_colleagues_are_told(busy: Desk, relay: smtp.Process) -> None:
    busy.environment["BODE_GIVE_UP_SECONDS"] = "0.1"
    relay.behave(defer_share=0.4, defer_once=False)
    issue_id = busy.approved()
    with working(busy):
        busy.bode("issue", "send", issue_id)
        before = busy.told("issue", "report", issue_id, "--watch")
        assert before["given_up"] > 0
        relay.behave()
        assert busy.told("issue", "resend", issue_id, "--given-up")["state"] == "sending"
        after = busy.told("issue", "report", issue_id, "--watch")
    assert (after["accepted"], after["given_up"]) == (READERS, 0)
    copies = relay.report()["recipients"]
    readers = [each["copies"] for name, each in copies.items() if name.startswith("reader")]
    assert readers == [1] * READERS
    with closing(sqlite3.connect(busy.folder / "bode.db")) as connection:
        found = connection.execute("SELECT actor, reason FROM audit WHERE event = 'issue.resent'").fetchall()
    assert found == [(glass.actor(), f"{before['given_up']} who missed it, 0 of them in doubt")]


def test_it_must_be_said_to_whom_and_only_a_sent_issue_is_sent_again(office: Desk) -> None:
    issue_id = office.approved()
    assert "--given-up" in office.refused("issue", "resend", issue_id, code=2)
    assert "is 'scheduled'" in office.refused("issue", "resend", issue_id, "--given-up")
