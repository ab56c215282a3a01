"""What a waiting mail turns out to mean, decided here and not while a visitor waits for an answer.

The form answered the same for everyone; only now does the service look whether the address is new,
subscribed already, blocked, or asked too often. In the last two cases nothing is sent, but for a sign-up of
a mailbox that was gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import paths, throttle, tokens
from app.core.address import Address, parse
from app.core.crypto import KeyRing
from app.core.throttle import Meter, Seen
from app.domain import block, subscriber
from app.domain.block import Ground
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose
from app.domain.service import LINK_LIVES


@dataclass(frozen=True, slots=True)
class Allowance:
    """What strangers can make us send to one mailbox: so many a week, and not in a row."""

    meter: Meter
    a_week: int
    apart: timedelta
    later: timedelta | None = None  # how far apart after that; None is no more at all

    def refuses(self, seen: Seen, now: datetime) -> bool:
        """Whether another one is too many now."""
        pause = self.apart if seen.count < self.a_week else self.later
        return pause is None or (seen.last_at is not None and seen.last_at > now - pause)


class NotNow(Exception):
    """The domain of this address has had its share of this hour; nothing of the mail was counted."""

    def __init__(self, until: datetime) -> None:
        super().__init__("this domain has had its share of the hour")
        self.until = until


WEEK = timedelta(days=7)
# AS-07; a new address was not proven yet either, so both kinds count together.
STRANGER = Allowance(Meter("address", WEEK, looks_back=True), 3, timedelta(minutes=15))
# Only who is subscribed gets this one, and somebody who waits for it presses twice. Strangers can use it up:
# so one a day goes out all the same, or they could keep a reader from their own data.
OWN = Allowance(Meter("own", WEEK, looks_back=True), 7, timedelta(minutes=1), timedelta(days=1))
ALLOWED = {Purpose.SIGNUP: STRANGER, Purpose.ADDRESS: STRANGER, Purpose.ASK: OWN}
DOMAIN = Meter("domain", timedelta(hours=1))  # AS-07: one organisation is not flooded either
MYDATA_HOURS = 4
MOVE_HOURS = 24  # how long the link to a new address works


@dataclass(frozen=True, slots=True)
class Decision:
    """Which mail to send, in which language, with which words."""

    template: str
    language: str
    newsletter: Newsletter
    address: Address
    words: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What deciding needs."""

    session: AsyncSession
    ring: KeyRing
    base_url: str
    now: datetime
    a_domain: int  # mails that strangers can make us send to one domain in an hour


async def decide(desk: Desk, content: dict[str, Any], *, first: bool) -> Decision | None:
    """The mail this row becomes, or None when nothing is to be sent.

    `first` is False when the row was tried before: then its limits were counted already. Raises NotNow when
    it is to wait for the next hour.
    """
    letter = await desk.session.get(Newsletter, UUID(content["newsletter"]))
    if letter is None:
        return None
    address = parse(content["address"])
    purpose = Purpose(content["purpose"])
    if purpose in {Purpose.STAFF, Purpose.REQUEST}:
        return Decision(content["template"], content["language"], letter, address, content["words"])
    if await _blocked(desk, letter, address, purpose):
        return None
    allowance = ALLOWED.get(purpose)
    if allowance and first and await _too_often(desk, letter, address, allowance):
        return None
    return await _FINDERS[purpose](desk, letter, address, content)


async def _blocked(desk: Desk, letter: Newsletter, address: Address, purpose: Purpose) -> bool:
    known = block.subjects(desk.ring, letter.id, address)
    # Who has a mailbox again that was gone can only come back by a mail to it (ER-05).
    but = Ground.BOUNCE if purpose is Purpose.SIGNUP else None
    return await block.active(desk.session, letter.id, known, now=desk.now, but=but) is not None


async def _too_often(desk: Desk, letter: Newsletter, address: Address, allowance: Allowance) -> bool:
    """Count only what is sent: who is refused may ask again when the time has come."""
    value = letter.id.bytes + address.mailbox.encode()
    so_far = await throttle.so_far(desk.session, allowance.meter, value, ring=desk.ring, now=desk.now)
    if allowance.refuses(so_far, desk.now):
        return True
    if allowance is STRANGER:
        await _share(desk, address)
    await throttle.hit(desk.session, allowance.meter, value, ring=desk.ring, now=desk.now)
    return False


async def _share(desk: Desk, address: Address) -> None:
    sent = await throttle.hit(desk.session, DOMAIN, address.domain.encode(), ring=desk.ring, now=desk.now)
    if sent > desk.a_domain:
        raise NotNow(DOMAIN.starts(desk.now) + DOMAIN.window)


async def _signup(desk: Desk, letter: Newsletter, address: Address, content: dict[str, Any]) -> Decision:
    row = await subscriber.find(desk.session, desk.ring, letter.id, address)
    if row is not None:
        own = _on_record(desk, row, address)
        return Decision("already", content["language"], letter, own, _own_link(desk, letter, row))
    sealed = {
        "a": content["address"],
        "n": letter.tag.hex(),
        "l": content["language"],
        "w": content["wording"],
        "i": content["at"],
        "x": content["nonce"],
    }
    confirm = tokens.seal(desk.ring, "confirm", sealed)
    notme = tokens.seal(desk.ring, "notme", sealed)
    words = {
        "confirm_url": paths.link(desk.base_url, "confirm", content["language"], confirm),
        "notme_url": paths.link(desk.base_url, "notme", content["language"], notme),
        "valid_days": LINK_LIVES.days,
    }
    return Decision("confirm", content["language"], letter, address, words)


def _on_record(desk: Desk, row: subscriber.Subscriber, typed: Address) -> Address:
    """The mailbox on record, not the one typed, unless what is on record was damaged.

    By both the same row is found, and its owner needs the link to have it deleted. A key can be brought back.
    """
    return typed if subscriber.damaged(desk.ring, row) else subscriber.opened(desk.ring, row)


def _own_link(desk: Desk, letter: Newsletter, row: subscriber.Subscriber) -> dict[str, Any]:
    sealed = {"s": row.id.hex, "n": letter.tag.hex(), "i": desk.now.isoformat()}
    token = tokens.seal(desk.ring, "manage", sealed)
    return {
        "mydata_url": paths.link(desk.base_url, "manage", row.language, token),
        "valid_hours": MYDATA_HOURS,
    }


async def _ask(desk: Desk, letter: Newsletter, address: Address, content: dict[str, Any]) -> Decision | None:
    row = await subscriber.find(desk.session, desk.ring, letter.id, address)
    if row is None:
        return None
    own = _on_record(desk, row, address)
    return Decision("mydata", content["language"], letter, own, _own_link(desk, letter, row))


async def _address(
    desk: Desk, letter: Newsletter, address: Address, content: dict[str, Any]
) -> Decision | None:
    sealed = {
        "a": content["address"],
        "s": content["subscriber"],
        "n": content["newsletter"],
        "l": content["language"],
        "i": content["at"],
        "x": content["nonce"],
    }
    token = tokens.seal(desk.ring, "address", sealed)
    words = {
        "address_url": paths.link(desk.base_url, "address", content["language"], token),
        "valid_hours": MOVE_HOURS,
    }
    return Decision("address", content["language"], letter, address, words)


async def _moved(
    _desk: Desk, letter: Newsletter, address: Address, content: dict[str, Any]
) -> Decision | None:
    return Decision("moved", content["language"], letter, address, {})


_FINDERS = {
    Purpose.SIGNUP: _signup,
    Purpose.ASK: _ask,
    Purpose.ADDRESS: _address,
    Purpose.MOVED: _moved,
}
