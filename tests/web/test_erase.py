"""Being forgotten: said beforehand, done at once, in every newsletter, and finished without the ledger."""

from __future__ import annotations

import json

from sqlalchemy import select

from app.core.address import parse
from app.core.errors import BookClosed
from app.domain import consent, newsletter
from app.domain.audit import Record
from app.domain.delivery import Delivery
from tests import cast as people
from tests.cast import ALICE, BOB
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


async def test_erasing_says_accepted_while_the_ledger_is_away(site: Site) -> None:
    async def away(*_: object) -> None:
        raise BookClosed

    site.house.book.write = away  # type: ignore[method-assign]
    answer = await site.post(f"/my-data/{site.mydata()}/erase")
    assert answer.status_code == 200
    assert "Your request has been accepted" in answer.text
    assert await site.stage.find(ALICE) is None
