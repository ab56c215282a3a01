"""A house that is there for one measurement: its own keys, readers and issue, and gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import newsletter, staff
from app.cli.forms import Sender
from app.core import crypto, keyfile
from app.core.address import parse
from app.domain import house as houses
from app.domain import subscriber
from app.domain.house import House
from app.domain.issue import Issue
from app.domain.manuscript import read
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.features import approve, compose, enroll
from app.mail.dkim import new_keys

OURS = "BODE_"  # what a setting begins with
DOMAIN = "example.org"  # RFC 2606: belongs to nobody; nothing goes there, the sink takes it
CHUNK = 1000  # readers a transaction
HEAD = "---\nsubject: Bench\nlanguage: en\n---\n\n## Bench\n"
FILLER = "A paragraph of the length that paragraphs in a newsletter have, so that the weight is right.\n"
TRIAL = 10  # paragraphs that are weighed, to know what one weighs
TOGETHER = 50  # paragraphs in a row: a text of an issue has at most 8,000 characters


@dataclass(frozen=True, slots=True)
class Place:
    """Where one measurement happens."""

    folder: Path
    database_url: str  # none: a SQLite file in the folder
    dkim: bool
    readers: int
    size: int  # bytes a message, about
    connections: int
    port: int

    @property
    def database(self) -> str:
        """What kind it is."""
        return "postgresql" if self.database_url else "sqlite"

    def settings(self) -> dict[str, str]:
        """Everything that web and worker need to know, and nothing of the service that runs here."""
        file = f"sqlite:///{self.folder}/"
        found = {
            "BODE_ENVIRONMENT": "production",
            "BODE_DATA_DIR": str(self.folder),
            "BODE_DATABASE_URL": self.database_url or f"{file}bode.db",
            "BODE_LEDGER_URL": f"{file}ledger.db",
            "BODE_KEYS_FILE": str(self.folder / "keys.json"),
            "BODE_SMTP_URL": f"smtp://127.0.0.1:{self.port}",
            "BODE_SMTP_CONNECTIONS": str(self.connections),
            "BODE_LOG_LEVEL": "WARNING",
        }
        return {**found, "BODE_DKIM_KEYS": str(self.folder / "dkim.json")} if self.dkim else found

    def lay_keys(self) -> None:
        """The key ring, and the keys that sign."""
        now = houses.now()
        keyfile.save(self.folder / "keys.json", [crypto.new_key(now)])
        if self.dkim:
            new_keys(DOMAIN, now).save(self.folder / "dkim.json")


@contextmanager
def apart(settings: dict[str, str]) -> Iterator[None]:
    """Only these settings hold meanwhile: those of the service on this machine must touch nothing here."""
    before = {name: value for name, value in os.environ.items() if name.startswith(OURS)}
    try:
        _change(before, settings)
        yield
    finally:
        _change(settings, before)


def _change(gone: dict[str, str], come: dict[str, str]) -> None:
    for name in gone:
        os.environ.pop(name, None)
    os.environ.update(come)


async def furnish(house: House, readers: int, size: int) -> tuple[UUID, int]:
    """Readers and an approved issue of about that many bytes; returns its id and what it weighs."""
    async with house.database.unit_of_work() as session:
        letter = await _newsletter(session, house)
    for begin in range(0, readers, CHUNK):
        async with house.database.unit_of_work() as session:
            _subscribe(session, house, letter, range(begin, min(begin + CHUNK, readers)))
    async with house.database.unit_of_work() as session:
        return await _issue(session, house, letter, size)


async def _newsletter(session: AsyncSession, house: House) -> Newsletter:
    for name, role in (("dana", Role.EDITOR), ("emre", Role.APPROVER)):
        email = f"{name}@{DOMAIN}"
        await enroll.appoint(
            session, staff.desk(house), name=name, address=email, roles=[role], language="en"
        )
    sender = Sender("Bench", f"bench@{DOMAIN}")
    return await newsletter.create(session, name="bench", title="Bench", come_from=sender, language="en")


def _subscribe(session: AsyncSession, house: House, letter: Newsletter, numbers: range) -> None:
    yesterday = houses.now() - timedelta(days=1)
    session.add_all(
        subscriber.new(
            house.ring, letter.id, parse(f"reader{number}@{DOMAIN}"), language="en", confirmed_at=yesterday
        )
        for number in numbers
    )


async def _issue(session: AsyncSession, house: House, letter: Newsletter, size: int) -> tuple[UUID, int]:
    now = houses.now()
    issue = await compose.begin(session, letter, read(HEAD), {}, author="dana", now=now)
    bare, weighed = [await _weight(session, house, issue, count, now) for count in (0, TRIAL)]
    count = max(0, round((size - bare) * TRIAL / (weighed - bare)))
    weight = await _weight(session, house, issue, count, now)
    base_url = house.settings.base_url
    await approve.approve(session, issue, approver="emre", base_url=base_url, ring=house.ring, now=now)
    return issue.id, weight


async def _weight(session: AsyncSession, house: House, issue: Issue, count: int, now: datetime) -> int:
    rows = [FILLER if number % TOGETHER else f"---\n\n{FILLER}" for number in range(1, count + 1)]
    text = "\n".join([HEAD, *rows])
    await compose.write(session, issue, read(text), {}, author="dana", now=now)
    made = await approve.press(session, issue, base_url=house.settings.base_url)
    return len(made["en"].to_bytes())
