"""Signing in with the organisation's account, at a real identity provider (Canaille) on this machine.

That provider demands what the profile asks: a signed statement instead of a secret, and PKCE.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import select

from app.domain import staff
from app.domain.audit import Event, Record
from app.domain.staff import Role
from app.main import create_app
from app.web.provider import NotVouched, Provider, asked
from tests.servers.identity import BACK, Idp, new_key
from tests.web.conftest import Site, field
from tests.web.desk import COOKIE, Browser, code, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _no_old_codes(idp: Idp) -> Iterator[None]:
    yield
    idp.forget()


@asynccontextmanager
async def desk(site: Site, idp: Idp, tmp_path: Path, key: str = "") -> AsyncIterator[Browser]:
    """A browser at a service that knows the provider; the provider lives in the present."""
    site.clock.time = datetime.now(UTC)
    path = tmp_path / "oidc.pem"
    path.write_text(key or idp.key)
    site.house.settings = site.house.settings.model_copy(
        update={"oidc_issuer": idp.issuer, "oidc_client": "bode", "oidc_key_file": path}
    )
    way = httpx2.ASGITransport(app=create_app(site.house, clock=site.clock), client=("192.0.2.7", 1))
    async with httpx2.AsyncClient(transport=way, base_url="https://bode.example.org") as client:
        yield Browser(site, client)


async def link(site: Site, name: str, subject: str) -> None:
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, name)).subject = subject


async def over_there(browser: Browser, idp: Idp, way: str = "/staff/oidc") -> dict[str, str]:
    """Follow the link, sign in at the provider, and come back; returns what the address brings along."""
    there = (await browser.client.get(way)).headers["location"]
    asked_for = parse_qs(urlsplit(there).query)
    assert asked_for["code_challenge_method"] == ["S256"]
    assert asked_for["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= asked_for.keys()
    idp.server.login(idp.user)
    answer = idp.server.test_client.get(there)
    if "prompt" in asked_for:  # then it asks first, whoever is signed in there
        assert "code=" not in answer.location
        answer = idp.server.test_client.get(there)
    assert answer.status_code == 302, answer.text
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.location).query).items()}


async def come_back(browser: Browser, brought: dict[str, str]) -> httpx2.Response:
    """Press the button on the page to which the provider led back."""
    page = await browser.client.get("/staff/oidc/back", params=brought)
    assert page.status_code == 200
    typed = {"code": field(page.text, "code"), "state": field(page.text, "state")}
    return await browser.client.post("/staff/oidc/back", data=typed)


async def test_a_linked_colleague_comes_in_with_our_second_factor(
    site: Site, idp: Idp, tmp_path: Path
) -> None:
    async with desk(site, idp, tmp_path) as browser:
        await enrolled(site, "dana")
        await link(site, "dana", idp.subject)
        page = await come_back(browser, await over_there(browser, idp))
        assert "Uw tweede factor" in page.text
        assert not browser.signed_in
        half = field(page.text, "half")
        wrong = await browser.client.post("/staff/oidc/second", data={"half": half, "code": "000000"})
        assert wrong.status_code == 400
        typed = {"half": half, "code": code(site.clock)}
        right = await browser.client.post("/staff/oidc/second", data=typed)
        assert right.headers["location"] == "/staff"
        assert "Welkom, dana" in (await browser.client.get("/staff")).text


async def test_a_second_factor_over_there_is_enough(
    site: Site, idp: Idp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is told that its person used two factors; it says so in its own statement."""
    from canaille.app import session as over  # noqa: PLC0415

    whole = over.UserSession.__init__

    def twice(self: Any, *words: Any, **more: Any) -> None:
        whole(self, *words, **{**more, "authentication_methods": ["password", "otp"]})

    monkeypatch.setattr(over.UserSession, "__init__", twice)
    async with desk(site, idp, tmp_path) as browser:
        await link(site, "dana", idp.subject)
        sent = {"remark": "Noem de dag"}  # while nobody is signed in
        ours = {"sec-fetch-site": "same-origin"}
        asked_first = (await browser.client.post("/staff/absence", data=sent, headers=ours)).text
        assert 'href="/staff/oidc?next=/staff" target="_blank"' in asked_first
        sealed = {"unsent": field(asked_first, "unsent")}
        answer = await come_back(browser, await over_there(browser, idp))
        assert "Noem de dag" in (await browser.client.post("/staff/unsent", data=sealed, headers=ours)).text
        assert answer.headers["location"] == "/staff"
        assert "Welkom, dana" in (await browser.client.get("/staff")).text
    async with site.house.database.reading() as db:
        row = (await db.scalars(select(Record).where(Record.event == Event.STAFF_SIGNED_IN))).one()
    assert (row.actor, row.reason) == ("dana", "identity provider")


async def test_who_comes_in_ends_what_was_left_open_in_that_browser(
    site: Site, idp: Idp, tmp_path: Path
) -> None:
    """Emre forgot to sign out; his session does not live on behind that of dana, as none of a form does."""
    async with desk(site, idp, tmp_path) as browser:
        await enrolled(site, "dana")
        await link(site, "dana", idp.subject)
        left = await straight_in(site, browser.client, "emre")
        page = await come_back(browser, await over_there(browser, idp))
        typed = {"half": field(page.text, "half"), "code": code(site.clock)}
        await browser.client.post("/staff/oidc/second", data=typed)
        assert "Welkom, dana" in (await browser.client.get("/staff")).text
        browser.client.cookies.set(COOKIE, left, domain="bode.example.org", path="/")
        assert (await browser.client.get("/staff")).headers["location"] == "/staff/sign-in"


async def test_for_what_weighs_more_the_organisation_asks_anew(site: Site, idp: Idp, tmp_path: Path) -> None:
    """Who has no password here shows it over there; what they showed before does not count."""
    way = "/staff/oidc/again?next=/staff/account/codes"
    async with desk(site, idp, tmp_path) as browser:
        await link(site, "dana", idp.subject)
        site.clock.time -= timedelta(minutes=20)
        await straight_in(site, browser.client, "dana")
        site.clock.time += timedelta(minutes=20)
        page = (await browser.client.get("/staff/account/codes", follow_redirects=True)).text
        assert 'href="/staff/oidc/again?next=/staff/account/codes"' in page
        assert 'name="proof"' not in page  # dana has nothing here to show
        site.clock.forward(minutes=5)  # later than what the provider says
        refused = await come_back(browser, await over_there(browser, idp, way))
        assert (refused.status_code, "zojuist niet" in refused.text) == (400, True)
        site.clock.time -= timedelta(minutes=5)
        for subject, status in (("somebody.else", 400), (idp.subject, 303)):
            await link(site, "dana", subject)
            answer = await come_back(browser, await over_there(browser, idp, way))
            assert answer.status_code == status
        assert answer.headers["location"] == "/staff/account/codes"
        assert (await browser.client.get("/staff/account/codes")).status_code == 200
        browser.client.cookies.delete("__Host-bode")  # a session that ended meanwhile is not begun by this
        assert (await browser.client.get(way)).headers["location"].startswith("/staff/sign-in")


async def test_nobody_gets_an_account_by_signing_in_over_there(site: Site, idp: Idp, tmp_path: Path) -> None:
    async with desk(site, idp, tmp_path) as browser:
        for subject, closed in ((None, False), (idp.subject, True)):
            async with site.house.database.unit_of_work() as db:
                dana = await staff.named(db, "dana")
                dana.subject, dana.disabled_at = subject, site.clock() if closed else None
            answer = await come_back(browser, await over_there(browser, idp))
            assert answer.status_code == 400
            assert idp.subject in answer.text  # for the administrator who is to link it
            assert not browser.signed_in


async def test_what_comes_back_counts_once_and_only_in_the_browser_that_left(
    site: Site, idp: Idp, tmp_path: Path
) -> None:
    async with desk(site, idp, tmp_path) as browser:
        await link(site, "dana", idp.subject)
        brought = await over_there(browser, idp)
        async with desk(site, idp, tmp_path) as other:
            assert (await come_back(other, brought)).status_code == 400
        forged = await come_back(browser, {**brought, "state": "another"})
        assert forged.status_code == 400
        site.clock.forward(minutes=10)
        assert (await come_back(browser, brought)).status_code == 400
        site.clock.time -= timedelta(minutes=10)
        assert "Uw tweede factor" in (await come_back(browser, brought)).text
        assert (await come_back(browser, brought)).status_code == 400


async def test_the_provider_refuses_who_signs_with_another_key(site: Site, idp: Idp, tmp_path: Path) -> None:
    async with desk(site, idp, tmp_path, key=new_key()) as browser:
        await link(site, "dana", idp.subject)
        assert (await come_back(browser, await over_there(browser, idp))).status_code == 400


async def test_a_statement_with_another_nonce_or_verifier_is_not_taken(
    site: Site, idp: Idp, tmp_path: Path
) -> None:
    provider = Provider(idp.issuer, "bode", idp.key, BACK)
    for changed in ("nonce", "verifier"):
        sent = asked()
        idp.server.login(idp.user)
        answer = idp.server.test_client.get(await provider.address(sent))
        brought = parse_qs(urlsplit(answer.location).query)["code"][0]
        other = {"state": sent.state, "nonce": sent.nonce, "verifier": sent.verifier, changed: "x" * 48}
        with pytest.raises(NotVouched):
            await provider.vouched(brought, type(sent)(**other), datetime.now(UTC))


async def test_a_provider_that_is_away_or_has_another_name_lets_nobody_in(site: Site, idp: Idp) -> None:
    for issuer in ("http://127.0.0.1:9", f"{idp.issuer}/"):
        with pytest.raises(NotVouched):
            await Provider(issuer, "bode", idp.key, BACK).address(asked())


async def test_our_public_key_is_there_and_nothing_private(site: Site, idp: Idp, tmp_path: Path) -> None:
    async with desk(site, idp, tmp_path) as browser:
        (key,) = (await browser.client.get("/staff/oidc/keys")).json()["keys"]
    assert {"kty", "n", "e", "kid"} <= key.keys()
    assert not {"d", "p", "q"} & key.keys()


async def test_without_a_provider_there_is_no_such_door(site: Site) -> None:
    assert (await site.get("/staff/oidc")).status_code == 404
    assert "/staff/oidc" not in (await site.get("/staff/sign-in")).text


async def test_an_administrator_links_a_colleague_and_not_herself(
    site: Site, idp: Idp, tmp_path: Path
) -> None:
    async with desk(site, idp, tmp_path) as browser:
        await enrolled(site, "ada", Role.ADMINISTRATOR)
        await straight_in(site, browser.client, "ada")
        async with site.house.database.reading() as db:
            ada, dana, emre = [(await staff.named(db, name)).id for name in ("ada", "dana", "emre")]
        for person, status in ((dana, 303), (emre, 400), (ada, 400)):
            path = f"/staff/people/{person}"
            answer = await browser.press(path, f"{path}/subject", subject="dana.jansen")
            assert answer.status_code == status
