"""One reader's mail: the approved bytes with that reader's gaps filled, and the envelope around it.

Nothing is rendered here (promise 9). The same delivery always gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from app.core import tokens
from app.core.crypto import KeyRing
from app.domain import subscriber
from app.features.send.claim import Copy
from app.features.send.judge import Patience
from app.mail.compile import Compiled, Gap
from app.mail.dkim import Prepared
from app.mail.smtp import Envelope, stuff


@dataclass(frozen=True, slots=True)
class Run:
    """What all copies of one issue share while it goes out."""

    issue_id: UUID
    newsletter_id: UUID
    compiled: dict[str, Compiled]
    main_language: str
    key_id: str
    sender: str
    hostname: str
    pace: int | None
    started_at: datetime
    date: bytes
    patience: Patience
    signed: dict[str, Prepared] | None = None  # per language; without it the relay signs

    @staticmethod
    def dated(started_at: datetime) -> bytes:
        """The Date header: when the issue began, so that it is the same at every try."""
        return format_datetime(started_at.replace(microsecond=0)).encode()


@dataclass(frozen=True, slots=True)
class Ready:
    """A copy that can leave: envelope and bytes, and not before when."""

    copy: Copy
    envelope: Envelope
    body: list[bytes]


def message_id(delivery_id: UUID, hostname: str) -> bytes:
    """Made from the delivery's random number: the same on every try, and about nobody."""
    return f"<{delivery_id.hex}@{hostname}>".encode()


def prepare(run: Run, copy: Copy, ring: KeyRing) -> Ready:
    """Open the address and fill the gaps; raises Unreadable when the key is gone."""
    to = subscriber.envelope(ring, copy.sealed, copy.subscriber_id, run.newsletter_id)
    tag = tokens.tag_of(run.newsletter_id)
    values = {
        Gap.TO: to,
        Gap.MESSAGE_ID: message_id(copy.id, run.hostname),
        Gap.DATE: run.date,
        Gap.LEAVE: tokens.mark(ring, "leave", tag, copy.subscriber_id, key_id=run.key_id).encode(),
    }
    language = copy.language if copy.language in run.compiled else run.main_language
    compiled = run.compiled[language]
    # The moment of a signature is the issue's: a copy that is tried again has the same bytes.
    signatures = run.signed[language].sign(values, run.started_at) if run.signed else []
    address = to.decode()
    envelope = Envelope(
        sender=run.sender,
        recipient=address,
        size=compiled.size(values) + sum(map(len, signatures)),
        smtputf8=not address.isascii(),
        envid=copy.id.hex,
    )
    return Ready(copy, envelope, stuff([*signatures, *compiled.fill(values)]))
