"""The mail as readers will see it: on a phone and a desk, in the dark, without pictures, and as text.

What is approved is shown from its stored bytes. What is still being written is made as it would be sent,
without what is not finished yet. Mails of any size are made and read apart from what serves others.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from uuid import UUID

from markupsafe import escape
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import NotFound
from app.domain import edition
from app.domain import issue as issues
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.features import approve
from app.mail.compile import HTML_MOST, MESSAGE_MOST, PICTURES_MOST, Compiled, TooLarge
from app.mail.specimen import specimen
from app.web import letter
from app.web.doors import Doors, Kind
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import words
from app.web.staff.rooms import DESK, ISSUES

LOOK: Final = f"{ISSUES}/{{issue}}/preview"
FRAME: Final = f"{LOOK}/{{language}}"
PLAIN: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title></title></head>'
    '<body><pre style="white-space: pre-wrap">{text}</pre></body></html>'
)
TEXT: Final = "text"  # the guise without any form
DARK: Final = re.compile(r"@media \(prefers-color-scheme: dark\)")

doors = Doors()


@dataclass(frozen=True, slots=True)
class Proof:
    """One language of the mail, or why it cannot be made."""

    language: str
    message: EmailMessage | None = None
    left_out: int = 0
    weights: tuple[tuple[str, int, int], ...] = ()
    heavy: TooLarge | None = None


@doors.look(LOOK, kind=Kind.STAFF, roles=DESK)
async def show(visit: Entered, issue: UUID) -> Response:
    """All languages beside each other, in one guise."""
    guises = words.guises(visit.say)
    asked = visit.request.query_params.get("as", "")
    guise = asked if asked in guises else next(iter(guises))
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        main = (await db.get_one(Newsletter, found.newsletter_id)).language
        languages = sorted((await edition.subjects(db, found.id))[found.id], key=lambda each: each != main)
        proofs = [await _proof(visit, db, found, each) for each in languages]
        texts = await asyncio.to_thread(lambda: [_text(each) if guise == TEXT else "" for each in proofs])
    page = await visit.long(
        "staff_issue_preview.html",
        here=ISSUES,
        issue=found,
        guises=guises,
        guise=guise,
        proofs=list(zip(proofs, texts, strict=True)),
        names=words.languages(visit.say),
        parts=words.weights(visit.say),
    )
    return letter.around(page)


@doors.look(FRAME, kind=Kind.STAFF, roles=DESK)
async def frame(visit: Entered, issue: UUID, language: str) -> Response:
    """The mail itself, for the frame."""
    guise = visit.request.query_params.get("as", "")
    async with visit.reading() as db:
        found = await issues.get(db, issue)
        made = await _proof(visit, db, found, language)
    return await asyncio.to_thread(_framed, made, language, guise)


def _framed(made: Proof, language: str, guise: str) -> Response:
    content = letter.part(made.message, "html") if made.message else None
    if made.message is None or content is None:
        raise NotFound("there is no such mail")
    if guise == TEXT:
        content = PLAIN.format(language=escape(language), text=escape(_text(made)))
    # What the reader's own device decides is decided here by who looks.
    content = shaded(content, dark=guise == "dark")
    return letter.framed(made.message, content, links="_blank", pictures=guise != "off")


async def _proof(visit: Inside, db: AsyncSession, issue: Issue, language: str) -> Proof:
    frozen = await issues.frozen(db, issue.id)
    if language in frozen:
        return await asyncio.to_thread(_read, visit, language, Compiled.from_bytes(frozen[language]))
    written = (await edition.typed(db, issue.id)).get(language)
    if written is None:
        raise NotFound("this issue has no text in that language")
    pictures = set(await issues.weights(db, issue.id))
    content, left_out = await asyncio.to_thread(written.presentable, pictures)
    try:
        compiled = await approve.proof(db, issue, content, base_url=visit.house.settings.base_url)
    except TooLarge as heavy:
        return Proof(language, left_out=left_out, heavy=heavy)
    return await asyncio.to_thread(_read, visit, language, compiled, left_out)


def _read(visit: Inside, language: str, compiled: Compiled, left_out: int = 0) -> Proof:
    whole = specimen(compiled, visit.now)
    message = letter.read(whole)
    pictures = sum(len(each.get_content()) for each in message.walk() if each["Content-ID"])
    weights = (
        ("pictures", pictures, PICTURES_MOST),
        ("html", compiled.html_octets, HTML_MOST),
        ("whole", len(whole), MESSAGE_MOST),
    )
    return Proof(language, message, left_out, weights)


def _text(made: Proof) -> str:
    return (letter.part(made.message, "plain") or "") if made.message else ""


def shaded(content: str, *, dark: bool) -> str:
    """The mail as a dark or a light device draws it, on any device."""
    return DARK.sub("@media all" if dark else "@media not all", content)
