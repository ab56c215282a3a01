"""Where a block is lifted: led to from where it was made, in both languages, by one button."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from app.core.address import parse
from app.domain import farewell, newsletter
from app.domain.block import Ground
from app.domain.newsletter import Newsletter
from tests.cast import ALICE, BOB
from tests.web.conftest import SLUG, Site

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def block(site: Site, language: str) -> str:
    """Bob says that it was not him; where that is lifted."""
    word = {"nl": "niet-ik", "en": "not-me"}[language]
    done = await site.post(f"/{word}/{site.not_me(BOB)}")
    found = re.search(r'href="(/(?:blokkade|block)/[^"]+)"', done.text)
    assert found
    return found[1]


LIFTED = {
    "nl": ("Uw adres is geblokkeerd tot 14 februari 2027", "Uw adres is niet geblokkeerd"),
    "en": ("Your address is blocked until 14 February 2027", "Your address is not blocked"),
}
ASK = {"nl": "Kreeg u geen link? Vraag het ons dan.", "en": "If you got none, ask us."}


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_the_page_of_a_block_leads_to_where_it_is_lifted(site: Site, language: str) -> None:
    before, after = LIFTED[language]
    path = await block(site, language)
    for _ in range(2):  # looking changes nothing
        assert before in (await site.get(path)).text
    assert len((await site.holds())["block"]) == 1
    assert after in (await site.post(path)).text
    assert after in (await site.get(path)).text
    assert (await site.holds())["block"] == []
    assert f"/{language}/{SLUG}" in (await site.get(path)).text
    site.clock.forward(minutes=1)
    await block(site, language)  # again: that has a link of its own
    gone = await site.get(path)
    assert gone.status_code == 410
    assert BOB not in gone.text
    assert ASK[language] in gone.text
    async with site.house.database.unit_of_work() as session:
        letter = await newsletter.by_slug(session, SLUG)
        letter.privacy_contact = "privacy@example.org"
    gone = await site.get(path)
    assert ASK[language] in gone.text
    assert 'href="mailto:privacy@example.org"' in gone.text


async def test_the_page_says_what_goes_and_what_stays_when_another_newsletter_was_blocked_later(
    site: Site,
) -> None:
    path = await block(site, "nl")
    site.clock.forward(minutes=1)
    letter, tools = site.stage.letter, {"ring": site.house.ring, "book": site.house.book, "now": site.clock()}
    words = {name: getattr(letter, name) for name in ("sender_name", "sender_address", "language")}
    other = Newsletter(id=uuid4(), slug="b", title="Tweede", cadence="", created_at=site.clock(), **words)
    async with site.house.database.unit_of_work() as session:
        session.add(other)
        await session.flush()
        await farewell.block_address(session, other.id, parse(BOB), Ground.OBJECTION, **tools)
    before = (await site.get(path)).text
    assert f"De blokkade gaat weg voor: {letter.title}." in before
    assert "Een blokkade van later blijft, voor: Tweede." in before
    assert "in alle nieuwsbrieven" not in before
    done = (await site.post(path)).text
    assert f"De blokkade is weg voor: {letter.title}." in done
    for shown in (done, (await site.get(path)).text):
        assert "Uw adres is nog geblokkeerd voor: Tweede." in shown
        assert "geen blokkade meer" not in shown
        assert "Uw adres is niet geblokkeerd" not in shown
    assert len((await site.holds())["block"]) == 1


async def test_everybody_reads_what_to_do_when_a_block_keeps_the_mail_away(site: Site) -> None:
    for path in (f"/nl/{SLUG}", f"/nl/{SLUG}/mijn-gegevens"):
        answer = await site.post(path, data={"address": BOB})
        assert "vroeg u om nooit meer mail" in answer.text


@pytest.mark.parametrize(("ticked", "left"), [({}, 1), ({"unblock": "yes"}, 0)])
async def test_who_erases_themselves_chooses_whether_a_block_goes_too(
    site: Site, ticked: dict[str, str], left: int
) -> None:
    house, page = site.house, f"/gegevens/{site.mydata()}/wissen"
    assert "unblock" not in (await site.get(page)).text  # nothing to choose
    async with house.database.unit_of_work() as session:
        words = (site.stage.letter.id, parse(ALICE), Ground.OBJECTION)
        await farewell.block_address(session, *words, ring=house.ring, book=house.book, now=site.clock())
    assert "Wis de blokkade ook" in (await site.get(page)).text
    done = (await site.post(page, data=ticked)).text
    assert ("De blokkade van uw adres blijft" in done) is bool(left)
    assert ("De blokkade van uw adres is ook weg" in done) is not left
    assert len((await site.holds())["block"]) == left
    way_back = re.search(r'href="(/blokkade/[^"]+)"', done)
    assert bool(way_back) is bool(left)
    if way_back:
        await site.post(way_back[1])
        assert (await site.holds())["block"] == []
