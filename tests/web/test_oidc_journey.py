"""Through the organisation in a real browser, at a real provider: in, shown again, and each way it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, expect
from sqlalchemy import update

from app.domain import staff
from app.domain.session import FRESH, Stay
from app.main import create_app
from tests.servers.identity import PASSWORD, Idp
from tests.web.desk import SECRET, code
from tests.web.test_accessibility import served
from tests.web.test_desk import Office, Tour, office, tour

__all__ = ["office", "tour"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
CODES = "/staff/account/codes"  # what asks to show again who one is


@asynccontextmanager
async def provided(office: Office, idp: Idp, tmp_path: Path) -> AsyncIterator[None]:
    """The service of the office again, at an address that the provider leads back to."""
    made: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await made[0](scope, receive, send)

    key = tmp_path / "key.pem"
    key.write_text(idp.key)
    async with served(app) as url:
        idp.leads_back_to(f"{url}/staff/oidc/back")
        office.clock.time, office.url = datetime.now(UTC), url
        words = {"base_url": url, "oidc_issuer": idp.issuer, "oidc_client": "bode", "oidc_key_file": key}
        office.house.settings = office.house.settings.model_copy(update=words)
        made.append(create_app(office.house, clock=office.clock))
        yield
        idp.forget()


async def link(walk: Tour, subject: str) -> None:
    """Dana has a second factor here, and no password."""
    async with walk.office.house.database.unit_of_work() as db:
        dana = await staff.named(db, "dana")
        dana.subject, dana.language = subject, walk.language
        staff.seal_factor(walk.office.house.ring, dana, SECRET)


async def stale(office: Office) -> None:
    """Who is signed in showed who they are a while ago."""
    async with office.house.database.unit_of_work() as db:
        await db.execute(update(Stay).values(proved_at=office.clock() - FRESH - timedelta(minutes=1)))


async def pages_only(route: Route) -> None:
    """The provider's session is a cookie: what is fetched beside a page could bring an older one back."""
    await (route.continue_() if route.request.is_navigation_request() else route.abort())


async def over_there(walk: Tour, **typed: str) -> None:
    """Fill in the forms of the provider, one field each, and come back."""
    for name, value in typed.items():
        await walk.page.fill(f"[name={name}]", value)
        await walk.page.press(f"[name={name}]", "Enter")
    await walk.page.wait_for_url(f"{walk.office.url}/staff/oidc/back*")
    walk.office.clock.time = datetime.now(UTC)  # the provider lives in the present


async def shown_again(walk: Tour) -> None:
    """From a page that asks for it, by the organisation, which asks for the password again."""
    await stale(walk.office)
    await walk.go(CODES)
    await walk.page.click("main a.main")
    await over_there(walk, password=PASSWORD)


async def test_axe_finds_nothing_from_the_provider_and_back(
    tour: Tour, office: Office, idp: Idp, tmp_path: Path
) -> None:
    async with provided(office, idp, tmp_path):
        await tour.page.route(f"{idp.issuer}/**", pages_only)
        await tour.go("/staff/sign-in")
        await tour.page.click("main a.main")
        await over_there(tour, login=idp.subject, password=PASSWORD)
        await tour.look("back")
        await tour.send("nobody here")
        assert idp.subject in await tour.page.inner_text("main")
        await link(tour, idp.subject)
        await tour.page.goto(f"{office.url}/staff/oidc")
        await over_there(tour)  # where they are signed in by now
        await tour.send("second factor")
        await tour.send("second factor, wrong", code="000000")
        await expect(tour.page.locator("#problem")).to_be_focused()
        await tour.send("in", code=code(office.clock, SECRET))
        await shown_again(tour)
        await tour.send("recovery codes")
        assert tour.page.url == f"{office.url}{CODES}"
        await link(tour, "somebody.else")
        await shown_again(tour)
        await tour.send("somebody else")
        await tour.go("/staff/oidc/back?error=access_denied&state=x")
        await tour.page.goto(f"{office.url}/staff/oidc")
        office.clock.forward(minutes=10)
        await tour.send("too late")
