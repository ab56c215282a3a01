"""An issue's way by command: imported, approved by a colleague, scheduled or sent, and reported."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from app.features.send.letter import message_id
from tests.cli.desk import SAMPLE, Desk

IMPORT = ("issue", "import", str(SAMPLE), "--newsletter", "weerbaar-bestuur", "--author", "dana")
ENGLISH = """---
subject: Stronger together
language: en
---

## News

### [What the monitor shows](https://www.weerbaarbestuur.example/monitor)

More and more politicians meet aggression.
"""


def test_an_imported_issue_is_a_draft_with_the_next_number(office: Desk) -> None:
    first, second = office.told(*IMPORT), office.told(*IMPORT)
    assert (first["number"], first["state"], first["author"]) == (1, "draft", "dana")
    assert second["number"] == 2
    listed = office.told("issue", "list", "--newsletter", "weerbaar-bestuur")
    assert [each["id"] for each in listed] == [second["id"], first["id"]]


def test_another_language_joins_the_same_issue(office: Desk) -> None:
    issue_id = office.draft()
    path = office.folder / "english.md"
    path.write_text(ENGLISH)
    added = office.told("issue", "import", str(path), "--issue", issue_id, "--author", "dana")
    assert (added["id"], added["language"]) == (issue_id, "en")
    assert office.told("issue", "show", issue_id)["languages"] == ["en", "nl"]


def test_a_change_after_approval_takes_the_approval_away(office: Desk) -> None:
    issue_id = office.approved()
    office.bode("issue", "import", str(SAMPLE), "--issue", issue_id, "--author", "dana")
    shown = office.told("issue", "show", issue_id)
    assert (shown["state"], shown["approver"], shown["due_at"]) == ("draft", None, None)


def test_a_name_means_the_same_account_however_its_accents_were_typed(office: Desk) -> None:
    opened = ("staff", "add", "--email", "post@example.org")
    office.bode(*opened, "--name", "Zo\u00eb", "--role", "editor")
    office.bode(*opened, "--name", "Andr\u00e9", "--role", "approver")
    brought = office.told(*IMPORT[:-1], "Zoe\u0308")  # as a name comes out of a list made on a Mac
    approved = office.told("issue", "approve", brought["id"], "--approver", "Andre\u0301")
    assert (approved["author"], approved["approver"]) == ("Zo\u00eb", "Andr\u00e9")
    office.bode("staff", "disable", "Andre\u0301")


def test_every_problem_of_a_manuscript_is_told_with_its_line(office: Desk, tmp_path: Path) -> None:
    path = tmp_path / "odd.md"
    path.write_text("---\nsubject: \nlanguage: xx\n---\n\n```event\ntitle: Weg\n```\n")
    reason = office.refused(
        "issue", "import", str(path), "--newsletter", "weerbaar-bestuur", "--author", "dana"
    )
    lines = reason.strip().split("\n")
    assert len(lines) > 2
    assert all(each.startswith("odd.md: line ") for each in lines)
    assert office.told("issue", "list") == []


def test_a_link_text_that_says_nothing_is_a_warning_and_keeps_nothing_out(
    office: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "vague.md"
    path.write_text(ENGLISH + "\nRead on: [click here](https://www.weerbaarbestuur.example/more).\n")
    words = ("issue", "import", str(path), "--newsletter", "weerbaar-bestuur", "--author", "dana")
    done = office.bode(*words, "--json")
    (warning,) = json.loads(done.stdout)["warnings"]
    assert warning.startswith("line 12: This link text does not say where the link goes.")
    assert done.stderr == f"warning: vague.md: {warning}\n"
    assert "is a draft" in office.bode(*words).stdout
    assert office.told(*IMPORT)["warnings"] == []


def test_a_picture_that_is_not_there_and_a_file_that_is_not_there_are_named(
    office: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "alone.md"
    path.write_bytes(SAMPLE.read_bytes())
    words = ("issue", "import", str(path), "--newsletter", "weerbaar-bestuur", "--author", "dana")
    assert "'raadzaal.png' is not beside the file" in office.refused(*words)
    path.unlink()
    assert "there is no file" in office.refused(*words)


def test_import_asks_for_a_newsletter_or_an_issue(office: Desk) -> None:
    assert "--newsletter SLUG" in office.refused("issue", "import", str(SAMPLE), "--author", "dana", code=2)


def test_only_an_editor_brings_an_issue_in(office: Desk) -> None:
    words = ("issue", "import", str(SAMPLE), "--newsletter", "weerbaar-bestuur", "--author")
    assert "role 'editor'" in office.refused(*words, "fatima")
    assert "see: bode staff list" in office.refused(*words, "nobody")


def test_the_author_cannot_approve_whatever_their_roles(office: Desk) -> None:
    issue_id = office.draft()
    reason = office.refused("issue", "approve", issue_id, "--approver", "dana")
    assert "somebody else than its author" in reason
    assert office.told("issue", "show", issue_id)["state"] == "draft"


def test_only_an_approver_approves(office: Desk) -> None:
    reason = office.refused("issue", "approve", office.draft(), "--approver", "fatima")
    assert "role 'approver'" in reason


def test_approval_takes_the_next_slot_and_shows_the_weight(office: Desk) -> None:
    issue_id = office.draft()
    before = office.told("issue", "show", issue_id)["bytes"]
    done = office.bode("issue", "approve", issue_id, "--approver", "emre", "--json")
    assert "Nobody has looked yet whether everybody can read this mail" in done.stderr
    approved = json.loads(done.stdout)
    assert (approved["state"], approved["approver"]) == ("scheduled", "emre")
    assert approved["readers"] == 0
    assert approved["due_at"] is not None
    shown = office.told("issue", "show", issue_id)
    assert shown["subject"].startswith("Samen staan we sterker")
    assert len(shown["sha256"]) == 64
    assert shown["bytes"] == before > 20_000


def test_a_time_with_a_zone_is_taken_and_one_without_ends_with_2(office: Desk) -> None:
    issue_id = office.approved()
    for wrong in ("2026-12-01T10:00", "2026-12-01", "tomorrow"):
        reason = office.refused("issue", "schedule", issue_id, "--at", wrong, code=2)
        assert "2026-12-01T10:00+01:00" in reason
    reason = office.refused("issue", "schedule", issue_id, "--at", "2020-12-01T10:00+01:00")
    assert "between now and a year ahead" in reason


def test_what_is_not_approved_is_neither_sent_nor_scheduled(office: Desk) -> None:
    issue_id = office.draft()
    assert "approved first" in office.refused("issue", "send", issue_id)
    assert office.told("issue", "show", issue_id)["state"] == "draft"


def test_send_makes_it_due_and_cancel_ends_it(office: Desk) -> None:
    issue_id = office.approved()
    assert office.told("issue", "send", issue_id)["state"] == "scheduled"
    assert office.told("issue", "cancel", issue_id)["state"] == "cancelled"
    reason = office.refused("issue", "resume", issue_id)
    assert "nothing: this is an end" in reason


def test_a_report_has_every_number_that_is_promised(office: Desk) -> None:
    report = office.told("issue", "report", office.approved())
    assert report["state"] == "scheduled"
    numbers = ("audience", "accepted", "refused", "left", "given_up", "waiting", "in_doubt")
    assert {name: report[name] for name in numbers} == dict.fromkeys(numbers, 0)
    assert report["doubt"] == []


def test_a_copy_in_doubt_is_named_as_its_mail_is(office: Desk) -> None:
    issue_id, copy = office.approved(), uuid4()
    with closing(sqlite3.connect(office.folder / "bode.db")) as connection, connection:
        connection.execute(
            "INSERT INTO delivery (id, issue_id, subscriber_id, state, attempts, in_doubt)"
            " VALUES (?, ?, ?, 'waiting', 1, 1)",
            (copy.hex, UUID(issue_id).hex, uuid4().hex),
        )
    (named,) = office.told("issue", "report", issue_id)["doubt"]
    assert message_id(copy.bytes, "mail.example.org").startswith(f"<{named}@".encode())
    assert named in office.bode("issue", "report", issue_id).stdout


@pytest.mark.parametrize("verb", ["show", "send", "pause", "resume", "cancel", "report"])
def test_an_issue_that_is_not_there_is_looked_for_in_the_list(office: Desk, verb: str) -> None:
    for wrong in (str(uuid4()), "seven"):
        assert "see: bode issue list" in office.refused("issue", verb, wrong)


def test_people_read_tables(office: Desk) -> None:
    issue_id = office.approved()
    shown = office.bode("issue", "show", issue_id).stdout
    assert "state        scheduled" in shown
    assert "audience      0" in office.bode("issue", "report", issue_id).stdout
    assert issue_id in office.bode("issue", "list").stdout
