"""Looking changes nothing: every door, every link, GET, HEAD and OPTIONS, row by row (promise 4)."""

from __future__ import annotations

import re

from app.main import create_app
from tests.cast import BOB, join
from tests.web.conftest import SLUG, Site, field


async def links(site: Site) -> list[str]:
    """A valid token of every kind."""
    await site.post(f"/gegevens/{site.mydata()}/adres", data={"address": "new@example.net"})
    slips = await join(site.house, site.stage.letter, "slips@example.net", site.clock())
    gone = await site.post(f"/afmelden/{site.leaving(slips)}/nu")
    moving = await site.moving("new@example.net")
    return [site.asked(BOB), site.mydata(), site.leaving(), moving, field(gone.text, "undo")]


def doors(site: Site) -> list[str]:
    """The path of every door, with what stands in its gaps but the token."""
    app = create_app(site.house, mailbox=site.box, clock=site.clock)
    fill = {"slug": SLUG, "name": "site.css", "number:int": "1"}
    return sorted(
        {re.sub(r"{(.+?)}", lambda gap: fill.get(gap[1], gap[0]), route.path) for route in app.routes}
    )


async def test_no_look_at_any_door_changes_a_row(site: Site) -> None:
    site.box.take(BOB, b"Subject: hallo\r\n\r\nhallo\r\n")
    tokens = await links(site)
    before = await site.holds()
    looked = 0
    for door in doors(site):
        for token in tokens if "{token}" in door else [""]:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = await site.request(method, door.replace("{token}", token))
                assert answer.status_code < 500, door
                looked += 1
    assert looked > 300
    assert await site.holds() == before


async def test_head_says_what_get_says(site: Site) -> None:
    for path in ("/", f"/nl/{SLUG}", f"/afmelden/{site.leaving()}", "/health/live", "/nothing"):
        get, head = await site.get(path), await site.request("HEAD", path)
        assert head.status_code == get.status_code
        assert head.headers["content-security-policy"] == get.headers["content-security-policy"]


async def test_a_scanner_that_posts_blindly_to_mailed_links_ends_nothing(site: Site) -> None:
    """What every link in a mail leads to needs a text or a path of its own to change anything."""
    before = await site.holds()
    await site.post(f"/afmelden/{site.leaving()}")
    await site.post(f"/gegevens/{site.mydata()}")
    assert await site.holds() == before
