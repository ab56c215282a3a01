"""The supervisor's room: figures to read, and a signed file to take along, which is on record."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from app.domain import dossier
from app.domain.audit import Event, Record
from app.domain.service import Job
from tests.web.conftest import Site
from tests.web.desk import Browser, enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_supervisor_and_officer_read_it_and_take_it_along(site: Site) -> None:
    for name in ("joost", "fatima"):
        await enrolled(site, name)
        await straight_in(site, site.client, name)
        browser = Browser(site, site.client)
        page = (await site.get("/staff/supervision?quarter=alice@example.org")).text
        assert "Toezichtdossier" in page
        assert "alice" not in page
        assert '<option value="2026-Q4" selected>' in page
        assert 'value="2025-Q1"' in page
        assert 'value="2024-Q4"' not in page  # of its first weeks the requests are gone: they stay two years
        answer = await browser.press("/staff/supervision", "/staff/supervision/file", quarter="2026-Q3")
        named = answer.headers["content-disposition"]
        assert named == 'attachment; filename="toezichtdossier-2026-Q3.json"'
        found = dossier.read(answer.text)
        assert found.genuine(site.house.ring)
        assert (found.quarter, found.finished) == ("2026-Q3", True)
        assert "Uw privacyverzoek" in [each.what for each in found.held]
        assert json.loads(answer.text)["held"]
    async with site.house.database.reading() as db:
        taken = await db.scalars(select(Record).where(Record.event == Event.SUPERVISION_TAKEN))
        assert [(each.actor, each.about) for each in taken] == [("joost", "2026-Q3"), ("fatima", "2026-Q3")]
    await straight_in(site, site.client, "dana")
    assert (await site.get("/staff/supervision")).status_code == 403


async def test_what_could_not_be_checked_is_said_and_accuses_nobody(site: Site) -> None:
    await enrolled(site, "joost")
    await straight_in(site, site.client, "joost")
    async with site.house.database.unit_of_work() as db:
        told = "trail unkeyed, ledger littered, keys 0b1f5c2e"
        db.add(Job(name="whole", started_at=site.clock(), finished_at=site.clock(), outcome=told))
    page = (await site.get("/staff/supervision")).text
    assert "er ontbreekt een sleutel" in page
    assert "<code>0b1f5c2e</code>" in page
    assert "in de kopie staan regels die niet van ons zijn" in page
    assert "niet heel" not in page
