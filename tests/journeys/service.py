"""The service as people run it: real processes, real databases, a real mail server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2

from app.core.address import parse
from tests import forks
from tests.forks import Bode
from tests.journeys import traces
from tests.servers import smtp

PATIENCE = 60.0  # seconds for what should come at once; machines are shared
BODE = str(Path(sys.executable).with_name("bode"))
LINK = re.compile(r"https?://[^\s<>\")]+")
SENDER = "Netwerk Weerbaar Bestuur <nieuwsbrief@example.org>"


def until(met: Callable[[], Any], what: str = "", patience: float = PATIENCE) -> Any:
    """Wait for something that is true, looking often; fail when it does not come."""
    end = time.monotonic() + patience
    while not (found := met()):
        if time.monotonic() > end:
            raise AssertionError(f"it did not come: {what or met}")
        time.sleep(0.03)
    return found


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`bode serve` and `bode worker` as separate processes on one database."""

    def __init__(self, folder: Path, mail: smtp.Process, urls: dict[str, str], **more: str) -> None:
        self.folder = folder
        self.mail = mail
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("BODE_")},
            "BODE_ENVIRONMENT": "production",
            "BODE_DATA_DIR": str(folder),
            "TMPDIR": str(folder),  # what is left behind lies where tests look
            "BODE_DATABASE_URL": urls["main"],
            "BODE_LEDGER_URL": urls["ledger"],
            "BODE_KEYS_FILE": str(folder / "keys.json"),
            "BODE_BASE_URL": self.base,
            "BODE_SMTP_URL": mail.url,
            "BODE_SMTP_CONNECTIONS": "4",
            "BODE_RETRY_FIRST_SECONDS": "0.3",
            "BODE_RETRY_LONGEST_SECONDS": "0.5",
            "BODE_LEASE_SECONDS": "4",
            **more,
        }
        self._running: list[Any] = []  # ours, or those of an operator
        self._log = (folder / "log").open("ab")
        self.http = httpx2.Client(base_url=self.base, timeout=PATIENCE)

    @property
    def main(self) -> str:
        """The main database."""
        return self.environment["BODE_DATABASE_URL"]

    @property
    def ledger(self) -> str:
        """The ledger."""
        return self.environment["BODE_LEDGER_URL"]

    @property
    def log(self) -> str:
        """Everything the processes wrote."""
        return (self.folder / "log").read_text()

    def bode(self, *words: str, given: str | None = None) -> str:
        """Run a command to its end; returns its standard output."""
        return self._ran(*words, given=given, code=0)[0]

    def refused(self, *words: str) -> str:
        """The reason why a command does nothing, from its standard error."""
        return self._ran(*words, given=None, code=1)[1]

    def _ran(self, *words: str, given: str | None, code: int) -> tuple[str, str]:
        ended, answer, warned = forks.done(words, self.environment, self.folder, given)
        self._log.write((warned + answer).encode())
        assert ended == code, f"bode {' '.join(words)}: {answer}{warned}"
        return answer, warned

    def told(self, *words: str) -> Any:
        """Run a command with --json and read its answer."""
        return json.loads(self.bode(*words, "--json"))

    def prepare(self) -> None:
        """Keys, tables, a newsletter and the people who make it."""
        self.bode("keys", "new")
        self.bode("migrate")
        self.bode(
            *("newsletter", "add", "--slug", "weerbaar-bestuur", "--title", "Weerbaar Bestuur"),
            *("--sender", SENDER, "--language", "nl", "--cadence", "first tuesday 10:00"),
            *("--pace", "unlimited"),
        )
        for name, role in (("dana", "editor"), ("emre", "approver"), ("fatima", "officer")):
            self.bode("staff", "add", "--name", name, "--email", f"{name}@example.org", "--role", role)

    def start(self, *words: str, **changes: str) -> Bode:
        """Start a process of the service, perhaps with some settings of its own."""
        process = Bode(words, {**self.environment, **changes}, self.folder, self.folder / "log")
        self._running.append(process)
        return process

    def started(self, *command: str, **changes: str) -> subprocess.Popen[bytes]:
        """Start the installed command (BODE) as an operator does, perhaps by way of another program."""
        process = subprocess.Popen(
            command,
            env={**self.environment, **changes},
            cwd=self.folder,
            stdout=self._log,
            stderr=self._log,
        )
        self._running.append(process)
        return process

    def serve(self) -> Bode:
        """The web, when it answers."""
        process = self.start("serve", "--port", str(self.port))
        until(self._answers, "the web answers")
        return process

    def worker(self, **changes: str) -> Bode:
        """A worker."""
        return self.start("worker", **changes)

    def _answers(self) -> bool:
        try:
            return self.http.get("/health/live").status_code == httpx2.codes.OK
        except httpx2.TransportError:
            return False

    def stop(self, process: Any, sign: int = signal.SIGTERM) -> int:
        """End one process and wait for it."""
        process.send_signal(sign)
        return process.wait(PATIENCE)

    def close(self) -> None:
        """End everything that still runs."""
        self.http.close()
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._log.close()

    def letters(self, address: str, count: int = 1) -> list[EmailMessage]:
        """The mails somebody got, when there are so many; the address as it was typed."""
        mailbox = parse(address).envelope
        found = until(
            lambda: letters if len(letters := self.mail.letters(mailbox)) >= count else None,
            f"{count} mails to somebody",
        )
        return [read(each) for each in found]

    def sign_up(self, address: str, language: str = "nl") -> httpx2.Response:
        """Fill in the form."""
        return self.http.post(f"/{language}/weerbaar-bestuur", data={"address": address})

    def join(self, address: str, language: str = "nl") -> None:
        """Sign up and press the button in the mail."""
        assert self.sign_up(address, language).status_code == httpx2.codes.OK
        mail = self.letters(address)[-1]
        link = link_in(mail, "/bevestigen/" if language == "nl" else "/confirm/")
        assert self.http.post(link).status_code == httpx2.codes.OK

    def count(self) -> int:
        """How many subscribers there are."""
        with closing(traces.connected(self.main)) as connection:
            return int(connection.execute("SELECT count(*) FROM subscriber").fetchone()[0])

    def issue(self, text: str) -> str:
        """Bring in an issue and have it approved; returns its id."""
        path = self.folder / "issue.md"
        path.write_text(text)
        made = self.told("issue", "import", str(path), "--newsletter", "weerbaar-bestuur", "--author", "dana")
        self.bode("issue", "approve", made["id"], "--approver", "emre")
        return str(made["id"])

    def report(self, issue_id: str) -> dict[str, Any]:
        """The report of an issue."""
        return cast("dict[str, Any]", self.told("issue", "report", issue_id))

    def state(self, issue_id: str) -> str:
        """Where an issue is: looked up in the database, for waiting without a new process each time."""
        with closing(traces.connected(self.main)) as connection:
            found = connection.execute("SELECT CAST(id AS text), state FROM issue").fetchall()
        return next(state for each, state in found if UUID(each) == UUID(issue_id))

    def reached(self, issue_id: str, state: str) -> dict[str, Any]:
        """The report once the issue is there."""
        until(lambda: self.state(issue_id) == state, f"the issue is {state}")
        return self.report(issue_id)

    def sent(self, issue_id: str) -> dict[str, Any]:
        """The report once the issue is sent."""
        return self.reached(issue_id, "sent")


def read(octets: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    return cast("EmailMessage", message_from_bytes(octets, policy=policy.default))


def plain(mail: EmailMessage) -> str:
    """The text part."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def links(mail: EmailMessage) -> list[str]:
    """Every link of a mail."""
    return LINK.findall(plain(mail))


def link_in(mail: EmailMessage, part: str) -> str:
    """The link of a mail whose path has this in it."""
    return next(each for each in links(mail) if part in each)


@contextmanager
def running(folder: Path, urls: dict[str, str], **more: str) -> Iterator[Service]:
    """A prepared service whose web answers, and its mail server."""
    with smtp.Process("--keep") as mail:
        service = Service(folder, mail, urls, **more)
        try:
            if not (folder / "keys.json").exists():
                service.prepare()
            service.serve()
            yield service
        finally:
            service.close()
