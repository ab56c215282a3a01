"""Administrators see who has an account, invite colleagues, give roles and let somebody in again."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.address import BadAddress
from app.core.errors import NotFound
from app.core.language import LANGUAGES
from app.core.names import spelled
from app.domain import staff
from app.domain.invitation import Purpose
from app.domain.staff import Role, Staff
from app.features import enroll, oversee
from app.features.enroll import Desk
from app.web import forms
from app.web.deps import plain
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG
from app.web.links import NAMES
from app.web.staff import rooms
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import ADMINISTRATORS, PEOPLE

INVITE: Final = f"{PEOPLE}/invite"
LONGEST_SUBJECT: Final = 255  # OpenID Connect: a sub has at most so many characters
ONE: Final = f"{PEOPLE}/{{person}}"

doors = Doors()


@doors.look(PEOPLE, kind=Kind.STAFF, roles=ADMINISTRATORS)
async def everyone(visit: Entered) -> Response:
    """All accounts; nobody's address is shown."""
    async with visit.reading() as db:
        people = list(await db.scalars(select(Staff).order_by(Staff.disabled_at.is_not(None), Staff.name)))
        few = await oversee.administrators(db) < rooms.ENOUGH
    return visit.page("staff_people.html", people=people, few=few, called=rooms.titles(visit.say))


@doors.look(INVITE, kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def form(visit: Entered) -> Response:
    """Who is to be invited."""
    return _form(visit, {}, Wrong())


@doors.act(INVITE, kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def invite(visit: Entered) -> Response:
    """Open an account and mail its owner a link; nobody else ever knows the password."""
    fields, roles = await visit.fields(), await chosen(visit)
    name, typed = spelled(fields.get("name", "")), fields.get("address", "").strip()
    wrong = _faults(visit, name, typed, roles)
    if not wrong.fields:
        language = fields.get("language", "")
        async with visit.writing() as db:
            if not await staff.alike(db, name):
                await enroll.appoint(
                    db,
                    _desk(visit),
                    name=name,
                    address=typed,
                    roles=roles,
                    language=language if language in LANGUAGES else visit.language,
                )
                return visit.to(PEOPLE)
        wrong.fields["name"] = "taken"
    return _form(visit, {"name": name, "address": typed, "roles": roles}, wrong)


@doors.look(ONE, kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def one(visit: Entered, person: UUID) -> Response:
    """One account: its roles, and the ways back in."""
    async with visit.reading() as db:
        found = await got(db, person)
    return _one(visit, found)


@doors.act(f"{ONE}/roles", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def give(visit: Entered, person: UUID) -> Response:
    """Other roles."""
    roles = await chosen(visit)
    error = None if roles else "none"
    try:
        async with visit.writing() as db:
            if roles:
                await oversee.give(db, visit.person, (await got(db, person)).name, roles, now=visit.now)
    except (oversee.LastAdministrator, oversee.OwnRoles) as refusal:
        error = type(refusal).__name__
    if error is None:
        return visit.to(PEOPLE)
    async with visit.reading() as db:
        return _one(visit, await got(db, person), error=error)


@doors.act(f"{ONE}/link", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def link(visit: Entered, person: UUID) -> Response:
    """Mail a link: to a new colleague once more, or for a new second factor when the old one is lost."""
    async with visit.writing() as db:
        found = await got(db, person)
        if found.id == visit.person.id:
            return _one(visit, found, error="OwnRoles")
        purpose = Purpose.FACTOR if found.password else Purpose.INVITED
        await enroll.invite(db, _desk(visit), found, purpose)
    return _one(visit, found, done="mailed")


@doors.act(f"{ONE}/subject", kind=Kind.STAFF, roles=ADMINISTRATORS, fresh=True)
async def subject(visit: Entered, person: UUID) -> Response:
    """Who this is at the organisation's identity provider."""
    typed = plain((await visit.fields()).get("subject", "")).strip()[:LONGEST_SUBJECT]
    try:
        async with visit.writing() as db:
            await oversee.link(db, visit.person, (await got(db, person)).name, typed, now=visit.now)
    except (oversee.OwnRoles, oversee.AlreadyLinked) as refusal:
        async with visit.reading() as db:
            return _one(visit, await got(db, person), error=type(refusal).__name__)
    return visit.to(PEOPLE)


async def got(db: AsyncSession, person: UUID) -> Staff:
    """The account of that number; raises NotFound."""
    found = await db.get(Staff, person)
    if found is None:
        raise NotFound("there is no such account")
    return found


async def chosen(visit: Inside) -> list[Role]:
    """The roles whose boxes were ticked; each has a name of its own, so nothing else can be sent."""
    fields = await visit.fields()
    return [role for role in Role if f"role-{role}" in fields]


def _desk(visit: Inside) -> Desk:
    return Desk(visit.person.name, visit.house.settings.base_url, visit.ring, visit.now)


def _faults(visit: Inside, name: str, typed: str, roles: list[Role]) -> Wrong:
    wrong = Wrong()
    if not staff.may_be_called(name):
        wrong.fields["name"] = "name"
    try:
        forms.acceptable(visit, typed)
    except BadAddress as bad:
        wrong.fields["address"] = bad.code
    if not roles:
        wrong.fields["role-editor"] = "none"
    return wrong


def _form(visit: Inside, typed: dict[str, Any], wrong: Wrong) -> Response:
    words: dict[str, Any] = {
        "typed": {"name": "", "address": "", "roles": [], **typed},
        "languages": list(NAMES.items()),
    }
    return visit.page("staff_invite.html", **words, called=rooms.titles(visit.say), **wrong.words())


def _one(visit: Inside, found: Staff, *, error: str | None = None, done: str | None = None) -> Response:
    return visit.page(
        "staff_person.html",
        status=WRONG if error else OK,
        found=found,
        called=rooms.titles(visit.say),
        oidc=visit.porch.provider is not None,
        error=error,
        done=done,
    )
