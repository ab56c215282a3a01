"""The wall around the service: the same headers on every answer, no cookie, no foreign button."""

from __future__ import annotations

import httpx2
import pytest

from app.core.settings import Settings
from app.web.security import LARGEST_BODY
from tests.cast import BOB
from tests.conftest import Clock
from tests.web.conftest import SLUG, Site, visitor

# Word for word from requirement WB-02, which passes internet.nl's own check.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
EXPECTED = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cache-control": "no-store",
}


async def answers(site: Site) -> list[httpx2.Response]:
    """One of every sort: pages, redirects, refusals, errors, files for programs."""
    huge = {"content": b"x" * (LARGEST_BODY + 1)}
    return [
        await site.get("/"),
        await site.get(f"/nl/{SLUG}"),
        await site.post(f"/nl/{SLUG}", data={"address": BOB}),
        await site.post(f"/nl/{SLUG}", data={"address": "x"}),
        await site.post(f"/nl/{SLUG}", **huge),
        await site.get(f"/bevestigen/{site.asked(BOB)}"),
        await site.post(f"/afmelden/{site.leaving()}", content=b"no"),
        await site.get(f"/gegevens/{site.mydata()}/json"),
        await site.get("/nothing"),
        await site.get("/bevestigen/x"),
        await site.request("DELETE", f"/nl/{SLUG}"),
        await site.request("PUT", "/health/ready"),
        await site.get("/health/ready"),
        await site.get("/status"),
        await site.get("/robots.txt"),
        await site.post(f"/nl/{SLUG}", headers={"sec-fetch-site": "cross-site"}),
    ]


async def test_every_answer_has_every_header_and_no_cookie(site: Site) -> None:
    for answer in await answers(site):
        assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED, answer.url
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers


async def test_files_may_be_kept_and_have_every_other_header(site: Site) -> None:
    page = (await site.get(f"/nl/{SLUG}")).text
    href = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
    answer = await site.get(href)
    assert "immutable" in answer.headers["cache-control"]
    others = {name: value for name, value in EXPECTED.items() if name != "cache-control"}
    assert {name: answer.headers.get(name) for name in others} == others


async def test_pages_behind_a_link_are_not_for_search_engines(site: Site) -> None:
    for path in (f"/bevestigen/{site.asked(BOB)}", f"/my-data/{site.mydata()}", "/afmelden/x", "/mailbox"):
        assert "noindex" in (await site.get(path)).headers["x-robots-tag"]
    assert "x-robots-tag" not in (await site.get(f"/nl/{SLUG}")).headers
    robots = (await site.get("/robots.txt")).text
    assert "Disallow: /afmelden\n" in robots


async def test_plain_http_on_this_machine_gets_no_hsts(site: Site, clock: Clock) -> None:
    site.house.settings = Settings(
        **{**site.house.settings.model_dump(), "base_url": "http://127.0.0.1:8000"}
    )
    async with visitor(site.house, clock) as client:
        assert "strict-transport-security" not in (await client.get("/")).headers


async def test_a_button_pressed_by_another_site_does_nothing(site: Site) -> None:
    await site.get("/health/ready")
    token, mydata = site.asked(BOB), site.mydata()
    before = await site.holds()
    for path in (
        f"/nl/{SLUG}",
        f"/bevestigen/{token}",
        f"/niet-ik/{site.not_me(BOB)}",
        f"/afmelden/{site.leaving()}/nu",
        f"/gegevens/{mydata}/stoppen",
        f"/gegevens/{mydata}/wissen",
        "/terug",
    ):
        form = {"address": BOB, "undo": "x"}
        answer = await site.post(path, data=form, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    assert await site.holds() == before


@pytest.mark.parametrize("said", ["same-origin", "same-site", "none"])
async def test_a_button_of_our_own_works_also_with_a_hidden_origin(site: Site, said: str) -> None:
    headers = {"sec-fetch-site": said, "origin": "null"}
    answer = await site.post(f"/nl/{SLUG}", data={"address": BOB}, headers=headers)
    assert answer.status_code == 200


async def test_a_body_that_is_too_large_is_refused_announced_or_not(site: Site) -> None:
    async def endless():
        for _ in range(100):
            yield b"address=" + b"x" * 1024

    announced = await site.post(f"/nl/{SLUG}", content=b"x" * (LARGEST_BODY + 1))
    flowing = await site.post("/afmelden/x", content=endless())
    lying = await site.post(f"/nl/{SLUG}", content=b"x", headers={"content-length": "many"})
    for answer in (announced, flowing, lying):
        assert answer.status_code == 413
        assert answer.headers["content-type"].startswith("text/html")
        assert "meer dan deze pagina aankan" in answer.text


async def test_forms_with_many_fields_or_files_are_refused(site: Site) -> None:
    many = {f"field{number}": "x" for number in range(30)}
    files = {"file": ("a.txt", b"x")}
    assert (await site.post(f"/nl/{SLUG}", data=many, files=files)).status_code == 400
    assert await site.mails() == []


async def test_nothing_that_is_meant_for_developers_is_there(site: Site) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/.env", "/static/../main.py", "/static/x"):
        assert (await site.get(path)).status_code == 404
