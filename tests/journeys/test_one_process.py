"""`bode run` on an empty folder: a reader comes, reads and goes, and the local mailbox has it all."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.cli.desk import Desk
from tests.journeys.service import PATIENCE, link_in, read, until

READER = "lezer@example.net"
FORM = "/nl/weerbaar-bestuur"
LETTER = re.compile(r'href="(/mailbox/\d+)"')


@contextmanager
def running(desk: Desk) -> Iterator[httpx2.Client]:
    """The one process; whoever starts it reads where it is on the screen."""
    with desk.popen("run", "--port", "0") as process:
        assert process.stdout is not None
        shown = "".join(iter(process.stdout.readline, "Stoppen / stop: Ctrl-C\n"))
        url = next(word for word in shown.split() if word.endswith("/mailbox")).removesuffix("/mailbox")
        desk.environment["BODE_BASE_URL"] = url
        try:
            with httpx2.Client(base_url=url, timeout=PATIENCE) as http:
                yield http
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def told(desk: Desk, *words: str) -> Any:
    """The answer to a command in a second terminal."""
    with desk.popen(*words, "--json") as process:
        said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, wrong
    return json.loads(said)


def count(desk: Desk) -> int:
    """How many subscribers there are."""
    return int(told(desk, "subscribers", "count", "--newsletter", "weerbaar-bestuur")["count"])


def newest(http: httpx2.Client, many: int) -> str:
    """The page of the reader's newest mail in the local mailbox, once there are so many."""
    found = until(lambda: each if len(each := letters(http)) == many else None, f"{many} mails")
    return str(found[0])


def letters(http: httpx2.Client) -> list[str]:
    """The pages of the reader's mails, newest first; editors are reminded of the month as well."""
    pages = dict.fromkeys(LETTER.findall(http.get("/mailbox").text))
    return [each for each in pages if read(http.get(f"{each}/raw").content)["To"] == READER]


def link(http: httpx2.Client, letter: str, part: str) -> str:
    """A link in the mail, as its page shows it and as its bytes have it."""
    found = link_in(read(http.get(f"{letter}/raw").content), part)
    assert found in http.get(letter).text
    return found


def test_a_reader_comes_reads_and_goes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with running(desk) as http:
        assert http.post(FORM, data={"address": READER}).status_code == httpx2.codes.OK
        confirmation = link(http, newest(http, 1), "/bevestigen/")
        assert http.get(confirmation).status_code == httpx2.codes.OK
        assert count(desk) == 0
        assert http.post(confirmation).status_code == httpx2.codes.OK
        assert count(desk) == 1

        (draft,) = told(desk, "issue", "list")
        told(desk, "issue", "approve", draft["id"], "--approver", "emre")
        told(desk, "issue", "send", draft["id"])
        issue = newest(http, 2)
        assert "Weerbaar Bestuur" in http.get(f"{issue}/html").text
        leave = link(http, issue, "/afmelden/")
        assert "l•••@example.net" in http.get(leave).text
        assert http.post(f"{leave}/nu").status_code == httpx2.codes.OK
        assert "l•••" not in http.get(leave).text
        assert count(desk) == 0
