"""What somebody typed is still there when their session had ended, and nobody else gets or makes it."""

from __future__ import annotations

import re
from html import unescape
from random import Random

import pytest

from app.domain.staff import Role
from app.web.security import LARGEST_BODY
from tests.features.test_approve import written
from tests.web.conftest import Site, field
from tests.web.desk import Browser, code, enrolled, filled, straight_in
from tests.web.test_issue_write import FORM, begun, dana

__all__ = ["dana"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

OURS = {"sec-fetch-site": "same-origin"}
SIGN_IN = '<form class="card" method="post" action="/staff/sign-in"'
TEXT = 'Eerste regel\r\nTweede met "tekens" <b> & zo'


def facts(page: str) -> dict[str, str]:
    """What the page says of where it comes from."""
    found = re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page)
    return {name: unescape(said) for name, said in found}


async def signed_in_again(site: Site, page: str, name: str = "dana") -> str:
    """Sign in on this page, once with a wrong password; returns the page after it."""
    site.clock.forward(seconds=30)
    fields = {**filled(page, SIGN_IN), "name": name, "password": "wrong", "code": code(site.clock)}
    page = (await site.post("/staff/sign-in", data=fields, headers=OURS)).text
    site.clock.forward(seconds=30)
    fields = {**filled(page, SIGN_IN), "name": name, "password": "vier kluwens paarse draad"}
    answer = await site.post("/staff/sign-in", data={**fields, "code": code(site.clock)}, headers=OURS)
    return answer.text


async def test_a_text_is_still_there_after_signing_in_again(site: Site, dana: Browser) -> None:
    await enrolled(site, "dana")
    path = await begun(dana)
    fields = {**filled((await site.get(path)).text, FORM), "b0-markdown": TEXT, "subject": "Nieuws"}
    site.clock.forward(minutes=31)
    files = {"b0-file": ("foto.png", b"x")}
    answer = await site.post(path, data=fields | {"act": "save"}, files=files, headers=OURS)
    assert answer.status_code == 403  # by which the page that saves by itself knows
    assert "wat u typte, is niet weg" in answer.text
    assert "Tweede" not in answer.text
    assert "Tweede" not in str(await site.holds())
    page = await signed_in_again(site, answer.text)
    assert "Kies dat daarna nog een keer" in page
    assert facts(page) == {
        "Van wie het is": "Van u: u was ingelogd als dana.",
        "Getypt": "tot maandag 16 november 2026 om 10.31\N{NO-BREAK SPACE}uur",
        "Op de pagina": "Edities: Schrijven",
        "Editie": "1. nog geen onderwerp",
        "Taal": "Nederlands",
    }
    sent = filled(page, f'<form method="post" action="{path}"')
    answer = await site.post(path, files={name: (None, value) for name, value in sent.items()}, headers=OURS)
    assert answer.headers["location"] == f"{path}?todo=1"
    kept = filled((await site.get(path)).text, FORM)
    assert (kept["b0-markdown"], kept["subject"]) == (TEXT.replace("\r\n", "\n"), "Nieuws")


async def test_of_what_is_too_long_to_keep_it_is_said_how_to_save_it(site: Site) -> None:
    await enrolled(site, "dana")
    await straight_in(site, site.client, "dana")
    path = "/staff/issues/1/write/nl"
    site.clock.forward(minutes=31)
    draw = Random(1)
    texts = {f"b{number}-markdown": f"een {draw.randbytes(20_000).hex()}" for number in range(4)}
    answer = await site.post(path, data=texts, headers=OURS)
    assert answer.status_code == 403
    assert "te lang om op deze pagina te blijven" in answer.text
    assert "is niet weg" not in answer.text
    filled(answer.text, SIGN_IN)  # and it is the page where they sign in


async def test_a_remark_waits_for_who_signs_in_in_another_tab(site: Site) -> None:
    issue_id = await written(site.stage, site.clock)
    path = f"/staff/issues/{issue_id}/approve/return"
    await straight_in(site, site.client, "emre")
    form = field((await site.get("/staff")).text, "form")
    site.clock.forward(hours=13)
    answer = await site.post(path, data={"form": form, "remark": "Noem de dag erbij"}, headers=OURS)
    sealed = {"unsent": field(answer.text, "unsent")}
    assert "is niet weg" in (await site.post("/staff/unsent", data=sealed, headers=OURS)).text
    await straight_in(site, site.client, "emre")
    page = (await site.post("/staff/unsent", data=sealed, headers=OURS)).text
    assert "Noem de dag erbij" in page
    told = facts(page)
    assert told["Van wie het is"].startswith("Van u")
    assert (told["Op de pagina"], told["Editie"]) == (
        "Edities: Goedkeuren",
        "1. Nieuws van de maand: zó doet u dat",
    )
    assert filled(page, f'<form method="post" action="{path}"')["remark"] == "Noem de dag erbij"


async def test_who_has_to_show_again_who_they_are_types_an_address_once_and_it_is_kept_nowhere(
    site: Site,
) -> None:
    await enrolled(site, "ada")
    await straight_in(site, site.client, "ada")
    page = (await site.get("/staff/people/invite")).text
    typed = {"form": field(page, "form"), "name": "gijs", "address": "gijs@example.org", "role-editor": "1"}
    site.clock.forward(minutes=11)
    before = await site.holds()
    page = (await site.post("/staff/people/invite", data=typed, headers=OURS)).text
    assert await site.holds() == before
    for proof in ("wrong", "vier kluwens paarse draad"):
        fields = {**filled(page, '<form class="card" method="post" action="/staff/confirm"'), "proof": proof}
        page = (await site.post("/staff/confirm", data=fields, headers=OURS)).text
    sent = filled(page, '<form method="post" action="/staff/people/invite"')
    answer = await site.post("/staff/people/invite", data=sent, headers=OURS)
    assert answer.headers["location"] == "/staff/people"
    assert [each["address"] for each in await site.mails()] == ["gijs@example.org"]


async def test_a_page_of_an_earlier_session_asks_once_more_and_only_of_our_own(site: Site) -> None:
    await enrolled(site, "emre")
    await straight_in(site, site.client, "emre")
    stale = {"form": field((await site.get("/staff")).text, "form"), "first": "2026-12-01", "last": "x y"}
    await straight_in(site, site.client, "emre")
    for headers in ({}, {"sec-fetch-site": "none"}, {"origin": "null"}):
        assert "x y" not in (await site.post("/staff/absence", data=stale, headers=headers)).text
    asked = await site.post("/staff/absence", data=stale, headers=OURS)
    assert asked.status_code == 403
    told = facts(asked.text)
    assert "Was u dat niet, emre?" in told["Van wie het is"]  # a form of another session does not say whose
    assert (told["Op de pagina"], "Editie" in told) == ("Afwezigheid", False)
    sent = filled(asked.text, '<form method="post" action="/staff/absence"')
    assert (sent["last"], sent["form"] == stale["form"]) == ("x y", False)


async def test_what_was_typed_is_only_for_who_typed_it(site: Site) -> None:
    for name in ("dana", "emre"):
        await enrolled(site, name, Role.EDITOR, Role.APPROVER)
    await straight_in(site, site.client, "dana")
    form = field((await site.get("/staff")).text, "form")
    site.clock.forward(minutes=31)
    typed = {"form": form, "first": "2026-12-01", "last": "x y"}
    sealed = field((await site.post("/staff/absence", data=typed, headers=OURS)).text, "unsent")
    changed = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]

    async def shown(value: str, headers: dict[str, str]) -> bool:
        answer = await site.post("/staff/unsent", data={"unsent": value}, headers=headers)
        return "x y" in answer.text

    await straight_in(site, site.client, "emre")
    assert not await shown(sealed, OURS)
    await straight_in(site, site.client, "dana")
    assert await shown(sealed, OURS)
    for value, headers in (
        (changed, OURS),
        ("x", OURS),
        (sealed, {}),
        (sealed, {"sec-fetch-site": "cross-site"}),
    ):
        assert not await shown(value, headers)
    site.clock.forward(days=3)
    await straight_in(site, site.client, "dana")
    assert not await shown(sealed, OURS)


async def test_no_password_comes_back_and_of_a_stranger_not_more_than_a_form(site: Site) -> None:
    await straight_in(site, site.client, "dana")
    form = field((await site.get("/staff")).text, "form")
    site.clock.forward(minutes=31)
    typed = {"form": form, "password": "x y", "new": "x z"}
    answer = await site.post("/staff/account/password", data=typed, headers=OURS)
    assert answer.headers["location"] == "/staff/sign-in"
    site.client.cookies.clear()
    path = "/staff/issues/1/write/nl"
    large = await site.post(path, data={"subject": "x " * LARGEST_BODY}, headers=OURS)
    assert large.status_code == 303
    small = await site.post(path, data={"subject": "x y"}, headers=OURS)
    assert small.status_code == 403
