"""Being forgotten: said beforehand, done at once, in every newsletter, and finished without the ledger."""

from __future__ import annotations

import json
import re

from sqlalchemy import select, update

from app.core.address import parse
from app.core.errors import BookClosed
from app.domain import consent, newsletter, service
from app.domain.audit import Record
from app.domain.delivery import Delivery
from app.domain.subscriber import Subscriber
from app.features import guard
from tests import cast as people
from tests.cast import ALICE, BOB
from tests.features.restoring import watching
from tests.web.conftest import SLUG, Site
from tests.web.test_mydata import sent
from tests.web.test_signup import another


async def test_erasing_says_what_goes_and_stays_and_then_nothing_is_left(site: Site) -> None:
    await sent(site, number=1)
    await site.post(f"/nl/{SLUG}", data={"address": ALICE})
    token = site.mydata()
    page = await site.get(f"/gegevens/{token}/wissen")
    assert "Bewijs van uw ja" in page.text
    assert "42 dagen" in page.text
    done = await site.post(f"/gegevens/{token}/wissen")
    assert done.status_code == 200
    assert "zijn verwijderd" in done.text or "is verwijderd" in done.text
    house, letter = site.house, site.stage.letter
    async with house.database.reading() as session:
        known = consent.proofs(house.ring, letter.id, parse(ALICE))
        assert await consent.of(session, known) == []
        whose = select(Delivery).where(Delivery.subscriber_id == site.stage.alice.id)
        assert await session.scalar(whose) is None
        actors = await session.scalars(select(Record.actor).where(Record.event == "subscriber.erased"))
        assert list(actors) == ["reader"]
    held = await site.holds()
    assert site.stage.alice.id.hex not in repr(held)
    assert len(held["outbox"]) == 0
    assert (await site.get(f"/gegevens/{token}")).status_code == 410
    assert (await site.post(f"/gegevens/{token}/wissen")).status_code == 410


async def test_erasing_covers_every_newsletter_of_the_address(site: Site) -> None:
    await another(site)
    async with site.house.database.reading() as session:
        second = await newsletter.by_slug(session, "tweede")
    await people.join(site.house, second, ALICE, site.clock())
    await people.join(site.house, second, BOB, site.clock())
    file = json.loads((await site.get(f"/gegevens/{site.mydata()}/json")).text)
    assert [each["newsletter"] for each in file["newsletters"]] == ["Weerbaar Bestuur", "Tweede brief"]
    await site.post(f"/gegevens/{site.mydata()}/wissen")
    held = await site.holds()
    assert len(held["subscriber"]) == 1


async def accepted(site: Site) -> str:
    """Alice erases herself while the ledger is away, and it comes back; where she gets her certificate."""
    write = site.house.book.write

    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.write = away  # type: ignore[method-assign]
    answer = await site.post(f"/my-data/{site.mydata()}/erase")
    assert answer.status_code == 200
    assert "Your request has been accepted" in answer.text
    assert await site.stage.find(ALICE) is None
    found = re.search(r'href="(/collect-certificate/[^"]+)"', answer.text)
    assert found
    waits = await site.get(found[1])
    assert (waits.status_code, waits.headers["retry-after"]) == (503, "60")
    site.house.book.write = write  # type: ignore[method-assign]
    return found[1]


async def test_erasing_says_accepted_while_the_ledger_is_away_and_the_certificate_can_be_had_later(
    site: Site,
) -> None:
    began = site.clock()
    link = await accepted(site)
    before = await site.holds()
    site.clock.forward(hours=3)
    await guard.flush_pending(watching(site.house))
    there = await site.get(link)
    assert there.status_code == 303
    path = there.headers["location"]
    assert "This certificate is genuine" in (await site.get(path)).text
    proof = (await site.get(f"{path}/json")).json()
    assert proof["erasedAt"] == began.isoformat().replace("+00:00", "Z")
    assert (proof["removed"]["subscriptions"], len(proof["ledger"])) == (1, 2)
    assert "is about the address that you typed" in (await site.post(path, data={"address": ALICE})).text
    # Nothing was kept for it: all that went to the ledger is what goes there for every end.
    after = await site.holds()
    known = ("pending_end", "ledger_entry", "ledger_head", "throttle_window", "throttle_count")
    assert [each for each in after if after[each] != before[each] and each not in known] == []
    assert after["pending_end"] == []


async def test_a_certificate_that_nobody_came_for_or_that_a_restore_made_unsure_is_not_made(
    site: Site,
) -> None:
    link = await accepted(site)
    await guard.flush_pending(watching(site.house))
    site.clock.forward(days=30)
    assert (await site.get(link)).status_code == 303
    site.clock.forward(minutes=1)
    late = await site.get(link)
    assert late.status_code == 410
    assert "Your data stays deleted" in late.text
    site.clock.forward(days=-29)
    async with site.house.database.unit_of_work() as session:
        (await service.state(session)).void_before = site.clock()
    unsure = await site.get(link)
    assert unsure.status_code == 410
    assert "had to put back a backup" in unsure.text
    assert (await site.get(f"{link}x")).status_code == 404


async def test_whose_stored_address_is_damaged_types_it_and_is_erased_all_the_same(site: Site) -> None:
    own = f"/gegevens/{site.mydata()}"
    async with site.house.database.unit_of_work() as session:
        await session.execute(update(Subscriber).values(address=b"a broken disk"))
    led = await site.get(own)
    assert (led.status_code, led.headers["location"]) == (303, f"{own}/wissen")
    assert "is beschadigd" in (await site.get(f"{own}/wissen")).text
    for typed in ("", "alice", BOB):
        wrong = await site.post(f"{own}/wissen", data={"address": typed})
        assert (wrong.status_code, 'id="address-error"' in wrong.text) == (400, True)
        assert f'value="{typed}"' in wrong.text
    assert await site.stage.find(ALICE) is not None
    done = await site.post(f"{own}/wissen", data={"address": ALICE})
    assert (done.status_code, "zijn verwijderd" in done.text) == (200, True)
    assert await site.stage.find(ALICE) is None
    async with site.house.database.reading() as session:
        known = consent.proofs(site.house.ring, site.stage.letter.id, parse(ALICE))
        assert await consent.of(session, known) == []
