"""A mail about a privacy request that does not arrive: officers hear of it until it is mended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import parse
from app.core.errors import Refused
from app.core.settings import Settings
from app.domain import outbox
from app.domain.request import Delay, Identity, Kind, Refusal, State
from app.features import erase
from app.features.request import identify, remind, settle
from app.features.request.settle import Way
from app.mail.courier import Courier
from app.mail.mailbox import Mailbox
from app.worker import Worker
from app.worker.jobs import JOBS
from tests.backups import Backups
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock
from tests.features.test_replay import restored
from tests.features.test_request import Office, plain


@pytest.fixture
def office(cast: Stage, clock: Clock) -> Office:
    return Office(cast, clock)


async def told(office: Office) -> int:
    """How many mails say that somebody waits for a mail."""
    return len([each for each in await office.mails() if each["template"] == "unreached"])


async def heard(office: Office, **later: float) -> int:
    """Time passes; how many are told."""
    now, before = office.clock.forward(**later), await told(office)
    async with office.house.database.unit_of_work() as session:
        await remind.remind(session, ring=office.house.ring, base_url="", now=now)
    return await told(office) - before


async def test_an_answer_that_nobody_takes_for_a_day_keeps_its_request_open(office: Office) -> None:
    row = await office.carry_out(await office.known(Kind.ACCESS))
    office.clock.forward(hours=25)
    assert (await office.post()).letters() == []
    after = await office.look(row)
    assert (after.state, after.closed_at) == (State.RETURNED, None)
    words = [(each["template"], each["address"]) for each in await office.mails()]
    assert words == [("unreached", "fatima@example.org")]  # the law still wants an answer
    assert (await office.act(row, settle.again)).state == State.DONE
    boxes = [await office.post(), await office.post()]  # on SQLite a round is one mail
    assert ALICE in [each.recipient for box in boxes for each in box.letters()]
    after = await office.look(row)
    assert (after.state, after.address) == (State.ANSWERED, None)


async def test_an_answer_whose_mail_was_lost_is_missed_and_officers_hear_of_it_each_week(
    office: Office,
) -> None:
    row = await office.carry_out(await office.known(Kind.ACCESS))
    async with office.house.database.unit_of_work() as session:
        await outbox.drop_all(session)  # a restore does that, and so does the job that deletes
    times = [await heard(office, hours=24), await heard(office, hours=2), await heard(office, days=6)]
    times += [await heard(office, days=1), await heard(office, days=6), await heard(office, days=1)]
    assert times == [0, 1, 0, 1, 0, 1]
    assert (await office.look(row)).state == State.RETURNED
    await office.act(row, settle.answered, Way.LETTER)
    assert await heard(office, days=8) == 0


async def whom(office: Office) -> list[tuple[str, str]]:
    """What waits in the outbox, and for whom."""
    return [(each["words"].get("what", each["template"]), each["address"]) for each in await office.mails()]


async def test_a_question_that_does_not_arrive_is_told_and_mailed_again(office: Office) -> None:
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=True)
    office.clock.forward(hours=25)
    await office.post()
    assert (await office.look(row)).lost == "identity"
    assert await whom(office) == [("identity", "fatima@example.org")]
    assert [await heard(office, days=6), await heard(office, days=1)] == [0, 1]
    after = await office.act(row, identify.ask_again)
    assert (after.lost, after.still_since, after.asked_at) == (None, row.still_since, office.clock())
    assert (await whom(office))[-1] == ("identity", ALICE)
    assert await heard(office, days=7) == 0
    await office.act(row, identify.record, Identity.DOCUMENT)
    with pytest.raises(Refused):
        await office.act(row, identify.ask_again)


async def test_a_question_that_did_not_arrive_is_no_ground_to_refuse_and_asked_anew_it_has_its_days(
    office: Office,
) -> None:
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=False)
    office.clock.forward(hours=25)
    await office.post()
    office.clock.forward(days=14)
    with pytest.raises(settle.NoGround):
        await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)
    asked = await office.act(row, identify.asked, Way.LETTER)
    assert (asked.asked_at, asked.lost) == (office.clock(), None)
    office.clock.forward(days=13)
    with pytest.raises(settle.NoGround):
        await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)
    office.clock.forward(days=1)
    assert (await office.act(row, settle.refuse, Refusal.NOT_IDENTIFIED, Way.LETTER)).state == State.ANSWERED


async def test_a_mail_that_was_deleted_as_too_old_is_told_as_one_that_did_not_arrive(office: Office) -> None:
    asked = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=False)
    longer = await office.act(await office.known(Kind.ACCESS), settle.extend, Delay.COMPLEX, Way.MAIL)
    answered = await office.carry_out(await office.known(Kind.ACCESS))
    office.clock.forward(hours=24)
    (job,) = [each for each in JOBS if each.name == "retain"]
    worker = Worker(office.house, Courier(office.house.settings, Mailbox()), clock=office.clock)
    assert "outbox 3" in await job.act(worker)
    lost = [(await office.look(each)).lost for each in (asked, longer)]
    assert (lost, (await office.look(answered)).state) == (["identity", "extended"], State.RETURNED)
    assert [each for each, _ in await whom(office)] == ["identity", "extended", "answer"]


async def test_an_earlier_question_that_did_not_arrive_is_nothing_to_hear_of(office: Office) -> None:
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=False)
    office.clock.forward(hours=20)
    await office.act(row, identify.ask_again)
    office.clock.forward(hours=5)
    await office.post()
    assert (await office.look(row)).lost is None


@pytest.mark.parametrize("suspends", [True, False])
async def test_who_says_nothing_for_a_fortnight_is_brought_up_each_week(
    office: Office, *, suspends: bool
) -> None:
    row = await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=suspends)
    times = [await heard(office, days=13), await heard(office, days=1), await heard(office, hours=2)]
    times += [await heard(office, days=7)]
    assert times == [0, 1, 0, 1]
    await office.act(row, identify.record, Identity.CALLED_BACK)
    assert await heard(office, days=7) == 0


async def test_word_that_it_takes_longer_that_does_not_arrive_is_told_in_another_way(office: Office) -> None:
    row = await office.act(await office.known(Kind.ACCESS), settle.extend, Delay.COMPLEX, Way.MAIL)
    office.clock.forward(hours=25)
    await office.post()
    assert (await office.look(row)).lost == "extended"
    assert await whom(office) == [("extended", "fatima@example.org")]
    assert await heard(office, days=7) == 1
    await office.act(row, settle.extended_again, Way.MAIL)
    assert (await whom(office))[-1] == ("extended", ALICE)
    office.clock.forward(hours=25)
    boxes = [await office.post() for _ in range(4)]  # on SQLite a round is one mail
    assert all(each.recipient != ALICE for box in boxes for each in box.letters())
    assert (await office.look(row)).lost == "extended"
    after = await office.act(row, settle.extended_again, Way.LETTER)
    assert after.lost is None
    with pytest.raises(Refused):
        await office.act(row, settle.extended_again, Way.LETTER)


async def test_a_restore_tells_officers_what_is_open_again_and_which_mail_was_dropped(
    on: Stage, clock: Clock, settings: Settings, backups: Backups
) -> None:
    office = Office(on, clock)
    gone = await office.known(Kind.ERASURE)
    asked = await office.act(await office.take(Kind.ACCESS, BOB), identify.ask, suspends=False)
    longer = await office.act(await office.take(Kind.ACCESS, BOB), settle.extend, Delay.COMPLEX, Way.MAIL)
    done = await office.carry_out(await office.known(Kind.OBJECTION, CHRIS))

    async def answered(_session: AsyncSession) -> None:
        await office.erase(gone)

    office.house = await restored(on, settings, backups, clock, answered)
    words = [(each["template"], each["address"]) for each in await office.mails()]
    assert ("restored", "fatima@example.org") in words
    assert (await office.look(gone)).state == State.KNOWN  # so there is something to look at
    lost = [(await office.look(each)).lost for each in (asked, longer, done)]
    assert lost == ["identity", "extended", None]
    assert await heard(office, minutes=10) == 2
    assert await heard(office, days=2) == 1  # the answer
    await office.house.close()


@pytest.mark.parametrize("kind", [Kind.RESTRICTION, Kind.CORRECTION])
@pytest.mark.parametrize(("address", "subscribed"), [(ALICE, True), (CHRIS, False)])
async def test_who_has_no_subscription_does_not_read_that_we_keep_or_change_one(
    office: Office, kind: Kind, address: str, *, subscribed: bool
) -> None:
    await office.carry_out(await office.known(kind, address))
    text = plain((await office.post()).letters()[0].content)
    assert ("voor geen van onze nieuwsbrieven aangemeld" in text) is not subscribed
    assert ("/mijn-gegevens" in text) is subscribed
    assert "Wij bewaren uw gegevens" not in text or subscribed


async def test_an_objection_is_not_said_to_hold_for_a_newsletter_that_comes_later(office: Office) -> None:
    await office.carry_out(await office.known(Kind.OBJECTION))
    text = plain((await office.post()).letters()[0].content)
    assert "geen van onze nieuwsbrieven meer" in text
    assert "Beginnen wij later een andere nieuwsbrief? Daarvoor geldt de blokkade niet" in text
    assert "laatste mail" not in text


async def test_the_answer_to_an_erasure_arrives_though_the_same_person_is_erased_once_more(
    office: Office,
) -> None:
    """Its certificate was in that mail alone; whatever else waits for the address goes."""
    row = await office.erase(await office.known(Kind.ERASURE))
    await office.act(await office.take(Kind.ACCESS), identify.ask, suspends=False)
    await office.carry_out(await office.known(Kind.PORTABILITY))
    house = office.house
    words: dict[str, Any] = {"ring": house.ring, "book": house.book, "actor": "reader", "now": office.clock()}
    async with house.database.unit_of_work() as session:
        again = await erase.erase(session, parse(ALICE.upper()), **words)
    assert (again.mails, len(again.overtaken)) == (2, 2)
    (letter,) = (await office.post()).letters()
    assert (letter.recipient, "/bewijs/" in plain(letter.content)) == (ALICE, True)
    after = await office.look(row)
    assert (after.state, after.address, await office.mails()) == (State.ANSWERED, None, [])
