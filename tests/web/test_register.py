"""The register of processing and the assessment of risks as pages: complete, in two languages."""

from __future__ import annotations

import html
import re

import pytest

from app.domain import staff
from app.domain.staff import Role
from app.web import processing
from tests.cast import PEOPLE
from tests.web.conftest import Site
from tests.web.desk import straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

PATHS = ("/staff/register", "/staff/dpia")


async def test_officer_supervisor_and_administrator_read_it_and_nobody_else(site: Site) -> None:
    for name, roles in PEOPLE.items():
        await straight_in(site, site.client, name)
        reads = {Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR} & set(roles)
        for path in (*PATHS, *(f"{each}/json" for each in PATHS)):
            assert (await site.get(path)).status_code == (200 if reads else 403), (name, path)


def parts(page: str) -> list[str]:
    """What stands between two tags."""
    return re.findall(r">([^<]+)<", page)


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_both_have_all_that_is_held_and_say_what_is_not_filled_in(site: Site, language: str) -> None:
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "fatima")).language = language
    await straight_in(site, site.client, "fatima")
    held = processing.categories(site.house.settings.backup_days, language)
    for path in PATHS:
        page = html.unescape((await site.get(path)).text)
        assert not [each.what for each in held if not {each.what, each.why, each.until} <= set(parts(page))]
        found = (await site.get(f"{path}/json")).json()
        assert [each["newsletter"] for each in found] == ["Weerbaar Bestuur"]
        assert [each["what"] for each in found[0]["data"]] == [each.what for each in held]
    gap = {"nl": "Nog niet ingevuld", "en": "Not filled in yet"}[language]
    assert gap in (await site.get(PATHS[0])).text
