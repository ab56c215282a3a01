"""Behind a partner's link: a plain form with which a text comes into the editors' tray, without an account.

Guarded as the sign-up form is: a field that people never see, a sealed moment, limits, and no cookie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from app.core.errors import TooMany
from app.domain import contribution, contributor
from app.domain.contribution import Written
from app.domain.contributor import ONE_DAY, Contributor
from app.domain.newsletter import Newsletter
from app.features import contribute
from app.features.contribute import Source
from app.web import forms
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.errors import OK, WRONG, retry_after
from app.web.links import own, signed

FIELDS: Final = tuple(Written.model_fields)
NOTHING: Final[Mapping[str, str]] = {}

doors = Doors()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is wrong with what was filled in, or with the moment."""

    wrong: Mapping[str, str]  # what to do, by field
    code: str | None = None
    wait: timedelta | None = None

    @property
    def status(self) -> int:
        return TooMany.status if self.wait else WRONG if self.wrong or self.code else OK


@doors.look(*signed("copy"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """The empty form, and what happens with what is sent in."""
    async with visit.reading() as db:
        link, letter = await contributor.opened(db, token, visit.now)
    return _form(visit, token, link, letter, NOTHING, Entry({}))


@doors.act(*signed("copy"), kind=Kind.SIGNED_LINK)
async def send(visit: Pressed, token: str) -> Response:
    """Into the tray; or the form again with what to mend, and every word still in it."""
    fields = await visit.fields()
    async with visit.reading() as db:
        link, letter = await contributor.opened(db, token, visit.now)
    entry = await _entry(visit, token, fields, letter)
    if entry.code or entry.wrong:
        return _form(visit, token, link, letter, fields, entry)
    return visit.page("contributed.html", letter, again_url=own("copy", visit.language, token))


async def _entry(visit: Visit, token: str, fields: dict[str, str], letter: Newsletter) -> Entry:
    if fields.get("website"):  # the unseen field: a robot, which gets the answer of everybody
        return Entry({})
    written, wrong = contribution.read(fields, visit.now.astimezone(letter.zone).date())
    if written is None:
        return Entry({name: each.say(visit.say) for name, each in wrong.items()})
    if forms.stale(visit, fields.get("stamp", "")):
        return Entry({}, "stale")
    return await _received(visit, token, written)


async def _received(visit: Visit, token: str, written: Written) -> Entry:
    async with visit.writing() as db:
        link, _ = await contributor.opened(db, token, visit.now)
        source = Source(link, visit.network, visit.language)
        most = visit.limits.network
        try:
            await contribute.receive(db, source, written, per_network=most, ring=visit.ring, now=visit.now)
        except TooMany as limit:  # the counts stay, or there would be no limit
            return Entry({}, str(limit), limit.wait)
    return Entry({})


def _form(
    visit: Visit,
    token: str,
    link: Contributor,
    letter: Newsletter,
    typed: Mapping[str, str],
    entry: Entry,
) -> Response:
    words: dict[str, Any] = {
        "action": own("copy", visit.language, token),
        "organisation": link.organisation,
        "last_on": (link.gone_at - ONE_DAY / 2).astimezone(letter.zone).date(),
        "typed": {name: typed.get(name, "") for name in FIELDS},
        "stamp": forms.stamp(visit),
        "most": contribution.TEXT_MOST,
        "waits": contribution.WAITS.days,
        "stays": contribution.STAYS.days,
        "wrong": entry.wrong,
        "code": entry.code,
        "error": entry.code or bool(entry.wrong),
        "wait": entry.wait,
    }
    answer = visit.page("contribute.html", letter, status=entry.status, **words)
    answer.headers.update(retry_after(entry.wait) if entry.wait else {})
    return answer
