"""Coming in and getting what one comes in with: each code and each link counts once, also for two at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pyotp
import pytest
from sqlalchemy import func, select

from app.core.errors import LinkProblem, Refused
from app.domain import invitation, recovery, session, staff
from app.domain.invitation import Purpose
from app.domain.session import Stay
from app.domain.staff import Role, Staff
from app.features import enroll, enter
from app.features.enroll import Chosen, Desk
from app.features.enter import Attempt
from tests.cast import Stage
from tests.conftest import Clock

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def desk(on: Stage, clock: Clock) -> Desk:
    return Desk("ada", "https://bode.example.org", on.house.ring, clock())


async def enrolled(on: Stage) -> tuple[Staff, list[str]]:
    """Dana has a second factor."""
    async with on.house.database.unit_of_work() as db:
        dana = await staff.named(db, "dana")
        staff.seal_factor(on.house.ring, dana, SECRET)
        return dana, await recovery.renew(db, dana.id, dana.created_at)


async def come_in(on: Stage, clock: Clock, code: str) -> bool:
    async with on.house.database.unit_of_work() as db:
        attempt = Attempt("dana", code, "192.0.2.1", None)
        return bool(await enter.enter(db, attempt, right=True, ring=on.house.ring, now=clock()))


async def test_a_code_of_the_app_and_a_recovery_code_each_open_once(cast: Stage, clock: Clock) -> None:
    _, codes = await enrolled(cast)
    for code in (pyotp.TOTP(SECRET).at(clock()), codes[0]):
        both = await asyncio.gather(*(come_in(cast, clock, code) for _ in range(2)))
        assert sorted(both) == [False, True]
        assert not await come_in(cast, clock, code)


async def test_an_older_code_does_not_count_after_a_newer_one(cast: Stage, clock: Clock) -> None:
    await enrolled(cast)
    before = pyotp.TOTP(SECRET).at(clock())
    clock.forward(seconds=30)
    assert await come_in(cast, clock, pyotp.TOTP(SECRET).at(clock()))
    assert not await come_in(cast, clock, before)


async def link(on: Stage, clock: Clock, purpose: Purpose) -> str:
    """The text in a link that was just mailed."""
    async with on.house.database.unit_of_work() as db:
        return await invitation.make(db, (await staff.named(db, "dana")).id, purpose, clock())


async def choose(on: Stage, clock: Clock, token: str, chosen: Chosen) -> list[str] | None:
    async with on.house.database.unit_of_work() as db:
        row, person = await invitation.opened(db, token, clock())
        return await enroll.accept(db, row, person, chosen, ring=on.house.ring, now=clock())


async def test_an_invitation_is_used_once_by_whoever_is_first(cast: Stage, clock: Clock) -> None:
    token = await link(cast, clock, Purpose.INVITED)
    chosen = Chosen("hash", False, SECRET, pyotp.TOTP(SECRET).at(clock()))
    ended = await asyncio.gather(
        *(choose(cast, clock, token, chosen) for _ in range(2)), return_exceptions=True
    )
    assert [type(each) for each in ended if not isinstance(each, list)] == [LinkProblem]
    assert [len(each) for each in ended if isinstance(each, list)] == [10]


@pytest.mark.parametrize("purpose", list(Purpose))
async def test_a_link_works_for_its_time_and_not_when_a_newer_one_was_mailed(
    cast: Stage, clock: Clock, purpose: Purpose
) -> None:
    first = await link(cast, clock, purpose)
    second = await link(cast, clock, purpose)
    async with cast.house.database.reading() as db:
        with pytest.raises(LinkProblem, match="void"):
            await invitation.opened(db, first, clock())
        await invitation.opened(db, second, clock())
        clock.time += invitation.LIVES[purpose]
        with pytest.raises(LinkProblem, match="expired"):
            await invitation.opened(db, second, clock())


async def test_each_link_opens_only_what_it_is_for(cast: Stage, clock: Clock) -> None:
    """A forgotten password still needs the second factor; a lost second factor still needs the password."""
    await enrolled(cast)
    right = pyotp.TOTP(SECRET).at(clock())
    other = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"
    fresh = pyotp.TOTP(other).at(clock())
    password = await link(cast, clock, Purpose.PASSWORD)
    assert await choose(cast, clock, password, Chosen("hash", True, other, fresh)) is None
    assert await choose(cast, clock, password, Chosen("hash", False, None, right)) == []
    factor = await link(cast, clock, Purpose.FACTOR)
    assert await choose(cast, clock, factor, Chosen(None, False, other, fresh)) is None
    assert await choose(cast, clock, factor, Chosen(None, True, other, right)) is None
    assert len(await choose(cast, clock, factor, Chosen(None, True, other, fresh)) or []) == 10


async def test_codes_cannot_be_guessed_behind_a_link(cast: Stage, clock: Clock) -> None:
    await enrolled(cast)
    token = await link(cast, clock, Purpose.PASSWORD)
    for _ in range(enroll.TRIES):
        assert await choose(cast, clock, token, Chosen("hash", False, None, "000000")) is None
    with pytest.raises(LinkProblem):
        await choose(cast, clock, token, Chosen("hash", False, None, pyotp.TOTP(SECRET).at(clock())))


async def test_choosing_anew_ends_every_session(cast: Stage, clock: Clock) -> None:
    dana, _ = await enrolled(cast)
    async with cast.house.database.unit_of_work() as db:
        session.begin(db, dana, "Firefox", clock())
    token = await link(cast, clock, Purpose.PASSWORD)
    await choose(cast, clock, token, Chosen("hash", False, None, pyotp.TOTP(SECRET).at(clock())))
    async with cast.house.database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Stay)) == 0


async def test_an_account_is_opened_with_an_invitation_and_a_closed_one_gets_none(
    cast: Stage, clock: Clock
) -> None:
    async with cast.house.database.unit_of_work() as db:
        new, mailed = await enroll.appoint(
            db, desk(cast, clock), name="gijs", address="gijs@example.org", roles=[Role.EDITOR], language="nl"
        )
        assert mailed
        assert new.password is None
        new.disabled_at = clock()
    async with cast.house.database.unit_of_work() as db:
        gijs = await staff.named(db, "gijs")
        with pytest.raises(Refused, match="closed"):
            await enroll.invite(db, desk(cast, clock), gijs, Purpose.INVITED)


async def test_two_administrators_who_invite_one_name_at_once_make_one_account(
    cast: Stage, clock: Clock
) -> None:
    async def invite(name: str) -> bool:
        try:
            async with cast.house.database.unit_of_work() as db:
                words: dict[str, Any] = {"address": "gijs@example.org", "roles": [Role.EDITOR]}
                await enroll.appoint(db, desk(cast, clock), name=name, language="nl", **words)
        except Refused:
            return False
        return True

    made = await asyncio.gather(*(invite(name) for name in ("gijs", "Gijs", "GIJS")))
    assert sorted(made) == [False, False, True]


async def test_accounts_of_before_that_differ_in_capitals_stay_two(cast: Stage, clock: Clock) -> None:
    """Each is found by its own name, neither by a third way, and somebody is told."""
    async with cast.house.database.unit_of_work() as db:
        dana = await staff.named(db, "dana")
        words = {"roles": ["editor"], "created_at": clock(), "address": dana.address}
        db.add(Staff(name="Dana", **words))
    async with cast.house.database.reading() as db:
        for name, found in (("dana", "dana"), ("Dana", "Dana"), ("EMRE", "emre"), ("DANA", None)):
            person = await staff.known_as(db, name)
            assert (person.name if person else None) == found
        assert await staff.doubles(db) == [["Dana", "dana"]]
