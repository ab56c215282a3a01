"""The one question that our forms ask, an e-mail address, and what tells people from robots.

Three quiet helps and no puzzle: a field that people never see, a sealed moment at which the form was
given out, and a limit per network. There is no shortest time to fill in the form: password managers
are quicker than any robot, and the unseen field does that work already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import tokens
from app.core.address import Address, BadAddress, parse
from app.core.crypto import Unreadable
from app.web.deps import Visit

OPEN_FOR = timedelta(hours=2)  # AS-08: longer than anybody needs, shorter than a robot's stock of forms
SHOWN_AGAIN = 320  # characters of a wrong address that stay in the field: more was never an address


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed: an address, or the code of what is wrong with it."""

    typed: str
    address: Address | None
    code: str | None
    trapped: bool  # the unseen field was filled in, which only a robot does


async def entry(visit: Visit) -> Entry:
    """Read the form; nothing is looked up, so the answer is the same whoever the address is."""
    fields = await visit.fields()
    typed = fields.get("address", "")
    trapped = bool(fields.get("website"))
    try:
        address = acceptable(visit, typed)
    except BadAddress as bad:
        return Entry(typed[:SHOWN_AGAIN], None, bad.code, trapped)
    code = "stale" if _stale(visit, fields.get("stamp", "")) else None
    return Entry(typed, address, code, trapped)


def acceptable(visit: Visit, typed: str) -> Address:
    """An address that our relay can deliver to; raises BadAddress."""
    address = parse(typed)
    if address.needs_smtputf8 and not visit.house.settings.smtputf8:
        raise BadAddress("bad_local")
    return address


def stamp(visit: Visit) -> str:
    """When this form was given out, sealed."""
    return tokens.seal(visit.ring, "stamp", {"i": visit.now.isoformat()})


def _stale(visit: Visit, stamped: str) -> bool:
    """A form without a stamp is fine: it is a help against robots and not a wall for people."""
    if not stamped:
        return False
    try:
        given_at = str(tokens.unseal(visit.ring, "stamp", stamped)["i"])
    except Unreadable:
        return True
    return visit.now > datetime.fromisoformat(given_at) + OPEN_FOR
