"""An existing list comes in: who said yes and shows it, and nobody who left or asked for no mail."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select

from app.core.address import parse
from app.core.errors import Invalid
from app.domain import consent, farewell, ledger, subscriber
from app.domain.block import Ground
from app.domain.consent import Consent, Wording
from app.domain.ledger import Entry
from app.domain.outbox import Mail
from app.domain.subscriber import Subscriber
from app.features import erase, guard, intake
from app.features.intake import Desk, Kept, Line, Tally, Why
from tests import cast as people
from tests.cast import ALICE, BOB, CHRIS, Stage
from tests.conftest import Clock
from tests.features.restoring import watching
from tests.features.test_rotate import activate, moved
from tests.sending import until

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
HEAD = "address,consented_at,evidence\n"
SHEET = "sign-up sheet in folder 3"


def listed(*addresses: str, at: str = "2024-05-31", evidence: str = SHEET) -> str:
    return HEAD + "".join(f"{each},{at},{evidence}\n" for each in addresses)


def read(text: str, now: datetime = NOW) -> list[Line | Kept]:
    return list(intake.read(io.StringIO(text), zone=ZONE, now=now))


async def bring_in(on: Stage, text: str, now: datetime, *, dry: bool = False) -> Tally:
    house = on.house
    desk = Desk(house.database, house.book, house.ring, on.letter, dry=dry)
    return await intake.bring_in(desk, read(text, now), lambda _: None, now=now)


def outcome(tally: Tally) -> tuple[int, int, dict[int, Why]]:
    return tally.added, tally.already, {each.number: each.why for each in tally.told}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a@example.org,2024-05-31,", Why.EVIDENCE),
        ("a@example.org,2024-05-31,  ", Why.EVIDENCE),
        ("a@example.org,2024-05-31,-", Why.EVIDENCE),
        (f"a@example.org,2024-05-31,{'x' * 501}", Why.LENGTH),
        ("a@example.org,2024-05-31,mail from b@example.org", Why.PERSON),
        *(
            (f"a@example.org,2024-05-31,lijst van {each}", Why.PERSON)
            for each in (
                "b%40example.org",
                "b(at)example.org",
                "b [at] example (dot) org",
                "b at example.org",
                "b apenstaartje example punt nl",
                "b<AT>example.org",
                "b\uff20example.org",
                "b (a\u200bt) example.org",
                "b@localhost",
                "06-12345678",
                "06 - 123 456 78",
                "(070) 123 45 67",
                "+31 (0)6 1234 5678",
                "0031 6 12345678",
            )
        ),
        (f"a@example.org,,{SHEET}", Why.MOMENT),
        (f"a@example.org,31-05-2024,{SHEET}", Why.MOMENT),
        (f"a@example.org,0001-01-01,{SHEET}", Why.MOMENT),
        (f"a@example.org,9999-12-31T23:59-05:00,{SHEET}", Why.MOMENT),
        (f"a@example.org,2026-11-16T10:01,{SHEET}", Why.FUTURE),
        (f"a@example.org,2026-11-17,{SHEET}", Why.FUTURE),
        (f"nobody,2024-05-31,{SHEET}", Why.ADDRESS),
        (f",2024-05-31,{SHEET}", Why.ADDRESS),
        (f"<a@example.org>,2024-05-31,{SHEET}", Why.ADDRESS),
        ("a@example.org,2024-05-31", Why.FORM),
        (f"a@example.org,2024-05-31,{SHEET},more", Why.FORM),
        (f"a@example.org;2024-05-31;{SHEET}", Why.FORM),
    ],
)
def test_a_line_that_proves_nothing_is_told_by_its_number(line: str, why: Why) -> None:
    assert read(f"{HEAD}{line}\n") == [Kept(2, why)]


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2024-05-31", datetime(2024, 5, 30, 22, tzinfo=UTC)),
        ("2024-12-31", datetime(2024, 12, 30, 23, tzinfo=UTC)),
        ("2024-05-31T14:30", datetime(2024, 5, 31, 12, 30, tzinfo=UTC)),
        ("2024-05-31T14:30:00+05:00", datetime(2024, 5, 31, 9, 30, tzinfo=UTC)),
        ("2024-05-31T14:30Z", datetime(2024, 5, 31, 14, 30, tzinfo=UTC)),
        ("2026-11-16T10:00", NOW),
    ],
)
def test_a_moment_without_a_zone_is_dutch_and_a_day_is_its_beginning(said: str, at: datetime) -> None:
    (found,) = read(listed("a@example.org", at=said))
    assert isinstance(found, Line)
    assert found.at == at


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    text = f'{HEAD}a@example.org,2024-05-31,"{SHEET}\nand the next page"\n\nb@example.org,2024-05-31,\n'
    first, second = read(text)
    assert (first.number, second) == (2, Kept(5, Why.EVIDENCE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first line must be"),
        ("email,date,proof\na@example.org,2024-05-31,x\n", "the first line must be"),
        (f'{listed("a@example.org")}b@example.org,2024-05-31,"open\n', "after line 2: this is not CSV"),
        (f"{listed('a@example.org')}{'b' * 5000}", "after line 2: this is not CSV"),
    ],
)
def test_what_is_no_such_list_is_refused_and_nothing_of_it_repeated(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        read(text)
    assert "example.org" not in str(refused.value)


async def test_who_said_yes_is_subscribed_with_the_proof_and_nobody_is_mailed(
    cast: Stage, clock: Clock
) -> None:
    tally = await bring_in(cast, listed("Dora@Example.org", "erik@example.org"), clock())
    assert outcome(tally) == (2, 0, {})
    row = await cast.find("dora@example.org")
    assert row is not None
    assert subscriber.opened(cast.house.ring, row).typed == "Dora@Example.org"
    assert (row.language, row.confirmed_at) == ("nl", datetime(2024, 5, 30, 22, tzinfo=UTC))
    async with cast.house.database.reading() as session:
        known = consent.proofs(cast.house.ring, cast.letter.id, parse("dora@example.org"))
        (proof,) = await consent.of(session, known)
        assert (proof.event, proof.at, proof.ended_at) == ("imported", row.confirmed_at, None)
        assert (await session.get_one(Wording, proof.wording_id)).text == SHEET
        assert await session.scalar(select(func.count()).select_from(Mail)) == 0


async def test_the_same_list_again_changes_nothing_and_twice_in_it_is_once(cast: Stage, clock: Clock) -> None:
    text = listed("dora@example.org", "DORA@example.org", ALICE)
    assert outcome(await bring_in(cast, text, clock())) == (1, 2, {})
    assert outcome(await bring_in(cast, text, clock())) == (0, 3, {})
    async with cast.house.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(Subscriber)) == 2
        imported = select(func.count()).where(Consent.event == consent.Event.IMPORTED)
        assert await session.scalar(imported) == 1


@pytest.mark.parametrize("ground", list(Ground))
async def test_who_asked_for_no_mail_stays_out_whatever_the_list_says(
    cast: Stage, clock: Clock, ground: Ground
) -> None:
    house = cast.house
    async with house.database.unit_of_work() as session:
        words = {"ring": house.ring, "book": house.book}
        await farewell.block_address(session, cast.letter.id, parse(BOB), ground, **words, now=clock())
    later = clock.forward(days=1)
    text = listed(BOB, at=later.isoformat())
    assert outcome(await bring_in(cast, text, later)) == (0, 0, {2: Why.BLOCKED})
    assert await cast.find(BOB) is None


async def test_who_left_stays_out_unless_the_yes_is_later(cast: Stage, clock: Clock) -> None:
    left_at = clock() - timedelta(days=10)
    same = listed(CHRIS, at=left_at.isoformat())
    assert outcome(await bring_in(cast, same, clock())) == (0, 0, {2: Why.ENDED})
    later = listed(CHRIS, at=(left_at + timedelta(seconds=1)).isoformat())
    assert outcome(await bring_in(cast, later, clock())) == (1, 0, {})
    assert await guard.replay(watching(cast.house), everything=True, now=clock()) == 0
    assert await cast.find(CHRIS) is not None


async def test_who_was_erased_stays_out_also_when_only_a_proof_was_left(cast: Stage, clock: Clock) -> None:
    words = {"ring": cast.house.ring, "book": cast.house.book, "actor": "fatima"}
    for address in (ALICE, CHRIS):
        async with cast.house.database.unit_of_work() as session:
            await erase.erase(session, parse(address), **words, now=clock())
    between = (clock() - timedelta(days=5)).isoformat()  # after chris left, before the erasure
    tally = await bring_in(cast, listed(ALICE, CHRIS, at=between), clock())
    assert outcome(tally) == (0, 0, {2: Why.ENDED, 3: Why.ENDED})


async def test_while_a_proof_says_that_somebody_left_they_stay_out_without_the_ledger_entry(
    cast: Stage, clock: Clock
) -> None:
    async with cast.house.book.database.unit_of_work() as session:
        await session.execute(delete(Entry))
        await session.execute(delete(ledger.Head))
    assert outcome(await bring_in(cast, listed(CHRIS), clock())) == (0, 0, {2: Why.ENDED})


async def test_after_a_change_of_keys_all_of_them_are_known_again(cast: Stage, clock: Clock) -> None:
    house = cast.house
    async with house.database.unit_of_work() as session:
        words = {"ring": house.ring, "book": house.book, "now": clock()}
        await farewell.block_address(session, cast.letter.id, parse(BOB), Ground.OBJECTION, **words)
    await activate(house, clock())
    text = listed(ALICE, BOB, CHRIS)
    expected = (0, 1, {3: Why.BLOCKED, 4: Why.ENDED})
    assert outcome(await bring_in(cast, text, clock())) == expected  # alice is under the old key
    await moved(house)
    assert outcome(await bring_in(cast, text, clock())) == expected


async def test_a_look_beforehand_says_the_same_and_changes_nothing(cast: Stage, clock: Clock) -> None:
    async def wordings() -> int | None:
        async with cast.house.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(Wording))

    text, before = listed("dora@example.org", ALICE, CHRIS), await wordings()
    tally = await bring_in(cast, text, clock(), dry=True)
    assert outcome(tally) == (1, 1, {4: Why.ENDED})
    assert await cast.find("dora@example.org") is None
    assert await wordings() == before


async def test_it_goes_on_where_it_was_stopped(
    cast: Stage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BATCH", "SMALL"):
        monkeypatch.setattr(intake.take, name, 4)
    house, text = cast.house, listed(*(f"reader{number}@example.net" for number in range(10)))
    desk = Desk(house.database, house.book, house.ring, cast.letter)

    def stop(tally: Tally) -> None:
        if tally.lines == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await intake.bring_in(desk, read(text), stop, now=clock())
    assert outcome(await bring_in(cast, text, clock())) == (2, 8, {})


async def test_who_signs_up_in_that_very_moment_is_there_once(cast: Stage, clock: Clock) -> None:
    house = cast.house
    async with house.database.unit_of_work() as session:
        session.add(
            subscriber.new(house.ring, cast.letter.id, parse(BOB), language="nl", confirmed_at=clock())
        )
        await session.flush()
        coming = asyncio.create_task(bring_in(cast, listed(BOB, "dora@example.org"), clock()))
        if house.database.postgres:  # on SQLite every writer waits, and finds bob then

            async def waiting() -> bool:
                async with house.database.reading() as looking:
                    query = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
                    connection = await looking.connection()
                    return bool((await connection.exec_driver_sql(query)).scalar_one())

            await until(waiting)
    assert outcome(await coming) == (1, 1, {})


async def test_no_report_shows_an_address(cast: Stage, clock: Clock) -> None:
    tally = await bring_in(cast, listed("dora@example.org", CHRIS, "nobody"), clock())
    assert "example" not in f"{tally} {read(listed('dora@example.org'))}"
    assert people.CHRIS not in repr(tally)
