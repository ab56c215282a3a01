"""A request is carried out or refused, and answered; two more months need a reason and a notice in time.

Erasing itself is `features/erase.py`: the door calls both in one transaction. While the ledger lacks a line
of it there is no certificate, and the answer waits for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.address import Address
from app.core.errors import Refused
from app.domain import answer, erasure, farewell, lifting, newsletter, request, silence, subscriber, term
from app.domain.audit import Event
from app.domain.block import Ground
from app.domain.certificate import Removed
from app.domain.ledger import Reason
from app.domain.newsletter import Newsletter
from app.domain.refusal import reasons
from app.domain.request import UNDECIDED, Delay, Kind, Refusal, Request, State
from app.features.request import respond
from app.features.request.receive import Desk, mail, note, tell


class Way(StrEnum):
    """How somebody gets an answer or a notice."""

    MAIL = "mail"  # to the address of the request
    SCREEN = "screen"  # the person has it before them
    LETTER = "letter"
    TELEPHONE = "telephone"


class Unreachable(Refused):
    """No mail can reach the person: the mailbox is not theirs any more."""


class OnlyByMail(Refused):
    """Nobody here sees what is held, so it can be given to the person's own mailbox alone."""


class ByItself(Refused):
    """An answer by mail closes its request when it has arrived, and not before."""


class NoGround(Refused):
    """The law does not give this reason for what was asked, or not before it is known who asks."""


class Unproven(Refused):
    """The certificate must be made first: it follows within minutes of the ledger being back."""


class TooLate(Refused):
    """An extension must be told inside the first month."""


# Nobody has to wait for an officer to be left alone (Art. 18 and 21).
AT_ONCE = frozenset({Kind.RESTRICTION, Kind.OBJECTION})


@dataclass(frozen=True, slots=True)
class Gone:
    """What the door erased; without `proof_url` the ledger lacks a line, and the certificate follows."""

    removed: Removed
    overtaken: tuple[str, ...]
    proof_url: str | None


async def by_link(session: AsyncSession, desk: Desk, row: Request) -> bool:
    """A reader asked on their own page: what needs nobody is done at once; of the rest officers hear."""
    if row.kind in AT_ONCE:
        await carry_out(session, desk, row, Way.MAIL)
    else:
        await tell(session, desk.ring, row, desk.base_url, desk.now, ready=True)
    return row.kind in AT_ONCE


async def carry_out(
    session: AsyncSession, desk: Desk, row: Request, way: Way, gone: Gone | None = None
) -> None:
    """Do what was asked, over all newsletters, and answer. Erasing was done by the door a moment ago."""
    may_be_carried_out(row, way)
    row.move_to(State.DONE)
    row.decided_at = desk.now
    for letter in await newsletter.every(session):
        await _act(session, desk, row, letter)
    if row.kind == Kind.ERASURE:
        row.subject = None  # nothing leads from the person to it any more; the answer needs the address alone
    await note(session, desk, row, Event.REQUEST_CARRIED_OUT, f"{row.kind}, answer by {way}")
    if gone is not None and gone.proof_url is None:
        row.unproven = {"way": way, "removed": gone.removed.model_dump(), "overtaken": list(gone.overtaken)}
    else:
        await _answer(session, desk, row, way, gone)


def may_be_carried_out(row: Request, way: Way) -> None:
    """Raise Refused when it may not be, or not be answered so: asked before anything is done for good."""
    request.may_be_carried_out(row)
    if way in answers_by(row):
        return
    if row.reachable:
        raise OnlyByMail("what is held goes to the person's own mailbox")
    raise Unreachable("this mailbox is not the person's any more; answer in another way")


async def prove(session: AsyncSession, desk: Desk, row: Request, proof_url: str) -> bool:
    """The ledger has all of an erasure now: the answer that waited for it goes, with its certificate.

    False when an officer gives it in another way: then the certificate is on the page of the request.
    """
    waiting = row.unproven or {}
    if waiting.get("way") != Way.MAIL:
        return False
    row.unproven = None
    gone = Gone(Removed(**waiting["removed"]), tuple(waiting["overtaken"]), proof_url)
    await _mail_answer(session, desk, row, gone)
    return True


def answers_by(row: Request) -> tuple[Way, ...]:
    """In which ways what was carried out can be answered."""
    if not row.reachable:
        return tuple(way for way in Way if way is not Way.MAIL)
    return (Way.MAIL,) if row.kind in respond.SEEN else tuple(Way)


async def _act(session: AsyncSession, desk: Desk, row: Request, letter: Newsletter) -> None:
    address = request.opened(desk.ring, row)
    found = await subscriber.find(session, desk.ring, letter.id, address)
    tools: Any = {"ring": desk.ring, "book": desk.book, "now": desk.now}
    if row.kind == Kind.RESTRICTION and found is not None:
        await farewell.restrict(session, found, book=desk.book, now=desk.now)
    elif row.kind == Kind.OBJECTION:
        await silence.begin(session, letter.id, address, Ground.OBJECTION, **tools)
    elif row.kind == Kind.LIFT:
        await _lift(session, desk, row, letter, address)
    elif row.kind == Kind.CORRECTION and found is not None and not row.reachable:
        # the new mailbox signs up by itself
        await farewell.end(session, found, Reason.LEFT, **tools, known=address)


async def _lift(
    session: AsyncSession, desk: Desk, row: Request, letter: Newsletter, address: Address
) -> None:
    many, _ = await lifting.lift(session, letter.id, address, ring=desk.ring, book=desk.book, now=desk.now)
    if many:
        await note(session, desk, row, Event.BLOCK_LIFTED, f"of newsletter {letter.slug}")


async def refuse(session: AsyncSession, desk: Desk, row: Request, why: Refusal, way: Way) -> None:
    """Not carried out, for a reason from the list; the answer says which, and what the person can do."""
    if why not in reasons(row, desk.now):
        raise NoGround("the law does not give this reason here")
    row.move_to(State.REFUSED)
    row.run_on(term.today(desk.now))
    row.refusal, row.decided_at = why, desk.now
    await note(session, desk, row, Event.REQUEST_REFUSED, f"{why}, answer by {way}")
    await _answer(session, desk, row, way)


async def _answer(
    session: AsyncSession, desk: Desk, row: Request, way: Way, gone: Gone | None = None
) -> None:
    if way is Way.MAIL:
        await _mail_answer(session, desk, row, gone)
    else:
        await answered(session, desk, row, way)


async def _mail_answer(session: AsyncSession, desk: Desk, row: Request, gone: Gone | None = None) -> None:
    if not row.reachable:
        raise Unreachable("this mailbox is not the person's any more; answer in another way")
    proof_url = gone.proof_url if gone else None
    overtaken = gone.overtaken if gone else await erasure.overtaken_with(session, row)
    said = await respond.words(session, desk, row, proof_url, overtaken)
    mail(session, desk, row, "answer", answers=True, **said)


async def again(session: AsyncSession, desk: Desk, row: Request) -> None:
    """Mail the answer once more: it did not arrive, or nobody knows whether it left before a restore."""
    if row.unproven is not None:
        raise Unproven("the answer goes by itself, with the certificate")
    if row.state not in answer.ON_ITS_WAY | {State.RETURNED}:
        raise Refused("there is no answer on its way")
    if row.state == State.RETURNED:
        row.move_to(State.REFUSED if row.refusal else State.DONE)
        await note(session, desk, row, Event.REQUEST_ANSWERED_AGAIN, "mailed once more")
    await _mail_answer(session, desk, row)


async def answered(
    session: AsyncSession, desk: Desk, row: Request, way: Way, *, proven: bool = False
) -> None:
    """The person has the answer, and not by mail; the address is let go.

    `proven` says that the certificate which an erasure waited for can be had now.
    """
    if way is Way.MAIL:
        raise ByItself("a mail closes the request when it has arrived")
    if row.unproven is not None and not proven:
        raise Unproven("the certificate follows by itself when the ledger is back")
    request.close(row, State.ANSWERED, desk.now)
    await note(session, desk, row, Event.REQUEST_CLOSED, f"answered by {way}")


async def give_up(session: AsyncSession, desk: Desk, row: Request, *, without: bool = False) -> None:
    """The answer cannot be delivered; the address is let go, `without` a certificate that still waits."""
    if row.unproven is not None and not without:
        raise Unproven("the certificate follows by itself when the ledger is back")
    request.close(row, State.UNREACHED, desk.now)
    await note(session, desk, row, Event.REQUEST_CLOSED, "the answer could not be delivered")


async def withdraw(session: AsyncSession, desk: Desk, row: Request) -> None:
    """The person took it back."""
    request.close(row, State.WITHDRAWN, desk.now)
    await note(session, desk, row, Event.REQUEST_CLOSED, "withdrawn")


async def extend(session: AsyncSession, desk: Desk, row: Request, why: Delay, way: Way) -> None:
    """Two more months, with a reason, told to the person inside the first month (Art. 12(3))."""
    on = term.today(desk.now)
    if row.state not in UNDECIDED or row.delay is not None:
        raise Refused("the term of this request cannot be extended")
    if on > row.term.first(on):
        raise TooLate("the first month has passed; the term cannot be extended any more")
    row.delay, row.warned = why, None
    await note(session, desk, row, Event.REQUEST_EXTENDED, f"{why}, told by {way}")
    _tell_longer(session, desk, row, way)


async def extended_again(session: AsyncSession, desk: Desk, row: Request, way: Way) -> None:
    """The word that it takes longer did not arrive: it is mailed once more, or was given in another way."""
    if row.state not in UNDECIDED or row.lost != "extended":
        raise Refused("there is no such word that did not arrive")
    row.lost = None
    await note(session, desk, row, Event.REQUEST_EXTENDED, f"{row.delay}, told once more by {way}")
    _tell_longer(session, desk, row, way)


def _tell_longer(session: AsyncSession, desk: Desk, row: Request, way: Way) -> None:
    if way is not Way.MAIL:
        return
    if not row.reachable:
        raise Unreachable("this mailbox is not the person's any more; tell it in another way")
    last_on = row.term.last(term.today(desk.now)).isoformat()
    mail(session, desk, row, "extended", delay=row.delay, last_on=last_on)
