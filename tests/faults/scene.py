"""An issue that is about to go out to some hundreds of readers, and the processes that send it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.settings import Settings
from app.domain import house as houses
from tests import cast as people
from tests.cli.desk import Desk
from tests.forks import Bode
from tests.journeys import traces
from tests.journeys.service import Service, until
from tests.sending import approved
from tests.servers import smtp

READERS = 160  # a second or two of sending: time enough to break something in the middle
CONNECTIONS = 4  # per worker
LEASE = 3  # seconds until another worker takes over
CALM = 30  # seconds: a lease that no busy machine outlasts, where taking over is not what a row is about
LEISURE = 2.0  # seconds before each "kept" while a person acts: a busy machine must not be done before
SLOW = 0.03  # seconds before each "kept", so that a fault hits letters whose fate is not told yet
QUICK = {
    "BODE_SMTP_CONNECTIONS": str(CONNECTIONS),
    "BODE_LEASE_SECONDS": str(LEASE),
    "BODE_RETRY_FIRST_SECONDS": "0.2",
    "BODE_RETRY_LONGEST_SECONDS": "0.5",
    "BODE_LOG_LEVEL": "WARNING",
}
PATIENCE = 90.0  # seconds; whoever waits as long has found a fault, not a busy machine
ISSUE = "issue"  # the file that says which issue it is


def wait(met: Callable[[], Any], what: str) -> None:
    """Wait for something that comes by itself, however busy the machine is."""
    until(met, what, PATIENCE)


async def furnish(folder: Path, urls: dict[str, str], readers: int = READERS) -> None:
    """A newsletter with its people and readers, and an approved issue; the keys lie in the folder."""
    settings = Settings(
        database_url=urls["main"],
        ledger_url=urls["ledger"],
        keys_file=folder / "keys.json",
        data_dir=folder,
    )
    house = await houses.open_house(settings)
    now = houses.now()
    stage = await people.stage(house, now)
    await people.crowd(house, stage.letter, readers - 1, now - timedelta(days=1))  # and alice
    (folder / ISSUE).write_text(str(await approved(stage, now)))
    await house.close()


class Scene(Service):
    """A furnished service; commands run in this process, workers in their own."""

    def __init__(
        self, folder: Path, mail: smtp.Process, urls: dict[str, str], readers: int = READERS, **more: str
    ) -> None:
        super().__init__(folder, mail, urls, **{**QUICK, **more})
        self.issue_id = (folder / ISSUE).read_text()
        self.readers = frozenset(
            {people.ALICE, *(f"reader{number}@example.net" for number in range(readers - 1))}
        )
        self.mails = [mail]
        self.outcome: Any = None
        self.remote: dict[str, str] = {}  # settings of workers on other hosts

    def bode(self, *words: str, given: str | None = None, code: int = 0) -> str:
        """Run a command here: the same code, without waiting for a new process each time."""
        desk = Desk(self.folder, **{k: v for k, v in self.environment.items() if k.startswith("BODE_")})
        return desk.bode(*words, given=given or "", code=code).stdout

    def act(self, step: str) -> None:
        """What a person does with the issue: send, pause, resume or cancel."""
        self.bode("issue", step, self.issue_id)

    def begin(self, *, delay: float = SLOW, **changes: str) -> Bode:
        """Send, with one worker and a server that takes its time."""
        self.mail.behave(body_delay=delay)
        self.act("send")
        return self.worker(**changes)

    def kill(self, process: Bode) -> None:
        """End it as a power cut does."""
        self.stop(process, signal.SIGKILL)

    def handed_over(self, count: int) -> None:
        """Wait until the servers have taken so many letters."""
        wait(lambda: sum(mail.count() for mail in self.mails) >= count, f"{count} letters are taken")

    @contextmanager
    def after(self, count: int) -> Iterator[None]:
        """What a person does once so many letters are taken, and before the others are."""
        self.handed_over(count)
        self.mail.behave(body_delay=LEISURE)
        yield
        self.mail.behave(body_delay=SLOW)

    def reaches(self, state: str) -> None:
        """Wait until the issue is there."""
        wait(lambda: self.state(self.issue_id) == state, f"the issue is {state}")

    def settled(self) -> None:
        """Wait until no copy is under way: what was handed over is written down."""
        wait(lambda: self.ask("SELECT count(*) FROM delivery WHERE state = 'sending'") == 0, "all is settled")

    def ask(self, query: str) -> Any:
        """One value from the database."""
        with closing(traces.connected(self.main)) as connection:
            return connection.execute(query).fetchone()[0]

    def end(self) -> None:
        """Let every worker end in good order, and the servers hear what was said."""
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            process.wait(PATIENCE)
        for mail in self.mails:
            mail.idle()

    def copies(self) -> dict[str, list[tuple[str, str]]]:
        """The Message-ID and hash of every copy each reader got, on whatever server."""
        got: dict[str, list[tuple[str, str]]] = {}
        for mail in self.mails:
            for reader, found in mail.report()["recipients"].items():
                if reader in self.readers:
                    got.setdefault(reader, []).extend(zip(found["message_ids"], found["sha256"], strict=True))
        return got

    def books(self) -> dict[str, Any]:
        """What `bode issue report --json` says."""
        return self.report(self.issue_id)


def delivery_of(message_id: str) -> str:
    """The delivery a Message-ID is made from."""
    return UUID(hex=message_id.strip("<>").partition("@")[0]).hex
