"""A privacy request from its receipt to its answer: who may ask, what is done, and what stays of it."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import delete, select

from app.core import crypto
from app.core.address import parse
from app.core.errors import IllegalMove, Invalid, LinkProblem, Refused
from app.domain import block, consent, outbox, request, subscriber
from app.domain.audit import Record
from app.domain.outbox import Mail
from app.domain.request import Channel, Delay, Identity, Kind, Refusal, Request, State
from app.features import erase, rotate
from app.features.guard import Watch, replay
from app.features.post.carry import Carrier
from app.features.request import identify, receive, remind, settle
from app.features.request.receive import Asked, Desk
from app.features.request.settle import Way
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock

RECEIVED = date(2026, 11, 16)


class Office:
    """An officer at work, who can be asked what is on record."""

    def __init__(self, on: Stage, clock: Clock) -> None:
        self.on, self.clock, self.house = on, clock, on.house

    @property
    def desk(self) -> Desk:
        return Desk("fatima", self.house.ring, self.house.book, "https://bode.example.org", 35, self.clock())

    async def take(self, kind: Kind, address: str = ALICE, channel: Channel = Channel.LETTER) -> Request:
        asked = Asked(self.on.letter, parse(address), kind, channel, "nl", RECEIVED)
        async with self.house.database.unit_of_work() as session:
            return await receive.receive(session, self.desk, asked)

    async def act(self, row: Request, verb: Any, *given: Any, **named: Any) -> Request:
        async with self.house.database.unit_of_work() as session:
            found = await request.by_id(session, row.id, lock=True)
            await verb(session, self.desk, found, *given, **named)
        return await self.look(row)

    async def look(self, row: Request) -> Request:
        async with self.house.database.reading() as session:
            return await request.by_id(session, row.id)

    async def known(self, kind: Kind, address: str = ALICE) -> Request:
        return await self.act(await self.take(kind, address), identify.record, Identity.DOCUMENT)

    async def carry_out(self, row: Request, way: Way = Way.MAIL) -> Request:
        return await self.act(row, settle.carry_out, way)

    async def erase(self, row: Request) -> Request:
        async with self.house.database.unit_of_work() as session:
            found = await request.by_id(session, row.id, lock=True)
            words: dict[str, Any] = {"ring": self.house.ring, "book": self.house.book, "now": self.clock()}
            address = request.opened(self.house.ring, found)
            erased = await erase.erase(session, address, actor="fatima", request=row.id, **words)
            gone = settle.Gone(erased.removed, erased.overtaken, "https://bode.example.org/bewijs/x")
            await settle.carry_out(session, self.desk, found, Way.MAIL, gone)
        return await self.look(row)

    async def mails(self) -> list[dict[str, Any]]:
        async with self.house.database.reading() as session:
            rows = await session.scalars(select(Mail).order_by(Mail.seq))
            return [outbox.opened(self.house.ring, each) for each in rows]

    async def trail(self) -> list[tuple[str, str]]:
        async with self.house.database.reading() as session:
            rows = await session.scalars(select(Record).order_by(Record.seq))
            return [(each.event, each.reason) for each in rows if each.event.startswith("request.")]

    async def post(self) -> Mailbox:
        """The worker empties the outbox into a mailbox."""
        box = Mailbox()
        carrier: Carrier = Worker(self.house, Courier(self.house.settings, box), clock=self.clock).carrier()
        await carrier.round()
        await carrier._hang_up()
        return box


def plain(content: bytes) -> str:
    """The text of a mail on one line."""
    part = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


@pytest.fixture
def office(cast: Stage, clock: Clock) -> Office:
    return Office(cast, clock)


async def test_the_address_is_sealed_and_goes_when_the_answer_has_arrived(office: Office) -> None:
    row = await office.known(Kind.ACCESS)
    assert request.opened(office.house.ring, row).typed == ALICE
    done = await office.carry_out(row)
    assert (done.state, done.address is None) == (State.DONE, False)
    (mail,) = await office.mails()
    assert (mail["template"], mail["address"]) == ("answer", ALICE)
    assert "/inzage/" in mail["words"]["link_url"]
    box = await office.post()
    assert [each.recipient for each in box.letters()] == [ALICE]
    after = await office.look(row)
    assert (after.state, after.address) == (State.ANSWERED, None)
    assert after.closed_at == office.clock()
    assert ("request.closed", "answered by mail") in await office.trail()


async def test_what_is_held_is_given_to_the_mailbox_itself_and_to_nobody_else(office: Office) -> None:
    row = await office.known(Kind.ACCESS)
    with pytest.raises(settle.OnlyByMail):
        await office.carry_out(row, Way.SCREEN)
    assert (await office.look(row)).state == State.KNOWN


async def test_a_mail_to_the_address_itself_asks_and_only_the_button_says_yes(office: Office) -> None:
    row = await office.act(await office.take(Kind.ERASURE), identify.ask, suspends=True)
    assert row.state == State.ASKED
    (mail,) = await office.mails()
    token = mail["words"]["request_url"].rpartition("/")[2]
    office.clock.forward(days=3)
    async with office.house.database.reading() as session:
        found = await identify.look(session, token, ring=office.house.ring, now=office.clock())
    assert found.row.state == State.ASKED  # looking changes nothing
    async with office.house.database.unit_of_work() as session:
        await identify.confirm(session, office.desk, token)
    after = await office.look(row)
    assert (after.state, after.identity, after.still) == (State.KNOWN, Identity.BUTTON, 3)
    assert after.term.last(RECEIVED) == date(2026, 12, 19)
    with pytest.raises(LinkProblem, match="used"):
        async with office.house.database.unit_of_work() as session:
            await identify.confirm(session, office.desk, token)


async def test_who_did_not_ask_says_no_and_the_address_goes(office: Office) -> None:
    row = await office.act(await office.take(Kind.ERASURE), identify.ask, suspends=False)
    token = (await office.mails())[0]["words"]["request_url"].rpartition("/")[2]
    async with office.house.database.unit_of_work() as session:
        await identify.deny(session, office.desk, token)
    after = await office.look(row)
    assert (after.state, after.address) == (State.WITHDRAWN, None)
    assert await office.on.find(ALICE) is not None
    with pytest.raises(LinkProblem, match="void"):
        async with office.house.database.unit_of_work() as session:
            await identify.confirm(session, office.desk, token)


async def test_erasing_takes_everything_but_the_request_and_nothing_leads_to_it_any_more(
    office: Office,
) -> None:
    other = await office.take(Kind.CORRECTION)
    decided = await office.carry_out(await office.known(Kind.ACCESS))
    row = await office.erase(await office.known(Kind.ERASURE))
    assert await office.on.find(ALICE) is None
    assert (row.state, row.subject) == (State.DONE, None)
    assert request.opened(office.house.ring, row).typed == ALICE  # for the answer
    for gone in (await office.look(other), await office.look(decided)):
        assert (gone.state, gone.address, gone.subject) == (State.OVERTAKEN, None, None)
    assert (await office.trail()).count(("request.closed", "overtaken by an erasure")) == 2
    watch = Watch(office.house.database, office.house.book, office.house.ring)
    await replay(watch, everything=True, now=office.clock())
    assert (await office.look(row)).state == State.DONE  # the minute's replay does not stop the answer
    (letter,) = (await office.post()).letters()
    assert f"zijn uw andere verzoeken beëindigd: {other.number}, {decided.number}." in plain(letter.content)
    assert (await office.look(row)).address is None


async def test_a_restriction_keeps_the_address_and_the_ledger_knows_of_it(office: Office) -> None:
    await office.carry_out(await office.known(Kind.RESTRICTION))
    held = await office.on.find(ALICE)
    assert held is not None
    assert held.restricted_at is not None
    async with office.house.database.unit_of_work() as session:  # a backup of before is put back
        row = await subscriber.by_id(session, held.id)
        assert row is not None
        row.restricted_at = None
    watch = Watch(office.house.database, office.house.book, office.house.ring)
    await replay(watch, everything=True, now=office.clock())
    back = await office.on.find(ALICE)
    assert back is not None
    assert back.restricted_at is not None


async def test_an_objection_always_succeeds_and_is_answered_in_spite_of_its_block(office: Office) -> None:
    row = await office.known(Kind.OBJECTION)
    with pytest.raises(settle.NoGround):
        await office.act(row, settle.refuse, Refusal.UNFOUNDED, Way.MAIL)
    await office.carry_out(row)
    assert await office.on.find(ALICE) is None
    assert "/blokkade/" in (await office.mails())[0]["words"]["lift_url"]  # how to take it back
    async with office.house.database.reading() as session:
        known = block.subjects(office.house.ring, office.on.letter.id, parse(ALICE))
        assert await block.active(session, office.on.letter.id, known, now=office.clock()) is not None
    (letter,) = (await office.post()).letters()
    assert letter.recipient == ALICE
    assert "Hef de blokkade op" in plain(letter.content)


async def test_a_mailbox_lost_with_the_office_is_ended_and_never_mailed(office: Office) -> None:
    row = await office.act(await office.take(Kind.CORRECTION), identify.record, Identity.LOST_MAILBOX)
    with pytest.raises(Refused):
        await office.carry_out(row)
    assert await office.on.find(ALICE) is not None  # refused as a whole
    done = await office.carry_out(row, Way.TELEPHONE)
    assert (done.state, done.address) == (State.ANSWERED, None)
    assert await office.on.find(ALICE) is None
    assert await office.mails() == []


async def test_a_refusal_has_a_reason_from_the_list_and_is_answered(office: Office) -> None:
    row = await office.act(await office.known(Kind.ACCESS), settle.refuse, Refusal.EXCESSIVE, Way.MAIL)
    assert (row.state, row.refusal) == (State.REFUSED, Refusal.EXCESSIVE)
    letter = plain((await office.post()).letters()[0].content)
    assert "meerdere keren in korte tijd" in letter
    assert "binnen zes weken" in letter
    assert "autoriteitpersoonsgegevens.nl" in letter


async def test_two_more_months_need_a_reason_and_a_notice_in_the_first_month(office: Office) -> None:
    row = await office.act(await office.known(Kind.ACCESS), settle.extend, Delay.COMPLEX, Way.MAIL)
    assert row.term.last(RECEIVED) == date(2027, 2, 16)
    (mail,) = await office.mails()
    assert (mail["template"], mail["words"]["last_on"]) == ("extended", "2027-02-16")
    with pytest.raises(Refused):
        await office.act(row, settle.extend, Delay.MANY, Way.MAIL)
    late = await office.take(Kind.ACCESS, BOB)
    office.clock.forward(days=31)
    with pytest.raises(settle.TooLate):
        await office.act(late, settle.extend, Delay.MANY, Way.MAIL)


async def test_officers_are_warned_in_time_and_the_supervisor_when_it_is_too_late(office: Office) -> None:
    await office.take(Kind.ACCESS)
    told: dict[int, list[str]] = {}
    for day in range(35):
        before = len(await office.mails())

        async def look() -> None:
            async with office.house.database.unit_of_work() as session:
                words: dict[str, Any] = {"ring": office.house.ring, "now": office.clock()}
                await remind.remind(session, base_url="https://bode.example.org", **words)

        await asyncio.gather(look(), look())  # two workers at once
        fresh = [each["address"] for each in (await office.mails())[before:]]
        told |= {day: sorted(fresh)} if fresh else {}
        office.clock.forward(days=1)
    fatima, joost = "fatima@example.org", "joost@example.org"
    assert told == {21: [fatima], 28: [fatima], 31: [fatima, joost]}


async def test_while_the_term_stands_still_nobody_is_warned_of_its_end(office: Office) -> None:
    await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=True)
    other = await office.known(Kind.OBJECTION, BOB)
    office.clock.forward(days=40)
    await office.carry_out(other, Way.LETTER)
    with pytest.raises(identify.Passed):  # what has ended cannot stand still
        await office.act(await office.take(Kind.ACCESS, CHRIS), identify.ask, suspends=True)
    async with office.house.database.unit_of_work() as session:
        await session.execute(delete(Request).where(Request.state == State.RECEIVED))
    async with office.house.database.unit_of_work() as session:
        words: dict[str, Any] = {"ring": office.house.ring, "now": office.clock()}
        await remind.remind(session, base_url="", **words)
    assert [each["template"] for each in await office.mails()] == ["identity", "unreached"]  # of the silence


async def test_a_change_of_keys_takes_the_address_and_its_pseudonym_along(office: Office) -> None:
    row, house = await office.take(Kind.ACCESS, BOB), office.house
    house.ring._keys |= {(fresh := crypto.new_key(office.clock())).id: fresh}
    house.ring.active = fresh.id
    await rotate.rotate(rotate.Desk(house.database, house.book, house.ring), lambda _: None)
    async with house.database.reading() as session:
        known = consent.proofs(house.ring, office.on.letter.id, parse(BOB))
        (moved,) = await request.of(session, known[:1])
    assert (moved.id, moved.key_id) == (row.id, fresh.id)
    assert request.opened(house.ring, moved).typed == BOB


async def test_steps_that_do_not_fit_are_refused_and_a_day_to_come_is_no_receipt(office: Office) -> None:
    row = await office.take(Kind.ACCESS)
    with pytest.raises(IllegalMove):
        await office.carry_out(row)
    with pytest.raises(Invalid):
        await office.act(row, identify.record, Identity.LINK)
    office.clock.time -= timedelta(days=1)
    with pytest.raises(Invalid):
        await office.take(Kind.ACCESS)
