"""A data breach: its 72 hours, what must be decided, and a notice that two people send by the engine."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.errors import IllegalMove, Invalid, Refused
from app.core.language import LANGUAGES
from app.domain import breach, edition, extent, issue
from app.domain import house as houses
from app.domain.audit import Record
from app.domain.breach import Advice, Breach, Effect, Keys, Late, Measure, Nature, Risk, State
from app.domain.content import Text
from app.domain.subscriber import Subscriber
from app.features import approve, compose, guard, schedule
from app.features import remind as reminding
from app.features.breach import notice, record, remind, words
from app.features.breach.record import Facts
from tests.cast import ALICE, Stage, join
from tests.conftest import Clock
from tests.sending import over, reached, send, working
from tests.servers.smtp import Server

SLUG = "weerbaar-bestuur"


class Case:
    """A breach, and what people do about it."""

    def __init__(self, on: Stage, clock: Clock) -> None:
        self.on, self.clock, self.house = on, clock, on.house
        self.id = UUID(int=0)

    def facts(self, **changed: Any) -> Facts:
        given: dict[str, Any] = {
            "aware_at": self.clock(),
            "nature": Nature.BACKUP,
            "keys": Keys.NO,
            "letters": [SLUG],
            "people": None,
            "data": ["subscriber", "consent"],
            "effects": list(Effect),
            "measures": list(Measure),
            "risk": Risk.HIGH,
        }
        return Facts(**{**given, **changed})

    async def begin(self, **changed: Any) -> Breach:
        async with self.house.database.unit_of_work() as session:
            row = await record.record(session, self.facts(**changed), actor="fatima", now=self.clock())
        self.id = row.id
        return row

    async def plan(self, issue_id: UUID) -> None:
        """The mail is compiled, and goes out in ten minutes."""
        tools: dict[str, Any] = {"ring": self.house.ring, "base_url": "https://bode.example.org"}
        async with self.house.database.unit_of_work() as session:
            row = await issue.get(session, issue_id, lock=True)
            await approve.approve(session, row, approver="ada", now=self.clock(), **tools)
            await schedule.soon(session, row, actor="ada", now=self.clock())

    async def act(self, verb: Any, *given: Any, actor: str = "fatima", **named: Any) -> Any:
        async with self.house.database.unit_of_work() as session:
            row = await breach.by_id(session, self.id, lock=True)
            return await verb(session, row, *given, actor=actor, now=self.clock(), **named)

    async def look(self) -> Breach:
        async with self.house.database.reading() as session:
            return await breach.by_id(session, self.id)

    async def remind(self) -> int:
        ring, base = self.house.ring, "https://bode.example.org"
        async with self.house.database.unit_of_work() as session:
            return await remind.remind(session, ring=ring, base_url=base, now=self.clock())

    async def seen(self) -> str:
        async with self.house.database.reading() as session:
            row = await breach.by_id(session, self.id)
            return notice.fingerprint(await notice.contents(session, row))


@pytest.fixture
def case(cast: Stage, clock: Clock) -> Case:
    return Case(cast, clock)


async def test_what_the_service_knows_is_filled_in(case: Case) -> None:
    row = await case.begin()
    assert (row.letters, row.people, row.state) == ({SLUG: 1}, 1, State.OPEN)
    assert row.due_at == case.clock() + timedelta(hours=72)
    await case.act(record.amend, case.facts(people=0, keys=Keys.UNKNOWN))
    assert ((await case.look()).people, (await case.look()).keys) == (0, Keys.UNKNOWN)
    for wrong in ({"letters": []}, {"letters": ["x"]}, {"data": ["staff"]}):
        with pytest.raises(Invalid):
            await case.begin(**wrong)
    with pytest.raises(Invalid):
        await case.begin(aware_at=case.clock() + timedelta(minutes=1))
    assert {"subscriber", "delivery", "ledger_entry"} <= set(extent.kinds())


async def test_each_warning_comes_once_until_it_is_reported(case: Case) -> None:
    await case.begin()
    told = []
    for _ in range(75):
        told += [await case.remind(), await case.remind()]
        case.clock.forward(hours=1)
    assert [hour // 2 for hour, count in enumerate(told) if count] == [24, 48, 66, 73]
    assert set(told) == {0, 2}  # the officer and the supervisor
    await case.act(record.amend, case.facts())  # it became known only now: other hours
    assert [await case.remind() for _ in range(2)] == [0, 0]
    case.clock.forward(hours=24)
    assert [await case.remind() for _ in range(2)] == [2, 0]
    await case.act(record.report, case.clock(), None)
    case.clock.forward(hours=72)
    assert await case.remind() == 0


async def test_a_report_after_72_hours_says_why(case: Case) -> None:
    await case.begin()
    case.clock.forward(hours=72)
    assert (await case.look()).left(case.clock()) == 0
    case.clock.forward(minutes=1)
    with pytest.raises(record.NeedsReason):
        await case.act(record.report, case.clock(), None)
    await case.act(record.report, case.clock(), Late.PROCESSOR)
    row = await case.look()
    assert (row.state, row.late, row.reported_at) == (State.REPORTED, Late.PROCESSOR, case.clock())
    with pytest.raises(IllegalMove):
        await case.act(record.report, case.clock(), Late.PROCESSOR)


async def test_what_is_a_risk_is_reported_and_at_a_high_one_people_are_told_first(case: Case) -> None:
    await case.begin()
    with pytest.raises(record.RiskFirst):
        await case.act(record.leave_out)
    await case.act(record.report, case.clock(), None)
    with pytest.raises(record.PeopleFirst):
        await case.act(record.close)
    await case.act(record.amend, case.facts(risk=Risk.LIKELY))
    await case.act(record.close)
    assert (await case.look()).closed_at == case.clock()
    await case.begin(risk=Risk.UNLIKELY)
    await case.act(record.leave_out)
    assert (await case.look()).state == State.UNREPORTED


async def test_two_people_send_the_notice_by_the_engine_that_sends_issues(case: Case) -> None:
    await case.begin()
    with pytest.raises(Refused):  # an editor does not write it
        await case.act(notice.write, [Advice.SUSPECT_MAIL], actor="dana")
    await case.act(notice.write, list(Advice))
    for who, what in (("fatima", notice.Alone), ("emre", Refused), ("joost", Refused)):
        with pytest.raises(what):
            await case.act(notice.approve, await case.seen(), actor=who)
    old = await case.seen()
    await case.act(notice.write, [Advice.SUSPECT_MAIL])
    with pytest.raises(notice.Changed):
        await case.act(notice.approve, old, actor="ada")
    (made,) = await case.act(notice.approve, await case.seen(), actor="ada")
    async with case.house.database.unit_of_work() as session:
        row = await issue.get(session, made.id, lock=True)
        tools: dict[str, Any] = {"ring": case.house.ring, "base_url": "https://bode.example.org"}
        with pytest.raises(Refused):  # who approves issues does not approve this
            await approve.approve(session, row, approver="emre", now=case.clock(), **tools)
    await case.plan(made.id)
    async with case.house.database.reading() as session:
        row = await issue.get(session, made.id)
        assert (row.state, row.notice, row.period) == (issue.State.SCHEDULED, True, None)
        assert set(await issue.frozen(session, made.id)) == set(LANGUAGES)
    assert (await case.look()).issues == {SLUG: made.id.hex}
    with pytest.raises(notice.Twice):
        await case.act(notice.write, [Advice.SUSPECT_MAIL])


async def test_a_notice_of_facts_that_changed_before_it_began_does_not_go_out(case: Case) -> None:
    await case.begin()
    await case.act(notice.write, [Advice.SUSPECT_MAIL])
    (old,) = await case.act(notice.approve, await case.seen(), actor="ada")
    await case.plan(old.id)
    await case.act(record.amend, case.facts(keys=Keys.YES))
    async with case.house.database.reading() as session:
        assert (await issue.get(session, old.id)).state == issue.State.CANCELLED
    await case.act(notice.write, [Advice.SUSPECT_MAIL])
    (made,) = await case.act(notice.approve, await case.seen(), actor="ada")
    for accepted in (0, 1):  # given up for everybody, it told nobody
        async with case.house.database.unit_of_work() as session:
            sent = await issue.get(session, made.id)
            sent.state, sent.accepted, sent.given_up = issue.State.SENT, accepted, 1
            assert await breach.told(session, await breach.by_id(session, case.id)) is bool(accepted)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_every_reader_gets_it_and_officers_the_final_mail_before(case: Case) -> None:
    """Also who takes a break, and who had use restricted: the law wants them told (Art. 34)."""
    quiet = {"pauses@example.org": "paused_until", "restricted@example.org": "restricted_at"}
    for address, column in quiet.items():
        row = await join(case.house, case.on.letter, address, case.clock())
        async with case.house.database.unit_of_work() as session:
            setattr(await session.get_one(Subscriber, row.seq), column, houses.now() + timedelta(days=30))
    await case.begin()
    await case.act(notice.write, list(Advice))
    (made,) = await case.act(notice.approve, await case.seen(), actor="ada")
    await case.plan(made.id)
    house = case.house
    async with house.database.unit_of_work() as session:
        told = await reminding.preview(session, ring=house.ring, now=case.clock())
    assert told == len(["dana", "emre", "fatima", "ada"])
    await send(house, made.id)
    async with Server(keep=True) as server, working(over(house, server.url)):
        await reached(house, made.id, issue.State.SENT)
        (copy,) = server.received.recipients[ALICE]
        assert set(server.received.recipients) >= {ALICE, *quiet}
    parsed = message_from_bytes(copy.letter, policy=policy.default)
    assert parsed["Subject"] == "Datalek: wat er met uw gegevens is gebeurd"
    said = parsed.get_body(("plain",))
    assert said is not None
    assert "De sleutels om ze te lezen zijn niet gelekt." in " ".join(said.get_content().split())


async def test_a_notice_says_what_was_done_or_is_not_approved(case: Case) -> None:
    for lacking in ({"measures": []}, {"effects": []}):
        await case.begin(**lacking)
        await case.act(notice.write, list(Advice))
        with pytest.raises(notice.Unfinished):
            await case.act(notice.approve, await case.seen(), actor="ada")


async def test_a_notice_that_a_restore_made_void_is_approved_anew(case: Case) -> None:
    await case.begin()
    await case.act(record.report, case.clock(), None)
    await case.act(notice.write, list(Advice))
    (old,) = await case.act(notice.approve, await case.seen(), actor="ada")
    async with case.house.database.unit_of_work() as session:
        await guard.hold(session, "restored", ring=case.house.ring, now=case.clock())
    with pytest.raises(record.PeopleFirst):  # nobody was told
        await case.act(record.close)
    await case.act(record.amend, case.facts(nature=Nature.INSIDE), actor="ada")
    with pytest.raises(Refused):  # she alone has seen what it says now
        await case.act(notice.approve, await case.seen(), actor="ada")
    await case.act(notice.write, list(Advice))
    (made,) = await case.act(notice.approve, await case.seen(), actor="ada")
    async with case.house.database.unit_of_work() as session:
        assert (await issue.get(session, old.id)).state == issue.State.CANCELLED
        row = await issue.get(session, made.id)
        row.state, row.started_at, row.digest = issue.State.SENDING, case.clock(), "0" * 64
    assert (await case.look()).issues == {SLUG: made.id.hex}
    with pytest.raises(notice.Twice):
        await case.act(notice.approve, await case.seen(), actor="ada")
    for state, said in ((issue.State.PAUSED, False), (issue.State.SENT, True)):  # stopped, it told nobody
        async with case.house.database.unit_of_work() as session:
            (await issue.get(session, made.id)).state = state
            assert await breach.told(session, await breach.by_id(session, case.id)) is said
    await case.act(record.close)


async def test_a_notice_is_no_example_for_the_next_issue(case: Case) -> None:
    await case.begin()
    await case.act(notice.write, list(Advice))
    await case.act(notice.approve, await case.seen(), actor="ada")
    async with case.house.database.unit_of_work() as session:
        made = await compose.start(session, case.on.letter, author="dana", now=case.clock())
        (text,) = (await edition.typed(session, made.id)).values()
    assert "heading" not in [piece.kind for piece in text.pieces]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_every_choice_has_its_words_in_both_languages(case: Case) -> None:
    row = await case.begin()
    row.advice = list(Advice)
    said = {}
    for nature in Nature:
        row.nature = nature
        for website in (False, True):
            for each in LANGUAGES:
                found = words.told(row, case.on.letter, each, website=website)
                texts = [found.subject, found.preheader, found.intro]
                texts += [block.markdown for block in found.blocks if isinstance(block, Text)]
                said.setdefault(each, []).extend(line for text in texts for line in text.splitlines() if line)
    assert len(said["nl"]) == len(said["en"]) > 200
    assert not set(said["nl"]) & set(said["en"])


async def test_each_step_is_on_record_and_says_nothing_of_anybody(case: Case) -> None:
    row = await case.begin()
    await case.act(record.report, case.clock(), None)
    await case.act(notice.write, [Advice.SUSPECT_MAIL])
    async with case.house.database.reading() as session:
        query = select(Record).where(Record.event.startswith("breach.")).order_by(Record.seq)
        found = [(each.event, each.about, each.reason) for each in await session.scalars(query)]
    assert [each[0] for each in found] == ["breach.recorded", "breach.reported", "breach.notice_written"]
    assert {each[1] for each in found} == {f"breach {row.number}"}
    assert found[0][2] == "backup, keys no, risk high"
