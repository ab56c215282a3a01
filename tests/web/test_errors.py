"""Errors: a page in the visitor's language, a number to mention, and nothing that tells too much."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import httpx2

from app.core.database import Database
from app.core.errors import BookClosed, TooMany
from app.domain.house import House
from app.main import create_app
from tests.cast import ALICE, BOB, Stage
from tests.conftest import Clock
from tests.web.conftest import SLUG, Site, field, visitor


async def test_what_is_not_there_is_said_in_the_language_of_the_path(site: Site) -> None:
    for path, language in (("/nl/x/y/z", "nl"), ("/unsubscribe", "en"), ("/x", "nl")):
        answer = await site.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-language"] == language
    english = await site.get("/x", headers={"accept-language": "en"})
    assert "This page does not exist" in english.text


async def test_a_slash_too_much_leads_to_the_page_and_never_to_another_site(site: Site) -> None:
    for path in (f"/nl/{SLUG}", f"/afmelden/{site.leaving()}", "/staff/sign-in"):
        answer = await site.get(f"{path}/?a=b")
        assert (answer.status_code, answer.headers["location"]) == (308, f"{path}?a=b")
    for path in ("//example.org/", "//example.org/nl/", "/nl/a/b/c/", "/nothing/"):
        assert (await site.get(f"https://bode.example.org{path}")).status_code == 404, path
    assert (await site.post(f"/nl/{SLUG}/", data={"address": BOB})).status_code == 404


async def test_a_method_that_a_door_does_not_have_is_refused_with_those_it_has(site: Site) -> None:
    answer = await site.request("DELETE", f"/nl/{SLUG}")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert (await site.get("/terug")).headers["allow"] == "POST"


async def test_programs_get_problem_json(site: Site) -> None:
    for path, status in (("/health/nothing", 404), (f"/gegevens/{site.leaving()}/json", 404)):
        answer = await site.get(path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code == status
        assert set(answer.json()) == {"type", "status", "title", "detail"}


async def test_a_limit_says_how_long_to_wait_to_people_and_to_programs(cast: Stage, clock: Clock) -> None:
    app = create_app(cast.house, clock=clock)

    @app.get("/limit")
    @app.get("/limit/json")
    async def limit() -> None:
        raise TooMany("busy", timedelta(seconds=78.3))

    way = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=way, base_url="https://bode.example.org") as client:
        page, problem = await client.get("/limit"), await client.get("/limit/json")
    for answer in (page, problem):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "79")
    assert problem.json()["status"] == 429
    assert "Probeer het over 2 minuten opnieuw." in page.text


async def test_a_fault_of_ours_has_a_number_and_shows_nothing(
    cast: Stage, clock: Clock, lines: StringIO
) -> None:
    app = create_app(cast.house, clock=clock)

    @app.get("/boom/{token}")
    async def boom(token: str) -> None:
        raise RuntimeError(f"{ALICE} {token}")

    secret = "s3cr3t" * 8
    way = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=way, base_url="https://bode.example.org") as client:
        answer = await client.get(f"/boom/{secret}")
    assert answer.status_code == 500
    assert answer.headers["x-frame-options"] == "DENY"
    assert "RuntimeError" not in answer.text
    assert ALICE not in answer.text
    reference = re.search(r"<strong>([0-9a-f]{8})</strong>", answer.text)
    assert reference
    written = lines.getvalue()
    assert reference[1] in written
    assert "/boom/{token}" in written
    assert ALICE not in written
    assert secret not in written


async def test_a_database_that_is_away_is_said_and_nothing_is_lost(
    cast: Stage, clock: Clock, tmp_path: Path
) -> None:
    house = House(cast.house.settings, cast.house.ring, Database(f"sqlite:///{tmp_path}"), cast.house.book)
    async with visitor(house, clock) as client:
        page = await client.get(f"/nl/{SLUG}")
        ready = await client.get("/health/ready")
        live = await client.get("/health/live")
    await house.database.close()
    assert page.status_code == 503
    assert page.headers["retry-after"] == "60"
    assert "Probeer het over een paar minuten" in page.text
    assert ready.status_code == 503
    assert ready.json() == {"ready": False, "reasons": ["the database cannot be reached"]}
    assert live.status_code == 200


async def test_confirming_waits_while_the_ledger_is_away(site: Site) -> None:
    async def away(*_: object) -> None:
        raise BookClosed

    token = site.asked(BOB)
    site.house.book.last_end = away  # type: ignore[method-assign,assignment]
    answer = await site.post(f"/bevestigen/{token}")
    assert answer.status_code == 503
    assert await site.stage.find(BOB) is None
    del site.house.book.last_end  # type: ignore[method-assign]
    assert (await site.post(f"/bevestigen/{token}")).status_code == 200


async def test_no_way_through_the_service_writes_an_address_or_a_link_in_the_log(
    site: Site, lines: StringIO
) -> None:
    token, mine, leaving = site.asked(BOB), site.mydata(), site.leaving()
    await site.post(f"/nl/{SLUG}", data={"address": BOB})
    await site.post(f"/nl/{SLUG}", data={"address": f"{BOB}\r\n"})
    await site.get(f"/bevestigen/{token}x")
    await site.post(f"/bevestigen/{token}")
    await site.post(f"/gegevens/{mine}/adres", data={"address": "new@example.net"})
    left = await site.post(f"/afmelden/{leaving}/nu")
    await site.post("/terug", data={"undo": field(left.text, "undo")})
    await site.post(f"/gegevens/{mine}/wissen")
    await site.post(f"/afmelden/{leaving}", content=b"wrong")
    written = lines.getvalue()
    for secret in (token, mine, leaving, BOB, ALICE, "new@example.net"):
        assert secret not in written
