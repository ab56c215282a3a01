"""A reader moves to another address: the new one says yes, the old one goes, and nobody learns of either."""

from __future__ import annotations

from app.domain import service
from tests import cast as people
from tests.cast import ALICE, BOB
from tests.web.conftest import Site

NEW = "alice.new@example.net"


async def test_a_new_address_says_yes_first_and_then_the_old_one_goes(site: Site) -> None:
    answer = await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    assert answer.status_code == 200
    assert "24 uur" in answer.text
    token = await site.moving(NEW)
    page = await site.get(f"/adres/{token}")
    assert page.status_code == 200
    assert NEW not in page.text
    assert await site.stage.find(NEW) is None
    site.clock.forward(hours=24)
    done = await site.post(f"/adres/{token}")
    assert done.status_code == 200
    assert await site.stage.find(ALICE) is None
    row = await site.stage.find(NEW)
    assert row is not None
    (held,) = (await site.get(f"/gegevens/{site.mydata(row)}/json")).json()["newsletters"]
    requested, confirmed = held["proofs"]
    assert (requested["text"], "Gebruik mijn nieuwe adres" in confirmed["text"]) == (None, True)
    assert [each["purpose"] for each in await site.mails()] == ["address", "moved"]
    twice = await site.post(f"/adres/{token}")
    assert twice.status_code == 410
    assert "al gebruikt" in twice.text


async def test_a_link_mailed_to_the_old_address_opens_nothing_once_there_is_a_new_one(site: Site) -> None:
    """Who reads the old mailbox, which may be why its owner left it, does not see where they went."""
    old = site.mydata()
    await site.post(f"/gegevens/{old}/adres", data={"address": NEW})
    site.clock.forward(minutes=1)
    assert (await site.post(f"/adres/{await site.moving(NEW)}")).status_code == 200
    for answer in (
        await site.get(f"/gegevens/{old}"),
        await site.get(f"/gegevens/{old}/json"),
        await site.post(f"/gegevens/{old}/stoppen"),
        await site.post(f"/gegevens/{old}/wissen"),
    ):
        assert answer.status_code == 410
        assert NEW not in answer.text
    assert await site.stage.find(NEW) is not None


async def test_a_mistyped_new_address_loses_its_link_when_the_right_one_said_yes(site: Site) -> None:
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": BOB})
    mistyped = await site.moving(BOB)
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    site.clock.forward(minutes=1)
    assert (await site.post(f"/adres/{await site.moving(NEW)}")).status_code == 200
    for late in (await site.get(f"/adres/{mistyped}"), await site.post(f"/adres/{mistyped}")):
        assert late.status_code == 410
    assert await site.stage.find(NEW) is not None
    assert await site.stage.find(BOB) is None


async def test_a_link_to_a_new_address_does_not_work_late_or_after_leaving(site: Site) -> None:
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    token = await site.moving(NEW)
    site.clock.forward(hours=24, seconds=1)
    assert (await site.post(f"/address/{token}")).status_code == 410
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    token = await site.moving(NEW)
    await site.post(f"/afmelden/{site.leaving()}/nu")
    assert (await site.post(f"/address/{token}")).status_code == 410
    assert await site.stage.find(NEW) is None


async def test_a_link_to_a_new_address_is_void_when_it_left_or_was_blocked_since(site: Site) -> None:
    new = await people.join(site.house, site.stage.letter, NEW, site.clock())
    for ends in (f"/afmelden/{site.leaving(new)}/nu", f"/niet-ik/{site.not_me(NEW)}"):
        site.clock.forward(minutes=1)
        await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
        token = await site.moving(NEW)
        site.clock.forward(minutes=1)
        await site.post(ends)
        for answer in (await site.get(f"/adres/{token}"), await site.post(f"/adres/{token}")):
            assert answer.status_code == 410
            assert "werkt niet meer" in answer.text
    assert await site.stage.find(NEW) is None
    assert await site.stage.find(ALICE) is not None


async def test_a_link_to_a_new_address_from_before_a_restore_is_void(site: Site) -> None:
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": NEW})
    token = await site.moving(NEW)
    async with site.house.database.unit_of_work() as session:
        (await service.state(session)).void_before = site.clock.forward(minutes=1)
    assert (await site.post(f"/adres/{token}")).status_code == 410
    assert await site.stage.find(ALICE) is not None


async def test_moving_answers_the_same_whoever_has_the_new_address(site: Site) -> None:
    await people.join(site.house, site.stage.letter, BOB, site.clock())
    answers = [
        await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": each})
        for each in (BOB, NEW, ALICE, "chris@example.org")
    ]
    assert len({each.content for each in answers}) == 1


async def test_a_wrong_new_address_is_told_at_the_field(site: Site) -> None:
    answer = await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": "alice"})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert 'value="alice"' in answer.text
    assert await site.mails() == []
