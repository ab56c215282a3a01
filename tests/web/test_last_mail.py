"""Who erases themselves can have the certificate as one last mail; after it the address is gone too."""

from __future__ import annotations

import pytest

from app.domain import request
from app.domain.request import Identity, Kind, State
from app.mail.courier import Courier
from app.worker import Worker
from tests.cast import ALICE
from tests.features.test_request import plain
from tests.web.conftest import Site
from tests.web.test_carry_out import without_ledger, works
from tests.web.test_rights import rows

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def posted(site: Site) -> list[tuple[str, str]]:
    """The worker looks at what waits: for whom each mail is that leaves, and what it says."""
    carrier = Worker(site.house, Courier(site.house.settings, site.box), clock=site.clock).carrier()
    await carrier.round()
    await carrier._hang_up()
    return [(each.recipient, plain(each.content)) for each in site.box.letters()]


async def test_the_certificate_comes_as_one_last_mail_when_the_reader_wants_that(site: Site) -> None:
    page = f"/gegevens/{site.mydata()}/wissen"
    before = (await site.get(page)).text
    assert "Mail mij dit bewijs als laatste bericht" in before
    assert "checked" not in before
    done = (await site.post(page, data={"mail": "yes"})).text
    (row,) = await rows(site)
    assert "binnen een paar minuten weg" in done
    assert f"Het nummer van de mail is {row.number}" in done
    assert 'href="/bewijs/' in done  # and on screen
    assert (row.kind, row.state, row.identity, row.subject) == (
        Kind.ERASURE,
        State.DONE,
        Identity.LINK,
        None,
    )
    assert request.opened(site.house.ring, row).typed == ALICE
    (mail,) = await site.mails()
    path = mail["words"]["link_url"].removeprefix(site.house.settings.base_url)
    assert "gaat over het adres" in (await site.post(path, data={"address": ALICE})).text
    ((to, said),) = await posted(site)
    assert (to, "Achter de link staat een bewijs" in said) == (ALICE, True)
    (row,) = await rows(site)
    assert (row.state, row.address, await site.mails()) == (State.ANSWERED, None, [])


async def test_who_ticks_nothing_is_mailed_nothing(site: Site) -> None:
    done = (await site.post(f"/gegevens/{site.mydata()}/wissen")).text
    assert "Wij sturen hierover geen mail" in done
    assert (await rows(site), await site.mails()) == ([], [])


async def test_a_last_mail_that_nobody_takes_for_a_day_is_given_up_and_the_address_goes(site: Site) -> None:
    """There is nobody to write to: officers hear nothing, and the reader had it on screen."""
    await site.post(f"/gegevens/{site.mydata()}/wissen", data={"mail": "yes"})
    site.clock.forward(hours=24, seconds=1)
    assert await posted(site) == []
    (row,) = await rows(site)
    assert (row.state, row.address, await site.mails()) == (State.UNREACHED, None, [])


async def test_while_the_ledger_is_away_the_last_mail_waits_for_its_certificate(site: Site) -> None:
    with without_ledger(site):
        done = (await site.post(f"/gegevens/{site.mydata()}/wissen", data={"mail": "yes"})).text
    assert "Daarna komt het per mail" in done
    assert 'href="/bewijs-ophalen/' in done
    assert (await site.stage.find(ALICE), await site.mails()) == (None, [])
    site.clock.forward(minutes=3)
    assert (await works(site, "replay", "certificates"))[1] == "1 mailed"
    ((to, said),) = await posted(site)
    assert (to, "/bewijs/" in said) == (ALICE, True)
    (row,) = await rows(site)
    assert (row.state, row.address, row.unproven) == (State.ANSWERED, None, None)


async def test_a_last_mail_whose_certificate_cannot_be_made_for_a_day_is_given_up_too(site: Site) -> None:
    with without_ledger(site):
        await site.post(f"/gegevens/{site.mydata()}/wissen", data={"mail": "yes"})
        site.clock.forward(hours=24, seconds=-1)
        await works(site, "certificates")
        assert [each.address is None for each in await rows(site)] == [False]
        site.clock.forward(seconds=1)
        await works(site, "certificates")
    (row,) = await rows(site)
    assert (row.state, row.address, row.unproven) == (State.UNREACHED, None, None)
    assert (await works(site, "replay", "certificates"))[1] == "0 mailed"
