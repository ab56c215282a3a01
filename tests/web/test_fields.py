"""What anybody may type in a field, odd, long or meant to do harm: it is kept as text or refused in words.

Only for fields that the walk of `test_hostile` does not come to. On PostgreSQL: it refuses what SQLite keeps.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import pytest

from app.domain import staff
from app.domain.judgement import REMARK_MOST
from tests.features.test_approve import written
from tests.sending import approved
from tests.web.conftest import SLUG, Site
from tests.web.crawl import Crawl
from tests.web.desk import Browser, enrolled, straight_in
from tests.web.test_hostile import CORPUS, harm

pytestmark = pytest.mark.parametrize("settings", ["postgresql"], indirect=True)

ODD: Final = {
    **CORPUS,
    "long": "lang " * 5_000,
    "one long word": "x" * 25_000,
    "a sign that no database keeps": "a\x00b",
    "turned around": "\u202egnol\u2066",
    "joined signs": "👩‍👩‍👧‍👦" * 20 + "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "other digits": "\u0662\u0660\u0662\u0666-\u0661\u0662-\u0660\u0661",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "no such day": "2026-02-30",
    "an hour elsewhere": "10:00+23:59",
}


async def pressed(browser: Browser, page: str, path: str, **typed: str) -> str:
    """The answer, which is a page or leads to one, and what harm it would do."""
    answer = await browser.press(page, path, **typed)
    assert answer.status_code in {200, 303, 400, 429}, (path, answer.status_code)
    if answer.status_code == 303:
        answer = await browser.client.get(answer.headers["location"])
    assert harm(Crawl(browser.client, {path: answer.text})) == []
    return answer.text


@pytest.fixture
async def emre(site: Site) -> Browser:
    """Somebody with every role at a browser."""
    await enrolled(site, "emre", *staff.Role)
    await straight_in(site, site.client, "emre")
    return Browser(site, site.client)


async def in_review(site: Site) -> UUID:
    issue_id = await written(site.stage, site.clock)
    await straight_in(site, site.client, "dana")
    await Browser(site, site.client).press("/staff", f"/staff/issues/{issue_id}/approve/ask")
    return issue_id


async def test_what_is_typed_is_text_or_refused(site: Site, emre: Browser) -> None:
    async with site.house.database.reading() as db:
        dana = f"/staff/people/{(await staff.named(db, 'dana')).id}"
    plan = f"/staff/issues/{await approved(site.stage, site.clock())}/schedule"
    for text in ODD.values():
        await straight_in(site, site.client, "emre")
        await pressed(emre, "/staff", f"{dana}/subject", subject=text)
        for door in ("/staff/replies", "/staff/complaints"):
            await pressed(emre, "/staff", door, address=text, newsletter=SLUG)
        for first, last in ((text, text), ("2026-12-01", text), (text, "2026-12-01")):
            await pressed(emre, "/staff", "/staff/absence", first=first, last=last)
        for typed in ({"on": text, "at": "10:00"}, {"on": "2026-12-01", "at": text}):
            await pressed(emre, "/staff", f"{plan}/time", **typed, readers="1")
        await pressed(emre, "/staff", f"{plan}/now", readers=text)
        await pressed(emre, "/staff", f"{plan}/cancel", number=text)


async def test_a_remark_is_text_or_refused(site: Site, emre: Browser) -> None:
    for text in ODD.values():
        path = f"/staff/issues/{await in_review(site)}/approve"
        await straight_in(site, site.client, "emre")
        shown = await pressed(emre, "/staff", f"{path}/return", remark=text)
        assert ("te lang" in shown) == (len(text) > REMARK_MOST)


async def test_a_sign_or_a_number_that_no_database_keeps_is_no_page_and_no_fault(
    site: Site, emre: Browser
) -> None:
    issue, long = await approved(site.stage, site.clock()), "9" * 5_000
    one = f"/staff/issues/{issue}"
    for path in (
        *("/nl/%00", "/en/a%00b", "/nl/a%00b/archief", "/nl/a%00b/archief/1", "/nl/a%00b/archief/atom.xml"),
        *("/staff/slots/a%00", "/staff/trail?actor=a%00", f"{one}/pictures/a%00", f"{one}/write/%00"),
        *(f"{one}/versions/%00", f"{one}/versions/nl/{long}", "/a%00/json"),
        *(f"/nl/{SLUG}/archief/{long}", f"/nl/{SLUG}/archief/1/{long}", f"/mailbox/{long}"),
    ):
        assert (await site.get(path)).status_code == 404, path
        assert (await site.post(path)).status_code in {404, 405}, path
    headers = {"content-length": long}
    assert (await site.client.post("/staff/sign-in", headers=headers)).status_code == 413
    odd_slug = await emre.press("/staff", "/staff/issues/new", newsletter=f"{SLUG}\0")
    assert odd_slug.status_code in {400, 404}
    begun = (await emre.press("/staff", "/staff/issues/new", newsletter=SLUG)).headers["location"]
    for typed in ({"version": long, "act": "save"}, {"version": "1", "act": f"up-{long}"}):
        assert (await emre.press("/staff", begun, **typed)).status_code in {303, 409}
    site.client.cookies.clear()
    typed = dict.fromkeys(("name", "password", "code"), "da\0na")
    half = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nda+2AA-na\r\n--x--\r\n'
    odd = {"content-type": "multipart/form-data; charset=utf-7; boundary=x"}
    for path, status in (("/staff/sign-in", 400), ("/staff/forgotten", 200)):
        assert (await site.post(path, data=typed)).status_code == status
        for charset in ("utf-7", "idna", "punycode", "undefined"):
            kind = {"content-type": odd["content-type"].replace("utf-7", charset)}
            assert (await site.client.post(path, content=half, headers=kind)).status_code == 400
