"""`bode issue report --watch` follows an issue: a bar in a terminal, lines elsewhere, and a clear end."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess

import pytest

from tests.cli.conftest import READERS
from tests.cli.desk import BODE, Desk, line_with, working
from tests.servers import smtp


def in_terminal(desk: Desk, *words: str) -> tuple[int, str]:
    """Run a command in a terminal of its own: how it ended, and what stood there."""
    ours, theirs = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", **desk.environment}
    with subprocess.Popen([BODE, *words], env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as run:
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
            while part := os.read(ours, 4096):
                seen += part
        os.close(ours)
    return run.returncode, seen.decode()


def test_without_a_terminal_there_are_lines_and_the_report_is_the_answer(busy: Desk) -> None:
    issue_id = busy.approved()
    with working(busy):
        busy.bode("issue", "send", issue_id)
        done = busy.bode("issue", "report", issue_id, "--watch", "--json")
    report = json.loads(done.stdout)
    assert (report["state"], report["accepted"]) == ("sent", READERS)
    assert report["rate"] > 0
    assert done.stderr.splitlines()[-1].startswith(f"{READERS} of {READERS}  sent, ")


def test_in_a_terminal_there_is_a_bar_and_sending_says_how_to_see_it(busy: Desk) -> None:
    issue_id = busy.approved()
    with working(busy):
        code, said = in_terminal(busy, "issue", "send", issue_id)
        assert (code, f"bode issue report {issue_id} --watch" in said) == (0, True)
        code, seen = in_terminal(busy, "issue", "report", issue_id, "--watch")
    assert code == 0
    assert "━" in seen
    assert f"{READERS} of {READERS}" in seen
    assert f"accepted      {READERS}" in seen


@pytest.mark.parametrize(("verb", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_who_watches_an_issue_that_is_stopped_hears_why(
    busy: Desk, relay: smtp.Process, verb: str, state: str
) -> None:
    relay.behave(body_delay=1)
    busy.environment["BODE_SMTP_CONNECTIONS"] = "1"
    issue_id = busy.approved()
    with working(busy):
        busy.bode("issue", "send", issue_id)
        with busy.popen("issue", "report", issue_id, "--watch") as watcher:
            line_with(watcher, "sending")
            busy.bode("issue", verb, issue_id)
            answered, reason = watcher.communicate(timeout=30)
    assert (watcher.returncode, answered) == (1, "")
    assert f"is '{state}'" in reason
    assert ("by hand" in reason) == (verb == "pause")


def test_an_issue_that_does_not_go_out_is_not_waited_for(office: Desk) -> None:
    assert "issue 1 is 'draft'" in office.refused("issue", "report", office.draft(), "--watch")
