"""The room of issues: what there is, where each one is, and what to do next."""

from __future__ import annotations

import pytest

from app.features import compose
from tests.sending import approved
from tests.web.conftest import Site
from tests.web.desk import links, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_an_issue_says_where_it_is_and_what_comes_next(site: Site) -> None:
    issue_id = await approved(site.stage, site.clock())
    await straight_in(site, site.client, "dana")
    listed = (await site.get("/staff/issues")).text
    assert "1. Nieuws van de maand: zó doet u dat" in listed
    assert "Goedgekeurd, gaat vanzelf uit" in listed
    assert "1 december 2026" in listed
    page = (await site.get(f"/staff/issues/{issue_id}")).text
    assert "Goedgekeurd door" in page
    assert 'aria-current="step"' in page
    async with site.house.database.unit_of_work() as db:
        begun = await compose.start(db, site.stage.letter, author="dana", now=site.clock())
    for step in ("check", "approve", "schedule", "progress"):
        assert "2. nog geen onderwerp" in (await site.get(f"/staff/issues/{begun.id}/{step}")).text
    assert (await site.get("/staff/issues/00000000-0000-0000-0000-000000000001")).status_code == 404


@pytest.mark.parametrize(
    ("name", "enters"), [("dana", True), ("emre", True), ("joost", True), ("fatima", False), ("ada", False)]
)
async def test_who_writes_approves_or_supervises_may_look(site: Site, name: str, enters: bool) -> None:
    await straight_in(site, site.client, name)
    assert ("/staff/issues" in links((await site.get("/staff")).text)) is enters
    assert (await site.get("/staff/issues")).status_code == (200 if enters else 403)
