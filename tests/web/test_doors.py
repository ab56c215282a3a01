"""Every door with everybody: nobody, each role, who was disabled, and whose session is over."""

from __future__ import annotations

import re
from uuid import UUID

import httpx2
import pytest

from app.domain import session, staff
from app.domain.staff import Role
from app.main import ROOMS, create_app
from app.web.doors import LOOKING, Door, Kind
from tests.sending import approved
from tests.web.conftest import SLUG, Site, field
from tests.web.desk import enrolled, straight_in

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

WHO = {
    Role.EDITOR: "dana",
    Role.APPROVER: "emre",
    Role.OFFICER: "fatima",
    Role.SUPERVISOR: "joost",
    Role.ADMINISTRATOR: "ada",
}
DOORS = [door for room in ROOMS for door in room.doors.made]
STAFF = [door for door in DOORS if door.kind is Kind.STAFF]


def path(door: Door) -> str:
    nobody = str(UUID(int=1))
    fill = {
        "slug": SLUG,
        "name": "site.css",
        "number:int": "1",
        "number": "1",
        "token": "x",
        "person": nobody,
    }
    fill |= {"issue": nobody, "case": nobody, "language": "nl", "block:int": "0"}
    return re.sub(r"{(.+?)}", lambda gap: fill[gap[1]], door.path)


def asks_to_sign_in(answer: httpx2.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith("/staff/sign-in")


async def come(site: Site, door: Door, form: str = "") -> httpx2.Response:
    """Look through the door, or press its button with nothing filled in."""
    if door.methods == LOOKING:
        return await site.get(path(door))
    return await site.post(path(door), data={"form": form})


async def own_form(site: Site) -> str:
    return field((await site.get("/staff")).text, "form")


async def test_the_service_has_these_doors_and_no_other(site: Site) -> None:
    app = create_app(site.house, mailbox=site.box, clock=site.clock)
    hung = {(route.path, method) for route in app.routes for method in route.methods}
    assert hung == {(door.path, method) for door in DOORS for method in door.methods}


async def test_nobody_comes_past_a_door_of_staff_and_everybody_past_the_others(site: Site) -> None:
    for door in DOORS:
        answer = await come(site, door)
        assert asks_to_sign_in(answer) == (door.kind is Kind.STAFF), door
        assert answer.status_code != 403, door


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_opens_the_doors_that_name_it_and_no_other(site: Site, role: Role) -> None:
    for name in WHO.values():
        await enrolled(site, name)
    for door in STAFF:
        await straight_in(site, site.client, WHO[role])
        answer = await come(site, door, await own_form(site))
        assert (answer.status_code == 403) == (role not in door.roles), (door, answer.status_code)
        assert answer.status_code < 500, door


async def test_who_was_disabled_or_is_too_late_must_sign_in(site: Site) -> None:
    late = await straight_in(site, site.client, "dana")
    site.clock.forward(minutes=31)
    for door in STAFF:
        assert asks_to_sign_in(await come(site, door)), door
    await straight_in(site, site.client, "ada")
    async with site.house.database.unit_of_work() as db:
        (await staff.named(db, "ada")).disabled_at = site.clock()
    for door in STAFF:
        assert asks_to_sign_in(await come(site, door)), door
    async with site.house.database.reading() as db:
        assert await session.find(db, late, site.clock()) is None


async def test_a_language_or_name_that_nothing_has_is_not_found(site: Site) -> None:
    issue_id = str(await approved(site.stage, site.clock()))  # in Dutch only
    await enrolled(site, "dana", *Role)
    await straight_in(site, site.client, "dana")
    named = [
        door for door in DOORS if door.methods == LOOKING and re.search("{(language|name|slug)}", door.path)
    ]
    assert len(named) > 10
    for door in named:
        for name in (
            "zz",
            "%00",
            "alice@example.org",
            *(["en"] if re.search("write|versions", door.path) else []),
        ):
            fill = {"issue": issue_id, "number:int": "1", "block:int": "0"}
            there = door.path
            for gap, value in (fill | dict.fromkeys(("language", "name", "slug"), name)).items():
                there = there.replace(f"{{{gap}}}", value)
            assert (await site.get(there)).status_code == 404, there


async def test_several_roles_open_the_doors_of_each(site: Site) -> None:
    await enrolled(site, "dana", Role.EDITOR, Role.ADMINISTRATOR)
    for door in STAFF:
        await straight_in(site, site.client, "dana")
        answer = await come(site, door, await own_form(site))
        allowed = bool(door.roles & {Role.EDITOR, Role.ADMINISTRATOR})
        assert (answer.status_code != 403) == allowed, door


async def test_pages_of_staff_are_kept_nowhere_and_found_by_nobody(site: Site) -> None:
    await straight_in(site, site.client, "dana")
    for page in ("/staff", "/staff/account", "/staff/sign-in"):
        headers = (await site.get(page)).headers
        assert headers["cache-control"] == "no-store"
        assert "noindex" in headers["x-robots-tag"]
