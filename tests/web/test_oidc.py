"""Signing in with the organisation's account, at a real identity provider (Canaille) on this machine.

That provider demands what the profile asks: a signed statement instead of a secret, and PKCE.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from app.domain import staff
from app.domain.audit import Event, Record
from app.domain.staff import Role
from app.main import create_app
from app.web.provider import NotVouched, Provider, asked
from tests.web.conftest import Site, field
from tests.web.desk import Browser, code, enrolled, new_key, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

BACK = "https://bode.example.org/staff/oidc/back"


@dataclass
class Idp:
    """The provider, a person who has an account there, and our key."""

    server: Any
    user: Any
    client: Any
    key: str

    @property
    def issuer(self) -> str:
        return str(self.server.url).rstrip("/")

    @property
    def subject(self) -> str:
        return str(self.user.user_name)


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    """Started once; it lives in memory and listens on loopback."""
    import pytest_iam  # noqa: PLC0415  (it loads a whole provider)

    port = pytest_iam.portpicker.pick_unused_port()
    words = pytest_iam.iam_configuration.__wrapped__(tmp_path_factory, port)
    app = pytest_iam.create_app(config=words, env_file=".none", env_prefix="NONE_")
    server = pytest_iam.Server(app, port, pytest_iam.Backend.instance)
    thread = Thread(target=server.httpd.serve_forever)
    thread.start()
    key = new_key()
    with app.app_context():
        user = server.random_user(user_name="dana.jansen")
        client = server.models.Client(
            client_id="bode",
            client_name="Bode",
            redirect_uris=[BACK],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid"],
            token_endpoint_auth_method="private_key_jwt",
            token_endpoint_auth_signing_alg="RS256",
            jwks=json_keys(key),
            id_token_signed_response_alg="RS256",
        )
        server.backend.save(client)
        server.backend.update(client, audience=[client])
        server.backend.save(client)
        server.consent(user)
        yield Idp(server, user, client, key)
    server.httpd.shutdown()
    thread.join()
    server.httpd.server_close()
    os.environ.pop("AUTHLIB_INSECURE_TRANSPORT", None)


@pytest.fixture(autouse=True)
def _no_old_codes(idp: Idp) -> Iterator[None]:
    """A code that was refused stays in this provider's memory and spoils the next one of its person."""
    yield
    for each in list(idp.server.backend.query(idp.server.models.AuthorizationCode)):
        idp.server.backend.delete(each)


def json_keys(key: str) -> str:
    made = RSAKey.import_key(key, {"use": "sig"})
    made.ensure_kid()
    return json.dumps({"keys": [made.as_dict(private=False)]})


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


async def over_there(browser: Browser, idp: Idp) -> dict[str, str]:
    """Follow the link, sign in at the provider, and come back; returns what the address brings along."""
    there = (await browser.client.get("/staff/oidc")).headers["location"]
    asked_for = parse_qs(urlsplit(there).query)
    assert asked_for["code_challenge_method"] == ["S256"]
    assert asked_for["response_type"] == ["code"]
    assert {"state", "nonce", "code_challenge"} <= asked_for.keys()
    idp.server.login(idp.user)
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
        answer = await come_back(browser, await over_there(browser, idp))
        assert answer.headers["location"] == "/staff"
        assert "Welkom, dana" in (await browser.client.get("/staff")).text
    async with site.house.database.reading() as db:
        row = (await db.scalars(select(Record).where(Record.event == Event.STAFF_SIGNED_IN))).one()
    assert (row.actor, row.reason) == ("dana", "identity provider")


async def test_nobody_gets_an_account_by_signing_in_over_there(site: Site, idp: Idp, tmp_path: Path) -> None:
    async with desk(site, idp, tmp_path) as browser:
        for subject, closed in ((None, False), (idp.subject, True)):
            async with site.house.database.unit_of_work() as db:
                dana = await staff.named(db, "dana")
                dana.subject, dana.disabled_at = subject, site.clock() if closed else None
            answer = await come_back(browser, await over_there(browser, idp))
            assert answer.status_code == 400
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
