"""A colleague approves an issue: what is stored then is, byte for byte, what every reader gets.

The approver is never the author. The mail is compiled once per language, with gaps for what differs
between readers; an edit afterwards takes the approval and its bytes away (promise 9).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import language as languages
from app.core import paths
from app.core.crypto import KeyRing
from app.core.errors import IllegalMove, Invalid, Refused
from app.domain import audit, staff
from app.domain import issue as issues
from app.domain.audit import Event
from app.domain.content import Content
from app.domain.issue import Frozen, Image, Issue, State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role
from app.mail.compile import (
    BadHeader,
    BadLetter,
    Compiled,
    Gap,
    Letter,
    Picture,
    TooLarge,
    compile_letter,
)
from app.mail.headers import BULK, list_id, one_click
from app.mail.rendering import render

MARKER_BYTES = 16
NAME_LENGTH = 16  # hexadecimal characters: two pictures of an issue never share them


@dataclass(frozen=True, slots=True)
class Press:
    """What an issue is compiled from: everything its bytes depend on."""

    letter: Newsletter
    issue: Issue
    editions: dict[str, Content]
    images: list[Image]
    base_url: str


async def submit(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """The author asks a colleague to look."""
    issue.move_to(State.IN_REVIEW)
    await audit.record(session, actor, Event.ISSUE_SUBMITTED, about=f"issue {issue.id}", now=now)


async def approve(
    session: AsyncSession,
    issue: Issue,
    *,
    approver: str,
    base_url: str,
    ring: KeyRing,
    now: datetime,
) -> None:
    """Store the bytes that will be sent and their hash; raises Refused with what is in the way."""
    person = await staff.must_be(session, approver, Role.APPROVER)
    if person.name == issue.author:
        raise Refused("an issue is approved by somebody else than its author")
    if issue.state == State.DRAFT:
        await submit(session, issue, actor=issue.author, now=now)
    if issue.state != State.IN_REVIEW:
        raise IllegalMove(f"the issue is '{issue.state}'; only a draft or one in review is approved")
    compiled = await press(session, issue, base_url=base_url)
    stored = {key: value.to_bytes() for key, value in compiled.items()}
    await issues.void_approval(session, issue)
    session.add_all(Frozen(issue_id=issue.id, language=key, compiled=value) for key, value in stored.items())
    issue.approver, issue.approved_at = person.name, now
    issue.digest, issue.key_id = issues.digest(stored), ring.active
    issue.move_to(State.APPROVED)
    await audit.record(
        session,
        person.name,
        Event.ISSUE_APPROVED,
        about=f"issue {issue.id}",
        reason=f"sha256 {issue.digest}",
        now=now,
    )


async def press(session: AsyncSession, issue: Issue, *, base_url: str) -> dict[str, Compiled]:
    """Compile the issue for readers of each language; raises Invalid with what is wrong.

    Nothing of it depends on when it goes out: the approved bytes may leave in another month.
    """
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    editions = await issues.editions(session, issue.id)
    if letter.language not in editions:
        raise Refused(f"the issue has no text in the newsletter's main language, {letter.language}")
    images = await issues.images(session, issue.id)
    made = Press(letter, issue, editions, images, base_url)
    try:
        return {each: _compile(made, each) for each in languages.LANGUAGES}
    except (BadHeader, BadLetter, TooLarge) as trouble:
        raise Invalid(f"the mail cannot be made: {trouble}") from None


def _compile(made: Press, language: str) -> Compiled:
    marker = "gap" + secrets.token_hex(MARKER_BYTES)
    letter = made.letter
    content = made.editions.get(language) or made.editions[letter.language]
    leave_url = paths.link(made.base_url, "leave", language, marker)
    images = [image for image in made.images if image.name in content.pictures()]
    pictures = {image.name: _picture(made, image) for image in images}
    shown = {each.name: (pictures[each.name].cid, each.width, each.height) for each in images}
    rendered = render(
        "issue",
        language,
        newsletter=letter,
        content=content,
        number=made.issue.number,
        leave_url=leave_url,
        mydata_url=paths.ask(made.base_url, language, letter.slug),
        privacy_url=paths.privacy(made.base_url, language, letter.slug),
        images=shown,
    )
    return compile_letter(
        Letter(
            subject=rendered.subject,
            sender_name=letter.sender_name,
            sender=letter.sender_address,
            text=rendered.text,
            html=rendered.html,
            reply_to=letter.reply_to or None,
            headers=_headers(made, leave_url),
            pictures=tuple({each.cid: each for each in pictures.values()}.values()),
        ),
        markers={Gap.LEAVE: marker},
        boundary_seed=secrets.token_bytes(MARKER_BYTES),
    )


def _filename(image: Image) -> str:
    """A name that says nothing: the one it was uploaded under may say more than was meant."""
    digest = hashlib.sha256(image.content).hexdigest()
    return f"{digest[:NAME_LENGTH]}.{image.type.rpartition('/')[2]}"


def _picture(made: Press, image: Image) -> Picture:
    host = urlsplit(made.base_url).hostname or "localhost"
    name = _filename(image)
    return Picture(f"{name}@{host}", image.type, image.content, name)


def _headers(made: Press, leave_url: str) -> tuple[tuple[str, str], ...]:
    letter = made.letter
    host = urlsplit(made.base_url).hostname or "localhost"
    return (
        list_id(letter.title, f"{letter.slug}.{host}"),
        *one_click(leave_url),
        ("List-Help", f"<{paths.privacy(made.base_url, letter.language, letter.slug)}>"),
        ("List-Subscribe", f"<{paths.signup(made.base_url, letter.language, letter.slug)}>"),
        ("List-Post", "NO"),
        ("Feedback-ID", f"{made.issue.number}:{letter.slug[:20]}:newsletter:bodemail"),
        *BULK,
    )
