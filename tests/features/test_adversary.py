"""A full dump of both databases without keys: no address, no guess that fits, nobody found twice."""

from __future__ import annotations

import hashlib
import hmac
import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.address import parse
from app.core.database import Database
from app.core.register import Kind as About
from app.domain import delivery, farewell, invitation, issue, recovery, session, staff
from app.domain.block import Ground
from app.domain.book import Book
from app.domain.delivery import Delivery
from app.domain.ledger import Reason
from app.domain.lookup import Why
from app.domain.newsletter import Newsletter
from app.domain.request import Channel, Kind
from app.domain.withheld import WHOLE
from app.domain.withheld import Why as Reasons
from app.features import absent, approve, enroll, intake, lookup, oversee, subscribe, unsubscribe, withhold
from app.features.approve import Desk as Table
from app.features.breach import record
from app.features.request import receive
from app.features.request.receive import Asked, Desk
from app.features.subscribe import Form, Limits
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from app.worker.jobs import JOBS
from tests import adversary, tray
from tests.adversary import Cell
from tests.cast import PEOPLE, Stage, join
from tests.conftest import Clock
from tests.features.restoring import mailed
from tests.features.test_breach import Case
from tests.features.test_intake import ZONE, listed
from tests.features.test_lists import hand_in
from tests.sending import approved

READERS = tuple(
    f"{name}@Geheime-Gemeente.example" for name in ("Anna.de.Vries", "b.jansen", "wethouder.kuipers")
)
LISTED = ("lid.van.de.lijst@geheime-provincie.example", "ander.lid@geheime-provincie.example")
WAITING = ("wie.nog.wacht@geheime-provincie.example", "wie.ook.wacht@geheime-provincie.example")
COLLEAGUES = tuple(f"{name}@example.org" for name in PEOPLE)
NETWORK = "203.0.113.7"
CASES = ("AVG-2026-17", "AVG-2026-18", "AVG-2026-19")


class Office:
    """Everything that happens in a newsletter, to each reader at a moment of their own."""

    def __init__(self, on: Stage, clock: Clock) -> None:
        self.on, self.clock, self.house = on, clock, on.house
        self.away = Book(Database("sqlite:////nowhere/ledger.db"), None, on.house.ring)

    async def second(self) -> Newsletter:
        """Another newsletter of the same house."""
        first = self.on.letter
        words = {
            name: getattr(first, name) for name in ("sender_name", "sender_address", "language", "cadence")
        }
        async with self.house.database.unit_of_work() as db:
            letter = Newsletter(id=uuid4(), slug="tweede", title="Tweede", created_at=self.clock(), **words)
            db.add(letter)
        return letter

    async def lives(self, letter: Newsletter, reader: str, case: str) -> UUID:
        """Signs up, leaves, comes back, asks, is looked up, and objects."""
        house, keys = self.house, {"ring": self.house.ring, "now": self.clock.forward(minutes=7)}
        placed = Stage(house, letter, self.on.alice, self.on.chris_was)
        await mailed(house, placed, reader, self.clock())
        row = await join(house, letter, reader, self.clock())
        async with house.database.unit_of_work() as db:
            await unsubscribe.leave(db, placed.link(row), book=house.book, **keys)
        row = await join(house, letter, reader, self.clock.forward(minutes=7), "en")
        keys["now"] = self.clock.forward(minutes=7)
        async with house.database.unit_of_work() as db:
            limits, form = Limits(100, 100), Form(letter, parse(reader), "nl", NETWORK)
            await subscribe.subscribe(db, form, shown="Stuur mij de nieuwsbrief", limits=limits, **keys)
            await subscribe.ask(db, form, limits=limits, **keys)
            asked = Asked(letter, parse(reader), Kind.ACCESS, Channel.LETTER, "nl", self.clock().date())
            await receive.receive(db, Desk("fatima", house.ring, house.book, "", 35, self.clock()), asked)
            await lookup.look_up(
                db, parse(reader), Why.QUESTION, case, officer=(UUID(int=7), "fatima"), **keys
            )
            blocked = letter.id, parse(reader), Ground.OBJECTION
            await farewell.block_address(db, *blocked, book=house.book, **keys)
        return row.id

    async def unheard(self, letter: Newsletter) -> None:
        """They leave while the ledger is away, and the worker has not been there since."""
        async with self.house.database.unit_of_work() as db:
            for reader in READERS:
                keys = {"ring": self.house.ring, "now": self.clock.forward(minutes=7)}
                await farewell.note(db, letter.id, parse(reader), Reason.LEFT, book=self.away, **keys)

    async def comes_out(self, letter: Newsletter, readers: list[UUID]) -> None:
        """An issue that reached them; it was tried, its links were looked at, and a part is taken away."""
        placed = Stage(self.house, letter, self.on.alice, self.on.chris_was)
        issue_id = await approved(placed, self.clock())
        async with self.house.database.unit_of_work() as db:
            found = await issue.get(db, issue_id)
            desk = Table("dana", self.house.settings.base_url, self.house.ring, self.clock())
            await approve.attempt(db, found, desk, everybody=True)
            await withhold.withhold(db, found, WHOLE, Reasons.PERSON, actor="fatima", now=self.clock())
            state = delivery.State.ACCEPTED
            db.add_all(Delivery(issue_id=issue_id, subscriber_id=each, state=state) for each in readers)

    async def listed(self, letter: Newsletter) -> None:
        """Two people come in with a list, of which the evidence says where it is."""
        lines = list(intake.read(io.StringIO(listed(*LISTED)), zone=ZONE, now=self.clock()))
        desk = intake.Desk(self.house.database, self.house.book, self.house.ring, letter)
        assert (await intake.bring_in(desk, lines, lambda _: None, now=self.clock())).added == len(LISTED)
        placed = Stage(self.house, letter, self.on.alice, self.on.chris_was)
        for each in WAITING:
            await hand_in(placed, listed(each), self.clock)

    async def works(self) -> None:
        """Colleagues come, go and look after their accounts; a breach is on record; the worker signs."""
        async with self.house.database.unit_of_work() as db:
            dana, ada = await staff.named(db, "dana"), await staff.named(db, "ada")
            session.begin(db, dana, "Firefox", self.clock())
            await recovery.renew(db, dana.id, self.clock())
            desk = enroll.Desk("ada", "", self.house.ring, self.clock())
            await enroll.invite(db, desk, ada, invitation.Purpose.INVITED)
            today = self.clock().date()
            await absent.note(db, dana, today, today + timedelta(days=3), zone=ZONE, now=self.clock())
            await oversee.sign_off(db, ada, now=self.clock())
            facts = Case(self.on, self.clock).facts()
            await record.record(db, facts, actor="fatima", now=self.clock())
        await tray.send_in(self.on, await tray.link(self.on, self.clock()), self.clock())
        worker = Worker(self.house, Courier(self.house.settings, Mailbox()), clock=self.clock)
        for chore in JOBS:
            if chore.name in {"counter", "sign"}:
                await worker.rota.turn(chore)

    async def fill(self) -> None:
        """All of it, in two newsletters with the same readers."""
        letters = self.on.letter, await self.second()
        for letter in letters:
            rows = [await self.lives(letter, *each) for each in zip(READERS, CASES, strict=True)]
            await self.comes_out(letter, rows)
            await self.listed(letter)
        await self.works()
        for letter in letters:
            await self.unheard(letter)


async def test_who_has_a_dump_and_no_key_finds_nobody(cast: Stage, clock: Clock) -> None:
    await Office(cast, clock).fill()
    cells = await adversary.dump(cast.house)
    assert not adversary.untried(cells)
    hour = f"{clock():%Y%m%d%H}"
    assert not adversary.guessed(cells, (*READERS, *LISTED, *WAITING), (*COLLEAGUES, f"{NETWORK}|{hour}"))
    assert not adversary.shared(cells)


FIRST, SECOND = UUID(int=1), UUID(int=2)
VALUE = hashlib.sha256(b"nothing of anybody").digest()
SECRET = bytes(range(32))
TYPED = READERS[0]
COMPARED = parse(TYPED).canonical.encode()


def cell(value: Any, kind: About = About.PSEUDONYM, letter: UUID | None = FIRST, holder: str = "a") -> Cell:
    return Cell("t.probe", kind, value, letter, holder)


@pytest.mark.parametrize(
    "cells",
    [
        [cell(COMPARED)],
        [cell({"said": f"mail to {TYPED}"})],
        [cell("mail%20Anna.de.Vries%40Geheime-Gemeente.example")],
        [cell(TYPED.encode("utf-16-le").hex())],
        [cell(hashlib.blake2b(COMPARED).digest()[:16])],
        [cell("sha1:" + hashlib.sha1(b"geheime-gemeente.example").hexdigest())],  # noqa: S324  (as a fool would)
        [cell(hashlib.sha256(b"pepper" + COMPARED).digest()), cell("pepper", About.TECHNICAL)],
        [cell(hmac.digest(SECRET, FIRST.bytes + COMPARED, "sha256")), cell(SECRET, About.TECHNICAL, None)],
    ],
    ids=["clear", "in words", "percent", "utf-16", "cut off", "domain", "salted", "keyed"],
)
def test_an_address_that_can_be_guessed_is_found(cells: list[Cell]) -> None:
    assert adversary.guessed(cells, READERS)


@pytest.mark.parametrize(
    ("cells", "same"),
    [
        ([cell(VALUE), cell(VALUE, letter=SECOND)], True),
        ([cell(VALUE), cell(VALUE, letter=None)], True),
        ([cell(VALUE), cell(VALUE)], False),
        ([cell(7, About.READER), cell(7, About.READER, SECOND)], True),
        ([cell(7, About.READER, each, who) for each in (FIRST, SECOND) for who in "ab"], False),
        ([cell(7, About.READER, FIRST, "a"), cell(8, About.READER, SECOND, "a")], False),
    ],
    ids=[
        "a pseudonym",
        "of no newsletter",
        "of one",
        "one person's number",
        "a common number",
        "two numbers",
    ],
)
def test_a_value_that_finds_a_reader_in_another_newsletter_is_found(cells: list[Cell], *, same: bool) -> None:
    assert bool(adversary.shared(cells)) is same


def test_a_table_on_which_nothing_was_tried_is_named() -> None:
    assert "subscriber" in adversary.untried([cell(VALUE)])
