"""What is taken away from the archive is gone for everybody at once, and the record of it stays."""

from __future__ import annotations

import re

import pytest

from app.domain import archive, edition
from app.domain import issue as issues
from tests.sending import TEXT, sent
from tests.web.conftest import Site
from tests.web.desk import Browser, filled
from tests.web.test_archive import EN, ENGLISH, NL, taken, whole

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_a_correction_that_was_withdrawn_is_not_led_to(site: Site) -> None:
    """A better one of before is, also from the page of an issue that is itself withdrawn."""
    wrong = await sent(site.stage, site.clock())
    for _ in range(2):
        right = await sent(site.stage, site.clock())
        async with site.house.database.unit_of_work() as session:
            (await issues.get(session, right)).corrects_id = wrong
    assert f'href="{NL}/3"' in (await site.get(f"{NL}/1")).text
    await taken(site, "", number=3)
    page = (await site.get(f"{NL}/1")).text
    assert (f'href="{NL}/3"' in page, f'href="{NL}/2"' in page) == (False, True)
    await taken(site, "", number=2)
    await taken(site, "")
    answer = await site.get(f"{NL}/1")
    assert (answer.status_code, "rectificatie" in answer.text) == (410, False)


async def test_a_withdrawn_issue_is_gone_at_once_for_everybody_and_the_record_stays(site: Site) -> None:
    await whole(site)
    picture = re.search(r'<img src="([^"]+)"', (await site.get(f"{NL}/1")).text)
    assert picture
    known = {path: (await site.get(path)).headers["etag"] for path in (f"{NL}/1", picture[1])}
    before = await site.holds()
    await taken(site, "")
    for path, mark in known.items():
        answer = await site.get(path, headers={"if-none-match": mark})
        assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-store")
        assert "Beste lezer" not in answer.text
    page = (await site.get(f"{EN}/1")).text
    assert "It was withdrawn on 16 November 2026." in page
    assert "danger" not in page
    assert 'content="noindex"' in page
    feed = (await site.get(f"{NL}/atom.xml")).text
    for text in (page, feed, (await site.get(NL)).text):
        assert "Samen staan we sterker" not in text
    assert f'<at:deleted-entry ref="https://bode.example.org{NL}/1"' in feed
    async with site.house.database.reading() as session:
        issue = await archive.find(session, site.stage.letter, 1)
    assert "De hele editie" in (await site.get(f"/staff/archive/{issue.id}")).text
    after = await site.holds()
    assert {table for table in before if before[table] != after[table]} <= {
        *("withheld", "audit", "audit_head", "session", "staff")
    }
    assert any("issue.withdrawn" in row and "safety" in row and "fatima" in row for row in after["audit"])


async def test_a_part_is_blanked_and_put_back(site: Site) -> None:
    await whole(site)
    await taken(site, "nl.0", "rights")  # the picture
    await taken(site, "nl.intro")
    page = (await site.get(f"{NL}/1")).text
    assert page.count("Een deel dat hier stond, is weggehaald.") == 2
    assert "<img" not in page
    assert "Beste lezer" not in page
    assert "Uit het netwerk" in page
    assert (await site.get(f"{NL}/1/0")).status_code == 404
    async with site.house.database.reading() as session:
        issue = await archive.find(session, site.stage.letter, 1)
    room = f"/staff/archive/{issue.id}"
    assert "2 delen" in (await site.get("/staff/archive")).text
    await Browser(site, site.client).press(room, f"{room}/back", what="nl.0")
    assert "<img" in (await site.get(f"{NL}/1")).text
    for words in (
        {"what": "nl.99", "why": "safety"},
        {"what": "nl.1"},
        {"why": "wrong"},
        {"what": "", "why": "x"},
    ):
        answer = await Browser(site, site.client).press(room, f"{room}/take", **words)
        assert (answer.status_code, "Kies een van deze" in answer.text) == (400, True)
    assert (await Browser(site, site.client).press(room, f"{room}/back", what="nl.0")).status_code == 404


async def test_what_is_blanked_in_one_language_is_told_to_be_public_in_the_other_until_it_is_not(
    site: Site,
) -> None:
    """The same block may stand at another place there."""
    dutch = TEXT.replace("## Dit", "Een alinea die alleen hier staat.\n\n---\n\n## Dit")
    await sent(site.stage, site.clock(), dutch, ENGLISH + "\n## About somebody\n\nHer name.\n")
    async with site.house.database.reading() as session:
        issue = await archive.find(session, site.stage.letter, 1)
        written = await edition.typed(session, issue.id)
    at = {code: [each.kind for each in text.pieces].index("heading") for code, text in written.items()}
    assert at["nl"] != at["en"]
    await taken(site, f"nl.{at['nl']}", "person")
    assert "Dit stuk gaat over iets" not in (await site.get(f"{NL}/1")).text
    assert "About somebody" in (await site.get(f"{EN}/1")).text
    room = f"/staff/archive/{issue.id}"
    page = (await site.get(room)).text
    told = "Hetzelfde deel is in een andere taal nog openbaar:"
    assert told in page
    _, _, rest = page.partition(told)
    assert "About somebody" in rest.partition("</p>")[0]
    offered = filled(rest, "<form")
    assert (offered["what"], offered["why"]) == (f"en.{at['en']}", "person")
    await Browser(site, site.client).press(room, f"{room}/take", what=offered["what"], why=offered["why"])
    assert "About somebody" not in (await site.get(f"{EN}/1")).text
    assert told not in (await site.get(room)).text
