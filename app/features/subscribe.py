"""Somebody fills in the sign-up form, or asks for the link to their own data.

Both always write one identical sealed row and answer the same, whoever the address belongs to; the
worker finds out later what it means (design section 5, "same answer, same time").
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import throttle
from app.core.address import Address
from app.core.crypto import KeyRing
from app.core.errors import TooMany
from app.core.throttle import Meter
from app.domain import consent, outbox
from app.domain.newsletter import Newsletter
from app.domain.outbox import Purpose

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is counted together: per network, whose keys are destroyed daily, and over all of them."""

    network: Meter
    overall: Meter


SIGNUPS = Gauge(Meter("network", DAY), Meter("overall", HOUR))
# Apart: however many sign up, a reader still comes to their own data and out.
OWN = Gauge(Meter("network-own", DAY), Meter("overall-own", HOUR))


@dataclass(frozen=True, slots=True)
class Limits:
    """How many forms an hour, per network (told to the visitor) and over all of them."""

    network: int
    overall: int


@dataclass(frozen=True, slots=True)
class Form:
    """What a visitor sent, and from which network (None for one on the allow-list)."""

    newsletter: Newsletter
    address: Address
    language: str
    network: str | None


async def subscribe(
    session: AsyncSession, form: Form, *, shown: str, limits: Limits, ring: KeyRing, now: datetime
) -> None:
    """Ask for a confirmation mail; `shown` is the exact text that stood beside the button.

    Raises TooMany when the visitor's network, or everybody together, asked too often.
    """
    await within(session, form.network, limits, ring=ring, now=now)
    wording = await consent.worded(session, shown, now)
    _write(session, Purpose.SIGNUP, form, ring=ring, now=now, wording=wording)


async def ask(session: AsyncSession, form: Form, *, limits: Limits, ring: KeyRing, now: datetime) -> None:
    """Ask for the short-lived link to one's own data; the answer is the same for every address."""
    await within(session, form.network, limits, gauge=OWN, ring=ring, now=now)
    _write(session, Purpose.ASK, form, ring=ring, now=now, wording="")


def _write(
    session: AsyncSession,
    purpose: Purpose,
    form: Form,
    *,
    ring: KeyRing,
    now: datetime,
    wording: str,
) -> None:
    content = {
        "address": form.address.typed,
        "newsletter": form.newsletter.id.hex,
        "language": form.language,
        "wording": wording,
        "nonce": secrets.token_urlsafe(NONCE_BYTES),
        "at": now.isoformat(),
    }
    outbox.write(session, ring, purpose, content, now)


async def within(
    session: AsyncSession,
    network: str | None,
    limits: Limits,
    *,
    gauge: Gauge = SIGNUPS,
    ring: KeyRing,
    now: datetime,
) -> None:
    """Count this form; raises TooMany with a reason that the page can explain.

    Both counts begin again at the whole hour, so that is how long there is to wait.
    """
    hour = now.strftime("%Y%m%d%H")
    wait = gauge.overall.starts(now) + gauge.overall.window - now
    counted = {gauge.network: f"{network}|{hour}".encode()} if network is not None else {}
    *own, all_of_them = await throttle.hits(session, {**counted, gauge.overall: b"all"}, ring=ring, now=now)
    if any(each > limits.network for each in own):
        raise TooMany("network_limit", wait)
    if all_of_them > limits.overall:
        raise TooMany("busy", wait)
