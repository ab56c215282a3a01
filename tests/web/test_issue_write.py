"""Writing an issue: every button keeps what was typed, and what is unfinished is told at its field."""

from __future__ import annotations

import re
from uuid import UUID

import httpx2
import pytest

from app.core.errors import Refused
from app.domain import edition
from app.domain import issue as issues
from app.domain.issue import State
from app.domain.staff import Role
from app.features import approve
from tests.sending import approved, look
from tests.web.conftest import SLUG, Site, field
from tests.web.desk import Browser, enrolled, filled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

FORM = '<form class="write"'


@pytest.fixture
async def dana(site: Site) -> Browser:
    """An editor at her browser."""
    await straight_in(site, site.client, "dana")
    return Browser(site, site.client)


async def begun(dana: Browser) -> str:
    """The page of a new issue."""
    answer = await dana.press("/staff/issues/new", "/staff/issues/new", newsletter=SLUG)
    return answer.headers["location"]


async def save(site: Site, path: str, act: str = "save", **typed: str) -> httpx2.Response:
    """Fill in fields of the page that is open and press a button."""
    fields = filled((await site.get(path)).text, FORM)
    return await site.post(path, data={**fields, **typed, "act": act})


async def by_emre(site: Site, issue_id: UUID) -> None:
    """A colleague approves."""
    async with site.house.database.unit_of_work() as db:
        found = await issues.get(db, issue_id, lock=True)
        rest = {"base_url": "https://bode.example.org", "ring": site.house.ring, "now": site.clock()}
        await approve.approve(db, found, approver="emre", **rest)


async def test_a_new_issue_follows_the_last_one_and_every_button_keeps_what_was_typed(
    site: Site, dana: Browser
) -> None:
    await approved(site.stage, site.clock())
    path = await begun(dana)
    first = (await site.get(path)).text
    assert "Dit stuk gaat over iets" in first  # the heading of the last issue
    assert "Een alinea" not in first
    await save(site, path, "add-2-article", subject="Half <af>", intro="Beste\nlezer")
    await save(site, path, "up-2", **{"b2-title": "Zó", "b2-link": "geen link"})
    await save(site, path, "add-0-divider")
    answer = await save(site, path, "remove-0")
    assert answer.headers["location"].endswith("#block-0")
    fields = filled((await site.get(path)).text, FORM)
    assert (fields["subject"], fields["intro"]) == ("Half <af>", "Beste\nlezer")
    assert (fields["b1-title"], fields["b1-link"]) == ("Zó", "geen link")
    assert (fields["b0-kind"], fields["b2-kind"]) == ("heading", "text")


async def test_saving_says_what_has_still_to_be_done_and_where(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    await save(site, path, "add-0-article")
    answer = await save(site, path, **{"subject": "Nieuws", "b0-title": "Stuk", "b0-link": "www.example.org"})
    page = (await site.get(answer.headers["location"])).text
    assert "Opgeslagen" in page
    assert 'href="#b0-link"' in page
    assert re.search(r'id="b0-link"[^>]*aria-describedby="b0-link-hint b0-link-error"[^>]*aria-invalid', page)
    assert "Dit blok is leeg" in page  # the text that a first issue begins with
    assert "aria-invalid" not in (await site.get(path)).text  # nobody is told before they ask
    await save(site, path, "remove-1")
    answer = await save(site, path, **{"b0-link": "https://www.example.org/"})
    assert "Er ontbreekt niets meer" in (await site.get(answer.headers["location"])).text


async def test_what_is_unfinished_cannot_be_approved(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    async with site.house.database.unit_of_work() as db:
        (issue,) = await issues.in_states(db, [State.DRAFT])
    with pytest.raises(Refused, match="This is missing"):
        await by_emre(site, issue.id)
    assert (await site.get(path)).status_code == 200


async def test_an_approved_issue_is_opened_again_only_after_a_warning(site: Site, dana: Browser) -> None:
    issue_id = await approved(site.stage, site.clock())
    path = f"/staff/issues/{issue_id}/write/nl"
    warned = (await site.get(path)).text
    assert "Door een wijziging vervalt de goedkeuring" in warned
    answer = await dana.press(path, f"/staff/issues/{issue_id}/open", language="nl")
    assert answer.headers["location"] == path
    issue = await look(site.house, issue_id)
    assert (issue.state, issue.digest, issue.due_at) == (State.DRAFT, None, None)
    await save(site, path, subject="Anders")
    async with site.house.database.reading() as db:
        assert (await edition.finished(db, issue_id))["nl"].subject == "Anders"


async def test_who_translates_sees_the_other_language_at_each_block(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    one = path.removesuffix("/write/nl")
    await save(site, path, subject="Nieuws <nu>", **{"b0-markdown": "Een **stuk**"})
    await dana.press(one, f"{one}/languages", language="en")
    await save(site, f"{one}/write/en", "add-0-divider")
    there = f"{one}/write/en?beside=nl"
    answer = await save(site, f"{one}/write/en", "show", beside="nl", subject="News")
    assert answer.headers["location"] == there
    page = (await site.get(there)).text
    assert page.count('lang="nl">Nieuws &lt;nu&gt;</p>') == 1
    block = page.split('id="block-1"', 1)[1].split("</section>", 1)[0]
    assert 'lang="nl">Een **stuk**</p>' in block
    answer = await save(site, there, "goto-nl")
    assert answer.headers["location"] == f"{path}?beside=en"
    answer = await save(site, path, "up-0", beside="dark")
    assert answer.headers["location"] == f"{path}?beside=dark#block-0"
    page = (await site.get(f"{path}?beside=dark")).text
    assert f'src="{one}/preview/nl?as=dark"' in page
    answer = await save(site, path, beside='"><zq>')
    assert answer.headers["location"] == f"{path}?todo=1"


async def test_another_language_is_added_and_taken_out(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    one = path.removesuffix("/write/nl")
    answer = await dana.press(one, f"{one}/languages", language="en")
    assert answer.headers["location"] == f"{one}/write/en"
    answer = await save(site, f"{one}/write/en", "goto-nl", subject="News")
    assert answer.headers["location"] == path
    assert filled((await site.get(f"{one}/write/en")).text, FORM)["subject"] == "News"
    await dana.press(one, f"{one}/languages", language="en", drop="1")
    assert (await site.get(f"{one}/write/en")).status_code == 404
    assert (await dana.press(one, f"{one}/languages", language="nl", drop="1")).status_code == 409
    assert (await dana.press(one, f"{one}/languages", language="fr")).status_code == 400


async def test_a_language_that_was_taken_out_meanwhile_does_not_come_back_unseen(
    site: Site, dana: Browser
) -> None:
    path = await begun(dana)
    one = path.removesuffix("/write/nl")
    there = f"{one}/write/en"
    await dana.press(one, f"{one}/languages", language="en")
    typed = filled((await site.get(there)).text, FORM) | {"subject": "News"}
    await dana.press(one, f"{one}/languages", language="en", drop="1")
    assert (await site.post(there, data={**typed, "act": "auto"})).status_code == 409
    answer = await site.post(there, data={**typed, "act": "save"})
    assert (answer.status_code, "Engels is uit deze editie gehaald" in answer.text) == (409, True)
    assert (await site.get(there)).status_code == 404
    again = filled(answer.text, FORM)
    assert again["subject"] == "News"
    assert (await site.post(there, data={**again, "act": "save"})).status_code == 303
    assert filled((await site.get(there)).text, FORM)["subject"] == "News"


async def test_a_long_issue_fits_and_only_there(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    fields = filled((await site.get(path)).text, FORM)
    for number in range(80):
        fields |= {f"b{number}-kind": "text", f"b{number}-markdown": "woord " * 600}
    assert (await site.post(path, data=fields)).status_code == 303
    page = await site.get(path)
    assert page.text.count('-kind" value="text"') == 80
    assert "Meer blokken passen niet" in page.text
    assert (await site.post("/staff/issues/new", data=fields)).status_code == 413
    fields["b0-markdown"] = "x" * 70_000
    assert (await site.post(path, data=fields, files={"x": ("", b"")})).status_code == 400


async def test_two_editors_see_both_texts_and_choose(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    mine = filled((await site.get(path)).text, FORM)
    await enrolled(site, "emre", Role.EDITOR)
    await straight_in(site, site.client, "emre")
    await save(site, path, subject="Van emre")
    await straight_in(site, site.client, "dana")
    mine["form"] = filled((await site.get(path)).text, FORM)["form"]
    answer = await site.post(path, data={**mine, "subject": "Van dana", "act": "save"})
    assert answer.status_code == 409
    assert "emre sloeg deze tekst op terwijl u schreef" in answer.text
    assert re.search(r"<del>.*emre</del>.*<ins>.*dana</ins>", answer.text)
    again = filled(answer.text, FORM)
    assert again["subject"] == "Van dana"
    await site.post(path, data={**again, "act": "theirs"})
    assert filled((await site.get(path)).text, FORM)["subject"] == "Van emre"
    await site.post(path, data={**again, "version": "4", "act": "save"})
    assert filled((await site.get(path)).text, FORM)["subject"] == "Van dana"


async def test_text_typed_while_a_colleague_approved_is_kept_and_saved_after_a_warning(
    site: Site, dana: Browser
) -> None:
    issue_id = await approved(site.stage, site.clock())
    path = f"/staff/issues/{issue_id}/write/nl"
    typed = {"form": field((await site.get("/staff")).text, "form"), "subject": "Te laat", "version": "1"}
    typed |= {"b0-kind": "text", "b0-markdown": "Toch nog iets"}
    refused = await site.post(path, data={**typed, "act": "save"})
    assert refused.status_code == 409
    assert "Uw tekst staat hieronder in het formulier" in refused.text
    assert (await look(site.house, issue_id)).digest
    await site.post(path, data={**filled(refused.text, FORM), "act": "open"})
    issue = await look(site.house, issue_id)
    assert (issue.state, issue.digest) == (State.DRAFT, None)
    assert filled((await site.get(path)).text, FORM)["b0-markdown"] == "Toch nog iets"


async def test_anybody_at_the_desk_looks_back_and_an_editor_goes_back(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    await save(site, path, subject="Eerst")
    await save(site, path, subject="Later")
    listed = path.replace("write", "versions")
    page = (await site.get(listed)).text
    assert page.count("/versions/nl/") == 3
    assert re.search(r"<del>.*Later</del>.*<ins>.*Eerst</ins>", (await site.get(f"{listed}/2")).text)
    answer = await dana.press(f"{listed}/2", f"{listed}/2")
    assert answer.headers["location"] == path
    assert filled((await site.get(path)).text, FORM)["subject"] == "Eerst"
    assert "Dit is de tekst van nu" in (await site.get(f"{listed}/4")).text
    assert (await site.get(f"{listed}/9")).status_code == 404
    await straight_in(site, site.client, "joost")
    assert 'action="' not in (await site.get(f"{listed}/3")).text.split("<main", 1)[1]
    assert (await dana.press("/staff", f"{listed}/3")).status_code == 403
