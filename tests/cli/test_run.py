"""`bode run` needs nothing, shows where to look, and ends with 0."""

from __future__ import annotations

import signal

import httpx2

from tests.cli.desk import Desk


def test_the_first_start_shows_everything_and_ends_with_0(empty: Desk) -> None:
    with empty.popen("run", "--port", "0") as process:
        assert process.stdout is not None
        shown = "".join(iter(process.stdout.readline, "Stoppen / stop: Ctrl-C\n"))
        url = next(word for word in shown.split() if word.endswith("/mailbox")).removesuffix("/mailbox")
        pages = [
            httpx2.get(f"{url}{path}", timeout=30).status_code
            for path in ("/nl/weerbaar-bestuur", "/mailbox", "/status")
        ]
        (issue,) = empty.told("issue", "list")
        people = [each["name"] for each in empty.told("staff", "list")]
        reason = Desk(empty.folder).refused("worker")
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    assert pages == [200, 200, 200]
    assert (issue["state"], issue["author"]) == ("draft", "dana")
    assert f"bode issue send {issue['id']}" in shown
    assert str(empty.folder) in shown
    assert people == ["ada", "dana", "emre", "fatima", "joost"]
    assert "a worker already runs" in reason
    assert process.returncode == 0
    assert rest == ""


def test_a_second_start_keeps_what_is_there(office: Desk) -> None:
    with office.popen("run", "--port", "0") as process:
        assert process.stdout is not None
        shown = "".join(iter(process.stdout.readline, "Stoppen / stop: Ctrl-C\n"))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert "issue send" not in shown
    assert len(office.told("newsletter", "list")) == 1
    assert office.told("issue", "list") == []


def test_production_is_refused(production: Desk) -> None:
    assert "bode serve" in production.refused("run")
