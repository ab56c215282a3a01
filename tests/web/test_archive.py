"""The archive: what went out can be read by anybody, and nothing else, in any way."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from datetime import timedelta
from email import message_from_bytes
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest

from app.domain import archive, edition
from app.domain import issue as issues
from app.domain.content import Content
from app.domain.typed import Typed
from app.features.send.close import close
from tests.cast import ALICE
from tests.mail.page import Page
from tests.mail.test_rendering import ATTACKS
from tests.sending import TEXT, approved, sent
from tests.web.conftest import SLUG, Site
from tests.web.desk import Browser, enrolled, straight_in
from tests.web.place import SAMPLE

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

NL, EN = f"/nl/{SLUG}/archief", f"/en/{SLUG}/archive"
ENGLISH = """---
subject: News of the month
language: en
---
Dear reader,
"""
ATOM = "{http://www.w3.org/2005/Atom}"


async def whole(site: Site) -> None:
    """An issue with every block, in Dutch."""
    picture = {"raadzaal.png": (SAMPLE / "raadzaal.png").read_bytes()}
    text = (SAMPLE / "weerbaar-bestuur.md").read_text()
    await sent(site.stage, site.clock(), text, files=picture)


async def taken(site: Site, place: str, why: str = "safety", number: int = 1) -> None:
    """Fatima takes a part away, or all."""
    async with site.house.database.reading() as session:
        issue = await archive.find(session, site.stage.letter, number)
    await enrolled(site, "fatima")
    await straight_in(site, site.client, "fatima")
    page = f"/staff/archive/{issue.id}"
    answer = await Browser(site, site.client).press(page, f"{page}/take", what=place, why=why)
    assert answer.status_code == 303, answer.text


async def test_an_issue_is_public_when_its_books_are_closed_and_stays_so(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    for path in (f"{NL}/1", f"{NL}/1/0", f"{NL}/2", f"{NL}/{10**30}", f"{NL}/0"):
        assert (await site.get(path)).status_code == 404, path
    assert "Nieuws van de maand" not in (await site.get(NL)).text
    assert NL not in (await site.get(f"/nl/{SLUG}")).text
    async with site.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id)
        issue.state, issue.started_at, issue.frozen_at = issues.State.SENDING, site.clock(), site.clock()
        assert await close(session, issue_id, now=site.clock())
        first = issue.published_at
        issue.state = issues.State.SENDING  # again, to who missed it
        site.clock.forward(days=1)
        assert await close(session, issue_id, now=site.clock())
        assert issue.published_at == first
    assert "Een alinea met een" in (await site.get(f"{NL}/1")).text
    assert f'<a href="{NL}/1">Nieuws van de maand: zó doet u dat</a>' in (await site.get(NL)).text
    assert NL in (await site.get(f"/nl/{SLUG}")).text
    assert NL in (await site.post(f"/nl/{SLUG}", data={"address": "x"})).text


async def test_a_notice_of_a_data_breach_is_not_public(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as session:
        issue = await issues.get(session, issue_id)
        issue.state, issue.started_at, issue.frozen_at = issues.State.SENDING, site.clock(), site.clock()
        issue.notice = True
        assert await close(session, issue_id, now=site.clock())
    assert (await site.get(f"{NL}/1")).status_code == 404


async def test_the_page_is_for_everybody_the_same_and_sets_nothing(site: Site) -> None:
    await whole(site)
    page = await site.get(f"{NL}/1")
    assert "set-cookie" not in page.headers
    assert "x-robots-tag" not in page.headers
    assert "noindex" not in page.text
    assert f'<link rel="canonical" href="https://bode.example.org{NL}/1">' in page.text
    for secret in (site.leaving(), ALICE, "raadzaal.png", "dana"):
        assert secret not in page.text
    await straight_in(site, site.client, "dana")
    assert (await site.get(f"{NL}/1")).content == page.content
    head = await site.request("HEAD", f"{NL}/1")
    assert (head.status_code, head.headers["etag"]) == (200, page.headers["etag"])
    assert (await site.post(f"{NL}/1")).status_code == 405


async def test_a_copy_is_asked_about_each_time_and_costs_nothing_while_it_is_the_same(site: Site) -> None:
    await whole(site)
    picture = re.search(r'<img src="([^"]+)"', (await site.get(f"{EN}/1")).text)
    assert picture
    for path in (NL, f"{NL}/1", picture[1], f"{NL}/atom.xml"):
        first = await site.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "public, no-cache")
        again = await site.get(path, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert "content-security-policy" in again.headers
    shown = await site.get(picture[1])
    assert (shown.headers["content-type"], shown.content[1:4]) == ("image/png", b"PNG")
    assert (await site.get(f"{EN}/1/1")).status_code == 404  # a block without a picture
    assert (await site.get(f"{EN}/1/{10**30}")).status_code == 404


async def test_each_language_is_read_in_its_own_words_else_in_the_main_one(site: Site) -> None:
    await sent(site.stage, site.clock(), TEXT, ENGLISH + "\nAll in English.\n")
    site.clock.forward(days=30)
    await sent(site.stage, site.clock())
    assert "All in English." in (await site.get(f"{EN}/1")).text
    assert "All in English." not in (await site.get(f"{NL}/1")).text
    second = (await site.get(f"{EN}/2")).text
    assert '<article class="issue" lang="nl">' in second
    assert "This issue is only there in" in second
    assert f'rel="canonical" href="https://bode.example.org{NL}/2"' in second
    assert f'<a href="{NL}/2" lang="nl"' in second  # the same page in the other language
    index = (await site.get(EN)).text
    assert index.index(f"{EN}/2") < index.index(f"{EN}/1")
    feed = ET.fromstring((await site.get(f"{EN}/atom.xml")).content)  # noqa: S314  (our own)
    titles = [each.findtext(f"{ATOM}title") for each in feed.iter(f"{ATOM}entry")]
    assert titles == ["Nieuws van de maand: zó doet u dat", "News of the month"]
    (updated,) = {each.text for each in feed.findall(f"{ATOM}updated")}
    assert updated == site.clock().isoformat()


async def test_an_issue_leads_to_its_correction_once_that_went_out(site: Site) -> None:
    wrong = await sent(site.stage, site.clock())
    right = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as session:
        (await issues.get(session, right)).corrects_id = wrong
    assert f"{NL}/2" not in (await site.get(f"{NL}/1")).text
    async with site.house.database.unit_of_work() as session:
        issue = await issues.get(session, right)
        issue.started_at = issue.published_at = site.clock()
    assert f'<a href="{NL}/2">Lees de rectificatie, nummer 2.</a>' in (await site.get(f"{NL}/1")).text


async def test_a_feed_without_issues_is_a_feed(site: Site) -> None:
    feed = ET.fromstring((await site.get(f"{NL}/atom.xml")).content)  # noqa: S314  (our own)
    assert feed.findtext(f"{ATOM}id") == f"https://bode.example.org{NL}"


def attacked(attack: str) -> list[dict[str, str]]:
    """Every block that words can be typed in."""
    link = 'https://voorbeeld.example/"onmouseover="alert(1)'
    event = {"kind": "event", "title": attack, "starts_on": "2026-12-10", "place": attack, "summary": attack}
    return [
        {"kind": "heading", "text": attack},
        {"kind": "text", "markdown": attack},
        {"kind": "article", "title": attack, "summary": attack, "link": link, "link_text": attack},
        {**event, "link": link},
        {"kind": "call", "text": attack, "link": link},
    ]


async def test_what_an_editor_typed_is_shown_and_not_obeyed(site: Site) -> None:
    issue_id = await sent(site.stage, site.clock())
    blocks = [block for attack in ATTACKS for block in attacked(attack)]
    words = {"subject": ATTACKS[0], "preheader": ATTACKS[1], "intro": "\n\n".join(ATTACKS), "blocks": blocks}
    planted = Content.model_validate(words)
    async with site.house.database.unit_of_work() as session:
        row = await session.get_one(edition.Edition, (issue_id, "nl"))
        row.content = Typed.of(planted.model_dump(mode="json")).stored()
    for path in (NL, f"{NL}/1"):
        text = (await site.get(path)).text
        assert ATTACKS[0] not in text
        page = Page(re.sub(r"<!doctype.*?>|<(link|path|circle|rect)\b[^>]*>", "", text))
        assert not {tag for tag, _ in page.elements} & {"script", "iframe", "img", "math", "style", "form"}
        assert not any(key.startswith("on") or key == "style" for _, each in page.elements for key in each)
        assert all(address.startswith(("https://", "/", "#")) for address, _ in page.links)
    feed = ET.fromstring((await site.get(f"{NL}/atom.xml")).content)  # noqa: S314  (our own)
    assert [each.text for each in feed.iter(f"{ATOM}summary")] == [ATTACKS[1]]


async def test_more_than_a_page_holds_is_left_out(site: Site) -> None:
    for _ in range(3):
        await sent(site.stage, site.clock.forward(days=31))
    async with site.house.database.reading() as session:
        entries = await archive.entries(session, site.stage.letter, "nl", most=2)
    assert [each.number for each in entries] == [3, 2]
    assert entries[0].sent_on - entries[1].sent_on == timedelta(days=31)


async def test_the_records_office_gets_everything_of_an_issue_and_nothing_of_a_reader(site: Site) -> None:
    await whole(site)
    await taken(site, "nl.1", "person")
    async with site.house.database.reading() as session:
        issue = await archive.find(session, site.stage.letter, 1)
    room = f"/staff/archive/{issue.id}"
    answer = await Browser(site, site.client).press(room, f"{room}/file")
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}-1.zip"'
    with zipfile.ZipFile(BytesIO(answer.content)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    facts = json.loads(files.pop("facts.json"))
    assert facts["files"] == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert sorted(files) == [
        *("content/nl.json", "mail/en.approved", "mail/en.eml", "mail/nl.approved", "mail/nl.eml"),
        "pictures/raadzaal.png",
    ]
    approved_hash = hashlib.sha256()  # as facts.json says
    for language in ("en", "nl"):
        kept = files[f"mail/{language}.approved"]
        approved_hash.update(language.encode() + len(kept).to_bytes(8, "big") + kept)
    assert facts["approved_hash"] == approved_hash.hexdigest()
    assert facts["readers"]["accepted"] == 1
    assert [(each["place"], each["reason"]) for each in facts["taken_away"]] == [("nl.1", "person")]
    assert message_from_bytes(files["mail/nl.eml"])["To"] == "reader@example.org"
    for name, content in {**files, "facts.json": json.dumps(facts).encode()}.items():
        for secret in (ALICE, site.stage.alice.id.hex, site.leaving(), "dana", "emre", "fatima"):
            assert secret.encode() not in content, name
    again = await Browser(site, site.client).press(room, f"{room}/file")
    assert again.content == answer.content
    assert sum("issue.exported" in row for row in (await site.holds())["audit"]) == 2
