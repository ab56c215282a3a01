"""Is it really the person who asks? A mail to the address itself says it best; else a recorded ground.

Only while we wait for an answer to that question can the term stand still, and whether it does is
somebody's recorded decision (EDPB Guidelines 01/2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import paths, tokens
from app.core.crypto import KeyRing, Unreadable
from app.core.errors import Invalid, LinkProblem, NotFound, Refused
from app.domain import request, term
from app.domain.audit import Event
from app.domain.newsletter import Newsletter
from app.domain.refusal import QUESTION, REACTS
from app.domain.request import Identity, Request, State
from app.features.request.receive import Desk, mail, note, tell
from app.features.request.settle import Way

OPENS_FOR = REACTS  # nobody is refused while it works
RECORDED = tuple(each for each in Identity if each not in {Identity.LINK, Identity.BUTTON})


class Passed(Refused):
    """What has ended cannot stand still."""


async def ask(session: AsyncSession, desk: Desk, row: Request, *, suspends: bool) -> None:
    """Mail the address itself a link and a button; the term stands still from today if that was decided."""
    on = term.today(desk.now)
    if suspends and row.term.left(on) < 0:
        raise Passed("the term has passed; it cannot stand still any more")
    row.move_to(State.ASKED)
    if suspends:
        row.still_since = on
    await _mail(session, desk, row)
    reason = "the term stands still" if suspends else "the term runs on"
    await note(session, desk, row, Event.REQUEST_IDENTITY_ASKED, reason)


async def ask_again(session: AsyncSession, desk: Desk, row: Request) -> None:
    """Mail it once more: it did not arrive, or its link is too old; the term goes as it went."""
    if row.state != State.ASKED:
        raise Refused("nobody waits for an answer to that question")
    await _mail(session, desk, row)
    await note(session, desk, row, Event.REQUEST_IDENTITY_ASKED, "mailed once more")


async def asked(session: AsyncSession, desk: Desk, row: Request, way: Way) -> None:
    """An officer asked it by letter, by telephone or in person; the term runs on, and a mail may follow."""
    if way is Way.MAIL or row.state not in {State.RECEIVED, State.ASKED}:
        raise Refused("that is asked before it is known who asks, and a mail is sent from here")
    if row.state == State.RECEIVED or row.lost == QUESTION:  # else the mailed link has its days from before
        row.asked_at = desk.now
        _settled(row)
    await note(session, desk, row, Event.REQUEST_IDENTITY_ASKED, str(way))


async def _mail(session: AsyncSession, desk: Desk, row: Request) -> None:
    row.asked_at = desk.now
    _settled(row)
    token = tokens.seal(desk.ring, "request", {"r": row.id.hex, "i": desk.now.isoformat()})
    url = paths.link(desk.base_url, "request", row.language, token)
    mail(session, desk, row, QUESTION, request_url=url, valid_days=OPENS_FOR.days, channel=row.channel)


async def record(session: AsyncSession, desk: Desk, row: Request, ground: Identity) -> None:
    """An officer made certain in another way; which, is on record."""
    if ground not in RECORDED:
        raise Invalid("that is not a ground that an officer can record")
    await _known(session, desk, row, ground)


async def _known(session: AsyncSession, desk: Desk, row: Request, ground: Identity) -> None:
    row.move_to(State.KNOWN)
    row.run_on(term.today(desk.now))
    row.identity = ground
    _settled(row)
    await note(session, desk, row, Event.REQUEST_IDENTITY_KNOWN, f"{ground}, stood still {row.still} days")


def _settled(row: Request) -> None:
    """It matters no more that an earlier mail with the question did not arrive; another mail may."""
    row.lost = None if row.lost == QUESTION else row.lost


@dataclass(frozen=True, slots=True)
class Question:
    """What the page behind the mailed link asks."""

    row: Request
    letter: Newsletter


async def look(
    session: AsyncSession, text: str, *, ring: KeyRing, now: datetime, lock: bool = False
) -> Question:
    """The request behind a mailed link, changing nothing; raises LinkProblem."""
    try:
        content = tokens.unseal(ring, "request", text)
    except Unreadable:
        raise LinkProblem("broken") from None
    if now > datetime.fromisoformat(content["i"]) + OPENS_FOR:
        raise LinkProblem("expired")
    try:
        row = await request.by_id(session, UUID(content["r"]), lock=lock)
    except NotFound:
        raise LinkProblem("void") from None
    letter = await session.get_one(Newsletter, row.newsletter_id)
    if row.state != State.ASKED:
        used = row.identity == Identity.BUTTON
        raise LinkProblem("used" if used else "void", slug=letter.slug, language=row.language)
    return Question(row, letter)


async def confirm(session: AsyncSession, desk: Desk, text: str) -> Question:
    """The button was pressed: it is the person who has this mailbox."""
    found = await look(session, text, ring=desk.ring, now=desk.now, lock=True)
    await _known(session, desk, found.row, Identity.BUTTON)
    await tell(session, desk.ring, found.row, desk.base_url, desk.now, ready=True)
    return found


async def deny(session: AsyncSession, desk: Desk, text: str) -> Question:
    """Somebody else asked in their name, or they changed their mind: nothing is done."""
    found = await look(session, text, ring=desk.ring, now=desk.now, lock=True)
    request.close(found.row, State.WITHDRAWN, desk.now)
    await note(session, desk, found.row, Event.REQUEST_CLOSED, "withdrawn behind the mailed link")
    return found
