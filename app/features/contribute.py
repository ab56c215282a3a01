"""A partner sends in copy through a link that an editor made; the editor can end the link at any moment.

The form stands open to whoever has the link, so it is counted like the sign-up form: for each network, for
each link and for all together, with counters of its own, so that neither form can shut the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import throttle
from app.core.crypto import KeyRing
from app.core.errors import Refused, TooMany
from app.core.throttle import Meter
from app.domain import audit, contribution, contributor, staff
from app.domain.audit import Event
from app.domain.contribution import Contribution, Written
from app.domain.contributor import Contributor, Wanted
from app.domain.newsletter import Newsletter
from app.domain.staff import Role

NETWORKS: Final = Meter("copy-network", timedelta(days=1))  # keys of networks are destroyed daily
LINKS: Final = Meter("copy-link", timedelta(days=1))
OVERALL: Final = Meter("copy", timedelta(hours=1))
A_DAY: Final = 20  # texts through one link: who has more on one day writes the newsletter themselves
AN_HOUR: Final = 200  # texts in all: more than the partners together send in for a month's issue


class Full(Refused):
    """More links than anybody can keep an eye on."""


@dataclass(frozen=True, slots=True)
class Source:
    """Through whose link it came, from which network (None is not counted), and in which language."""

    link: Contributor
    network: str | None
    language: str


async def invite(
    session: AsyncSession, letter: Newsletter, wanted: Wanted, *, author: str, now: datetime
) -> tuple[Contributor, str]:
    """Make a link; returns the random text for it, to be shown once. Raises Full."""
    person = await staff.must_be(session, author, Role.EDITOR)
    if await contributor.open_links(session, letter.id, now) >= contributor.MOST:
        raise Full("there are many links already; withdraw one first")
    row, token = contributor.new(letter, wanted, author=person.name, now=now)
    session.add(row)
    reason = f"until {wanted.until}"
    await audit.record(
        session, author, Event.COPY_LINK_MADE, about=f"copy link {row.id}", reason=reason, now=now
    )
    return row, token


async def withdraw(session: AsyncSession, link_id: UUID, *, author: str, now: datetime) -> None:
    """The link works no more; what came in through it stays in the tray."""
    await staff.must_be(session, author, Role.EDITOR)
    if await contributor.withdraw(session, link_id, now):
        await audit.record(session, author, Event.COPY_LINK_WITHDRAWN, about=f"copy link {link_id}", now=now)


async def receive(
    session: AsyncSession,
    source: Source,
    written: Written,
    *,
    per_network: int,
    ring: KeyRing,
    now: datetime,
) -> None:
    """Put a text into the tray; raises TooMany with a reason that the page can explain.

    The same text again is taken for a page that was loaded again, and stays one.
    """
    await _within(session, source, per_network, ring, now)
    row = Contribution(
        id=uuid4(),
        newsletter_id=source.link.newsletter_id,
        organisation=source.link.organisation,
        sender=written.sender,
        language=source.language,
        content=written.model_dump(mode="json", exclude={"sender"}, exclude_none=True),
        received_at=now,
        gone_at=now + contribution.WAITS,
    )
    if await contribution.same(session, row):
        return
    session.add(row)
    about, reason = f"copy {row.id}", f"link {source.link.id}"
    await audit.record(session, staff.BY_ITSELF, Event.COPY_RECEIVED, about=about, reason=reason, now=now)


async def _within(
    session: AsyncSession, source: Source, per_network: int, ring: KeyRing, now: datetime
) -> None:
    """Count this form: by the hour for a network and for all, by the day for a link."""
    hour = OVERALL.starts(now) + OVERALL.window - now
    values = {LINKS: source.link.id.bytes, OVERALL: b"all"}
    if source.network is not None:
        values[NETWORKS] = f"{source.network}|{now:%Y%m%d%H}".encode()
    link, overall, *network = await throttle.hits(session, values, ring=ring, now=now)
    if any(each > per_network for each in network):
        raise TooMany("network_limit", hour)
    if link > A_DAY:
        raise TooMany("link_limit", LINKS.starts(now) + LINKS.window - now)
    if overall > AN_HOUR:
        raise TooMany("busy", hour)
