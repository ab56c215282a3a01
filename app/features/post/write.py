"""The mail that a decision becomes: rendered, compiled, and filled for its one reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

from app.core import paths, tokens
from app.core.crypto import KeyRing
from app.domain import halt
from app.domain.newsletter import Newsletter
from app.domain.outbox import Mail
from app.features.post.decide import Decision
from app.mail.compile import Compiled, Gap, Letter, compile_letter
from app.mail.dkim import Signer
from app.mail.headers import AUTOMATIC
from app.mail.rendering import render
from app.mail.smtp import Envelope, stuff


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail ready for the wire."""

    envelope: Envelope
    body: list[bytes]


@dataclass(frozen=True, slots=True)
class House:
    """Where the mail comes from, and who signs it; without a signer the relay does."""

    base_url: str
    hostname: str
    signer: Signer | None = None


def write(mail: Mail, decision: Decision, house: House, now: datetime) -> Outgoing:
    """Render and fill one service mail; its Message-ID is the same at every try."""
    letter = decision.newsletter
    rendered = render(decision.template, decision.language, **_context(decision, house))
    compiled = compile_letter(
        Letter(
            subject=rendered.subject,
            sender_name=letter.sender_name,
            sender=letter.sender_address,
            text=rendered.text,
            html=rendered.html,
            reply_to=letter.reply_to or None,
            headers=AUTOMATIC,
        ),
        markers={},
        boundary_seed=mail.id.bytes,
    )
    return _fill(compiled, mail.id, decision, house, now, {})


def final(
    mail_id: UUID, compiled: Compiled, decision: Decision, house: House, ring: KeyRing, now: datetime
) -> Outgoing:
    """The approved issue itself for a colleague; its link to leave belongs to nobody."""
    tag = decision.newsletter.tag
    nobody = {Gap.LEAVE: tokens.mark(ring, "leave", tag, uuid4()).encode()}
    return _fill(compiled, mail_id, decision, house, now, nobody)


def _fill(
    compiled: Compiled,
    mail_id: UUID,
    decision: Decision,
    house: House,
    now: datetime,
    more: dict[Gap, bytes],
) -> Outgoing:
    address = decision.address.envelope
    values = {
        Gap.TO: address.encode(),
        Gap.MESSAGE_ID: f"<{mail_id.hex}@{house.hostname}>".encode(),
        Gap.DATE: format_datetime(now.replace(microsecond=0)).encode(),
        **more,
    }
    signatures = house.signer.prepare(compiled).sign(values, now) if house.signer else []
    envelope = Envelope(
        sender=decision.newsletter.sender_address,
        recipient=address,
        size=compiled.size(values) + sum(map(len, signatures)),
        smtputf8=decision.address.needs_smtputf8,
        envid=mail_id.hex,
    )
    return Outgoing(envelope, stuff([*signatures, *compiled.fill(values)]))


def _context(decision: Decision, house: House) -> dict[str, Any]:
    letter: Newsletter = decision.newsletter
    words = dict(decision.words)
    if "slot" in words:
        words["slot"] = datetime.fromisoformat(words["slot"]).astimezone(letter.zone)
    words |= {name: date.fromisoformat(text) for name, text in words.items() if name.endswith("_on")}
    if "due_at" in words:
        words["due_at"] = datetime.fromisoformat(words["due_at"]).astimezone(letter.zone)
    if "reason" in words:
        words["halt"] = halt.read(words["reason"])
    return {
        "newsletter": letter,
        "privacy_url": paths.privacy(house.base_url, decision.language, letter.slug),
        "subscribe_url": paths.signup(house.base_url, decision.language, letter.slug),
        "staff_url": f"{house.base_url}/staff",
        **words,
    }
