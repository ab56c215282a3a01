"""One's own account: language, password, second factor, recovery codes, and where one is signed in."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from starlette.responses import Response

from app.core import passwords
from app.core.errors import Invalid
from app.core.language import LANGUAGES
from app.domain import recovery, session
from app.domain.staff import Staff
from app.features import renew
from app.web.doors import EVERYONE, Doors, Kind
from app.web.links import NAMES
from app.web.staff import choosing
from app.web.staff.choosing import Wrong
from app.web.staff.gate import Entered, Inside
from app.web.staff.rooms import ACCOUNT
from app.web.staff.signin import LONGEST_CODE, shown_again

PASSWORD: Final = f"{ACCOUNT}/password"
FACTOR: Final = f"{ACCOUNT}/factor"
CODES: Final = f"{ACCOUNT}/codes"

doors = Doors()


@doors.look(ACCOUNT, kind=Kind.STAFF, roles=EVERYONE)
async def show(visit: Entered) -> Response:
    """All of it, with a button to end each session."""
    async with visit.reading() as db:
        stays = await session.of(db, visit.person.id, visit.now)
        left = await recovery.left(db, visit.person.id)
    return visit.page(
        "staff_account.html",
        stays=[
            (each.id, each.browser, each.created_at, each.seen_at, each.id == visit.stay.id) for each in stays
        ],
        codes_left=left,
        languages=list(NAMES.items()),
    )


@doors.act(f"{ACCOUNT}/language", kind=Kind.STAFF, roles=EVERYONE)
async def language(visit: Entered) -> Response:
    """The language of pages and mails."""
    chosen = (await visit.fields()).get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid("that language is not spoken here")
    async with visit.writing() as db:
        (await db.get_one(Staff, visit.person.id)).language = chosen
    return visit.to(ACCOUNT)


@doors.act(f"{ACCOUNT}/sessions", kind=Kind.STAFF, roles=EVERYONE)
async def end(visit: Entered) -> Response:
    """Sign out somewhere else; the number of another person's session ends nothing."""
    chosen = (await visit.fields()).get("session", "")
    try:
        chosen_id = UUID(chosen)
    except ValueError:
        raise Invalid("there is no such session") from None
    async with visit.writing() as db:
        await session.end(db, visit.person.id, chosen_id)
    return visit.to(ACCOUNT)


@doors.look(PASSWORD, kind=Kind.STAFF, roles=EVERYONE)
async def password(visit: Entered) -> Response:
    """The form for another password."""
    return visit.page("staff_password.html", **Wrong().words())


@doors.act(PASSWORD, kind=Kind.STAFF, roles=EVERYONE)
async def change(visit: Entered) -> Response:
    """Another password, by who shows the present one (ASVS 6.2.3)."""
    fields = await visit.fields()
    wrong = Wrong()
    choosing.password_faults(fields, visit.person, wrong)
    if not wrong.fields and not await shown_again(visit, fields.get("password", ""), by="password"):
        wrong.fields |= {"password": "refused"}
    if wrong.fields:
        return visit.page("staff_password.html", **wrong.words())
    hashed = await passwords.hashed(fields["new"])
    async with visit.writing() as db:
        await renew.password(db, visit.stay, visit.person, hashed, ring=visit.ring, now=visit.now)
    return visit.page("staff_changed.html")


@doors.look(FACTOR, kind=Kind.STAFF, roles=EVERYONE, fresh=True)
async def factor(visit: Entered) -> Response:
    """The key of another second factor."""
    return _factor(visit, Wrong(), None)


@doors.act(FACTOR, kind=Kind.STAFF, roles=EVERYONE, fresh=True)
async def refactor(visit: Entered) -> Response:
    """Another second factor, by who shows a code of the present one."""
    fields = await visit.fields()
    wrong, secret = Wrong(), choosing.sent_factor(visit, visit.person, fields)
    if secret is None:
        wrong.fields["code"] = "refused"  # the page was open for too long: there is another key now
    elif not await shown_again(visit, fields.get("old", ""), by="code"):
        wrong.fields["old"] = "refused"
    if secret is None or wrong.fields:
        return _factor(visit, wrong, secret)
    async with visit.writing() as db:
        code = fields.get("code", "")[:LONGEST_CODE]
        codes = await renew.factor(db, visit.stay, visit.person, secret, code, ring=visit.ring, now=visit.now)
    if codes is None:
        wrong.fields["code"] = "refused"
        return _factor(visit, wrong, secret)
    return visit.page("staff_codes.html", codes=codes, next=ACCOUNT)


@doors.look(CODES, kind=Kind.STAFF, roles=EVERYONE, fresh=True)
async def codes(visit: Entered) -> Response:
    """What new codes mean for the old ones."""
    return visit.page("staff_newcodes.html")


@doors.act(CODES, kind=Kind.STAFF, roles=EVERYONE, fresh=True)
async def recode(visit: Entered) -> Response:
    """New recovery codes, shown once."""
    async with visit.writing() as db:
        made = await renew.codes(db, visit.stay, visit.person, ring=visit.ring, now=visit.now)
    return visit.page("staff_codes.html", codes=made, next=ACCOUNT)


def _factor(visit: Inside, wrong: Wrong, secret: str | None) -> Response:
    shown = choosing.same_factor(visit, visit.person, secret)
    return visit.page("staff_factor.html", **{**shown, **wrong.words()})
