"""The mail is seen before it is sent: finished or not, in every guise, and nothing of it can act."""

from __future__ import annotations

import pytest

from app.domain import issue as issues
from app.mail.compile import Compiled
from tests.sending import approved
from tests.web.conftest import Site
from tests.web.desk import Browser, straight_in
from tests.web.test_issue_write import begun, dana, save

__all__ = ["dana"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_what_is_written_so_far_is_seen_without_what_is_not_finished(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    one = path.removesuffix("/write/nl")
    await save(site, path, "add-0-article", subject="Nieuws <nu>")
    answer = await save(site, path, "goto-preview", **{"b0-title": "Half", "b1-markdown": "Heel **vet**"})
    assert answer.headers["location"] == f"{one}/preview"
    page = (await site.get(f"{one}/preview")).text
    assert "1 onderdeel is nog niet af" in page
    assert "Nieuws &lt;nu&gt;" in page
    assert "sandbox=" in page
    assert "vet" in (await site.get(f"{one}/preview?as=text")).text
    assert "<pre style" in (await site.get(f"{one}/preview/nl?as=text")).text
    frame = await site.get(f"{one}/preview/nl?as=phone")
    assert "<strong" in frame.text
    assert "Half" not in frame.text
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    assert "@media not all" in frame.text
    assert "@media all" in (await site.get(f"{one}/preview/nl?as=dark")).text
    without = (await site.get(f"{one}/preview/nl?as=off")).headers["content-security-policy"]
    assert "img-src 'none'" in without


async def test_what_is_approved_is_seen_from_its_own_bytes(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    async with site.house.database.unit_of_work() as db:
        row = await db.get_one(issues.Frozen, (issue_id, "nl"))
        Compiled.from_bytes(row.compiled)
        row.compiled = row.compiled.replace(b"alinea", b"ALINEA")
    await straight_in(site, site.client, "joost")
    assert "ALINEA" in (await site.get(f"/staff/issues/{issue_id}/preview/nl")).text
    assert "ALINEA" in (await site.get(f"/staff/issues/{issue_id}/preview?as=text")).text
    await straight_in(site, site.client, "fatima")
    assert (await site.get(f"/staff/issues/{issue_id}/preview")).status_code == 403


async def test_a_mail_that_is_too_heavy_is_told(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    words = {f"b{number}-markdown": "woord " * 1_300 for number in range(20)}
    await save(site, path, **words, **{f"b{number}-kind": "text" for number in range(20)})
    page = await site.get(f"{path.removesuffix('/write/nl')}/preview")
    assert "Deze mail is te zwaar" in page.text
