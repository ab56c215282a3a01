"""The one question that our forms ask, an e-mail address, and what tells people from robots.

Three quiet helps and no puzzle: a field that people never see, a sealed moment at which the form was
given out, and a limit per network. There is no shortest time to fill in the form: password managers
are quicker than any robot, and the unseen field does that work already.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core import tokens
from app.core.address import Address, BadAddress, parse
from app.core.crypto import Unreadable
from app.core.errors import TooMany
from app.domain import archive, newsletter
from app.domain.newsletter import Newsletter
from app.features.subscribe import Form
from app.web.deps import Visit
from app.web.errors import OK, WRONG, retry_after

OPEN_FOR = timedelta(hours=2)  # AS-08: longer than anybody needs, shorter than a robot's stock of forms
SHOWN_AGAIN = 320  # characters of a wrong address that stay in the field: more was never an address

Write = Callable[[AsyncSession, Form], Awaitable[None]]
Writer = Callable[[Newsletter], Write]  # gets ready for a newsletter what is to be written
Done = Callable[[Newsletter], Response]


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed: an address, or the code of what is wrong with it or with the moment."""

    typed: str = ""
    address: Address | None = None
    code: str | None = None
    trapped: bool = False  # the unseen field was filled in, which only a robot does
    wait: timedelta | None = None  # how long until trying again helps

    def limited(self, limit: TooMany) -> Entry:
        """The same, typed at a moment when too much was asked."""
        return replace(self, code=str(limit), wait=limit.wait)

    def words(self) -> dict[str, Any]:
        """What the form says when it is shown again; what was typed stays, up to a length that it tells."""
        return {
            "address": self.typed[:SHOWN_AGAIN],
            "shortened": SHOWN_AGAIN if len(self.typed) > SHOWN_AGAIN else None,
            "error": self.code,
            "wait": self.wait,
            "status": TooMany.status if self.wait else WRONG if self.code else OK,
        }

    def on(self, page: Response) -> Response:
        """This page, with the header that tells programs how long to wait."""
        page.headers.update(retry_after(self.wait) if self.wait else {})
        return page


async def entry(visit: Visit) -> Entry:
    """Read the form; nothing is looked up, so the answer is the same whoever the address is."""
    fields = await visit.fields()
    typed = fields.get("address", "")
    trapped = bool(fields.get("website"))
    try:
        address = acceptable(visit, typed)
    except BadAddress as bad:
        return Entry(typed, None, bad.code, trapped)
    code = "stale" if stale(visit, fields.get("stamp", "")) else None
    return Entry(typed, address, code, trapped)


async def show(visit: Visit, slug: str, template: str) -> Response:
    """The empty form."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
        published = await archive.begun(session, letter)
    return _page(visit, letter, template, Entry(), published=published)


async def send(visit: Visit, slug: str, template: str, writer: Writer, done: Done) -> Response:
    """Write the request down and say so, or show the form again with what to mend."""
    typed = await entry(visit)
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
    if typed.address is not None and typed.code is None and not typed.trapped:
        form = Form(letter, typed.address, visit.language, visit.network)
        typed = await _written(visit, typed, form, writer(letter))
    if typed.code is None or typed.trapped:
        return done(letter)
    async with visit.reading() as session:
        published = await archive.begun(session, letter)
    return _page(visit, letter, template, typed, published=published)


async def _written(visit: Visit, typed: Entry, form: Form, write: Write) -> Entry:
    """Only what must be written is done in the transaction: on SQLite others wait for it."""
    async with visit.writing() as session:
        try:
            await write(session, form)
        except TooMany as limit:
            return typed.limited(limit)
    return typed


def _page(visit: Visit, letter: Newsletter, template: str, typed: Entry, *, published: bool) -> Response:
    words = {**typed.words(), "action": visit.path, "stamp": stamp(visit), "published": published}
    return typed.on(visit.page(template, letter, **words))


def acceptable(visit: Visit, typed: str) -> Address:
    """An address that our relay can deliver to; raises BadAddress."""
    address = parse(typed)
    if address.needs_smtputf8 and not visit.house.settings.smtputf8:
        raise BadAddress("smtputf8")
    return address


def stamp(visit: Visit) -> str:
    """When this form was given out, sealed."""
    return tokens.seal(visit.ring, "stamp", {"i": visit.now.isoformat()})


def stale(visit: Visit, stamped: str) -> bool:
    """Whether a form was open too long. One without a stamp is fine: it helps against robots, people pass."""
    if not stamped:
        return False
    try:
        given_at = str(tokens.unseal(visit.ring, "stamp", stamped)["i"])
    except Unreadable:
        return True
    return visit.now > datetime.fromisoformat(given_at) + OPEN_FOR
