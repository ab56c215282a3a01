"""Copy of a partner: an editor makes a link, the partner fills in a form, the editor uses the text."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select

from app.domain import staff
from app.domain.contributor import Contributor
from app.domain.staff import Role
from app.features import contribute
from tests.tray import TEXT, came_in, link, waiting
from tests.web.conftest import SLUG, Site, field
from tests.web.desk import Browser, enrolled, filled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

ROOM = "/staff/copy"
LINK = {"organisation": "Fryslân & co", "newsletter": SLUG, "until": "2026-12-01"}
WRITE = '<form class="write"'
INJECTIONS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}",
    "%(title)s ${7*7}",
    "=cmd|'/c calc'!A0",
    "a\r\nBcc: b",
    "om\u202egekeerd",
    "a\u2028b",
    "nul\0nul",
    "alice@example.org",
    "javascript:alert(1)",
    "../../etc/passwd",
]


@pytest.fixture
async def dana(site: Site) -> Browser:
    """An editor at her browser."""
    await straight_in(site, site.client, "dana")
    return Browser(site, site.client)


def address(answer: httpx2.Response) -> str:
    """The path of the link that the page shows, this once."""
    found = re.search(r'value="https://bode.example.org(/kopij/[\w-]+)"', answer.text)
    assert found
    return found[1]


async def test_from_a_link_to_a_block_in_the_issue(site: Site, dana: Browser) -> None:
    made = await dana.press(ROOM, ROOM, **LINK)
    path = address(made)
    page = await site.get(path)
    assert "Hier stuurt Fryslân &amp; co nieuws en bijeenkomsten in voor Weerbaar Bestuur" in page.text
    assert "werkt tot en met 1 december 2026" in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    fresh = {**TEXT, "starts_on": "2026-12-08", "starts_at": "10:00", "place": "Leeuwarden"}
    sent = await site.post(path, data={**fresh, "stamp": field(page.text, "stamp")})
    assert (sent.status_code, "Wij hebben uw tekst" in sent.text) == (200, True)
    assert "set-cookie" not in sent.headers
    assert path not in (await site.get(ROOM)).text
    assert "Er ligt 1 tekst klaar voor Weerbaar Bestuur" in (await site.get(ROOM)).text
    assert "Er ligt 1 tekst van partners klaar" in (await site.get("/staff/issues")).text
    shown = (await site.get(await begun(dana))).text
    assert "Ingestuurd door Els de Vries van Fryslân &amp; co" in shown
    assert "8 december 2026, 10:00, Leeuwarden" in shown


async def begun(dana: Browser) -> str:
    """The page on which a new issue is written."""
    answer = await dana.press("/staff/issues/new", "/staff/issues/new", newsletter=SLUG)
    return str(answer.headers["location"])


async def test_a_text_becomes_a_block_once_and_what_was_typed_is_saved(site: Site, dana: Browser) -> None:
    event = {"starts_on": "2026-12-08", "starts_at": "10:00", "place": "Leeuwarden"}
    act = f"take-{(await came_in(site.stage, site.clock(), **event)).hex}"
    write = await begun(dana)
    shown = (await site.get(write)).text
    assert f'value="{act}"' in shown
    took = await site.post(write, data={**filled(shown, WRITE), "subject": "Half af", "act": act})
    assert took.headers["location"] == f"{write}#block-1"
    again = filled((await site.get(write)).text, WRITE)
    assert (again["subject"], again["b1-kind"]) == ("Half af", "event")
    assert event.items() <= {name: again[f"b1-{name}"] for name in event}.items()
    assert again["b1-summary"] == "Er is een \\*nieuwe\\* handreiking."
    late = await site.post(write, data={**again, "intro": "Blijft", "act": act})  # a page of before
    assert late.headers["location"] == f"{write}#tray"
    page = await site.get(write)
    assert (filled(page.text, WRITE)["intro"], "b2-kind" in filled(page.text, WRITE)) == ("Blijft", False)
    assert "In de editie gezet door dana" in page.text


async def test_a_press_whose_answer_got_lost_comes_again_without_a_quarrel(site: Site, dana: Browser) -> None:
    act = f"take-{(await came_in(site.stage, site.clock())).hex}"
    write = await begun(dana)
    typed = {**filled((await site.get(write)).text, WRITE), "subject": "Van mij", "act": act}
    for _ in range(2):
        assert (await site.post(write, data=typed)).headers["location"] == f"{write}#block-1"
    now = filled((await site.get(write)).text, WRITE)
    assert (now["subject"], "b1-kind" in now, "b2-kind" in now) == ("Van mij", True, False)
    mine = await site.post(
        write, data={**typed, "subject": "Anders"}
    )  # of the page of before, with other words
    assert (mine.status_code, "U sloeg een andere tekst op" in mine.text) == (409, True)
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "emre")).roles = [Role.EDITOR]
    await straight_in(site, site.client, "emre")
    theirs = await site.post(write, data={**typed, "form": field((await site.get(write)).text, "form")})
    assert "dana sloeg deze tekst op terwijl u schreef" in theirs.text


async def test_a_text_is_set_aside_and_a_clash_takes_nothing(site: Site, dana: Browser) -> None:
    copy_id = await came_in(site.stage, site.clock())
    write = await begun(dana)
    typed = {**filled((await site.get(write)).text, WRITE), "subject": "Van mij"}
    clash = await site.post(write, data={**typed, "version": "0", "act": f"take-{copy_id.hex}"})
    assert (clash.status_code, 'value="Van mij"' in clash.text) == (409, True)
    assert len(await waiting(site.stage)) == 1
    assert (await site.post(write, data={**typed, "act": "take-x"})).status_code == 303
    typed["version"] = filled((await site.get(write)).text, WRITE)["version"]
    await site.post(write, data={**typed, "act": f"aside-{copy_id.hex}"})
    assert await waiting(site.stage) == []
    assert filled((await site.get(write)).text, WRITE)["subject"] == "Van mij"


async def test_a_link_that_was_ended_reads_as_one_that_never_was(site: Site, dana: Browser) -> None:
    path = address(await dana.press(ROOM, ROOM, **LINK))
    english = path.replace("kopij", "copy")
    assert "Send in a text for the newsletter" in (await site.get(english)).text
    async with site.house.database.reading() as db:
        (row,) = await db.scalars(select(Contributor))
    before = site.clock()
    site.clock.forward(days=20)
    late = await site.get(path)
    assert (late.status_code, "Die dag is voorbij" in late.text) == (410, True)
    assert "Vraag de redactie om een nieuwe" in late.text
    site.clock.time = before
    assert (await dana.press(ROOM, f"{ROOM}/withdraw", link="x")).status_code == 400
    assert (await dana.press(ROOM, f"{ROOM}/withdraw", link=str(row.id))).status_code == 303
    assert "ingetrokken op 16 november 2026" in (await site.get(ROOM)).text
    unknown = "/kopij/" + "A" * 43
    answers = [await site.get(path), await site.post(path, data=TEXT)]
    nobodys = [await site.get(unknown), await site.post(unknown, data=TEXT)]
    for own, other in zip(answers, nobodys, strict=True):
        assert own.status_code == other.status_code == 410
        assert own.text.replace(path.split("/")[2], "A" * 43) == other.text
    assert await waiting(site.stage) == []


async def test_what_is_wrong_is_told_at_its_field_and_every_word_stays(site: Site) -> None:
    path = f"/kopij/{await link(site.stage, site.clock())}"
    long = "\nbegin <&>\n" + "woord " * 2_000
    answer = await site.post(path, data={"title": "", "text": long, "link": "www.x.example", "place": "Oss"})
    assert answer.status_code == 400
    assert "<title>Fout: " in answer.text
    for name in ("title", "text", "link", "starts_on", "sender"):
        assert f'href="#{name}"' in answer.text
        assert re.search(
            rf'id="{name}"[^>]*aria-describedby="[^"]*{name}-error"[^>]*aria-invalid', answer.text
        )
    assert "Houd het korter dan" in answer.text or "3000" in answer.text
    kept = filled(answer.text, '<form class="card"')
    assert (kept["text"], kept["link"], kept["place"]) == (long, "www.x.example", "Oss")
    assert (await site.post(path, data={"text": "x" * 70_000})).status_code == 413
    assert (await site.post(path)).status_code == 400
    assert await waiting(site.stage) == []


async def test_nothing_that_is_typed_does_anything_but_show(site: Site, dana: Browser) -> None:
    path = f"/kopij/{await link(site.stage, site.clock())}"
    write = await begun(dana)
    for typed in INJECTIONS:
        for name in ("title", "text", "sender", "place", "link", "starts_on", "starts_at"):
            answer = await site.post(path, data={**TEXT, name: typed})
            assert answer.status_code in {200, 400, 429}, (name, typed)
            assert "<script>" not in answer.text
            assert "<img src=x" not in answer.text
        made = await dana.press(ROOM, ROOM, **{**LINK, "organisation": typed})
        assert made.status_code in {200, 400}
        assert "<script>" not in made.text
        site.clock.forward(days=1)
        await straight_in(site, site.client, "dana")
    shown = (await site.get(write)).text
    assert len(await waiting(site.stage)) > 10
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "{{7*7}}" in shown
    assert "alice@example.org" not in shown
    assert "<script>" not in shown
    assert "<img src=x" not in shown


async def test_the_form_is_guarded_as_the_sign_up_form_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await link(site.stage, site.clock())
    path = f"/kopij/{token}"
    robot = await site.post(path, data={**TEXT, "website": "x"})
    assert (robot.status_code, "Wij hebben uw tekst" in robot.text) == (200, True)
    stamp = field((await site.get(path)).text, "stamp")
    before = await site.holds()
    for method in ("GET", "HEAD"):
        await site.request(method, path)
    assert (await site.post(path, data=TEXT, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert await site.holds() == before
    site.clock.forward(hours=3)
    stale = await site.post(path, data={**TEXT, "stamp": stamp})
    assert (stale.status_code, "stond lang open" in stale.text) == (400, True)
    assert await waiting(site.stage) == []
    monkeypatch.setattr(contribute, "A_DAY", 1)
    assert (await site.post(path, data=filled(stale.text, '<form class="card"'))).status_code == 200
    full = await site.post(path, data={**TEXT, "title": "Nog een"})
    assert (full.status_code, 'value="Nog een"' in full.text) == (429, True)
    assert full.headers["retry-after"] == str(int(timedelta(hours=12).total_seconds()))
    assert len(await waiting(site.stage)) == 1


async def test_only_editors_make_links_and_what_is_wrong_is_told(site: Site, dana: Browser) -> None:
    for typed, told in (
        ({"organisation": ""}, "organisation"),
        ({"organisation": "info@oss.example"}, "organisation"),
        ({"until": "morgen"}, "until"),
        ({"until": "2026-11-15"}, "until"),
        ({"until": "2027-03-01"}, "until"),
    ):
        answer = await dana.press(ROOM, ROOM, **{**LINK, **typed})
        assert answer.status_code == 400
        assert f'id="{told}-error"' in answer.text
    assert (await dana.press(ROOM, ROOM, **{**LINK, "newsletter": "x"})).status_code == 400
    assert 'value="2026-12-16"' in (await site.get(ROOM)).text  # a month, where nothing was chosen
    await enrolled(site, "emre")
    await straight_in(site, site.client, "emre")
    assert (await site.get(ROOM)).status_code == 403
