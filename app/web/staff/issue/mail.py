"""The mail of an issue for a frame and as text: as it was approved, or as it would be now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from uuid import UUID

from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import Refused
from app.core.language import LANGUAGES
from app.domain import issue as issues
from app.domain.issue import Issue
from app.features import approve
from app.mail.compile import Compiled
from app.mail.specimen import specimen
from app.web import letter as letters
from app.web.doors import Doors, Kind
from app.web.errors import MISSING
from app.web.staff.gate import Entered, Inside
from app.web.staff.issue import words
from app.web.staff.rooms import DESK, ISSUES

MAIL: Final = f"{ISSUES}/{{issue}}/mail/{{language}}"

doors = Doors()


@dataclass(frozen=True, slots=True)
class Shown:
    """The mail for readers of one language."""

    language: str
    name: str
    subject: str
    sender: str
    answers: str  # where they go
    text: str


@doors.look(MAIL, kind=Kind.STAFF, roles=DESK)
async def frame(visit: Entered, issue: UUID, language: str) -> Response:
    """The mail itself."""
    async with visit.reading() as db:
        try:
            made = await compiled(visit, db, await issues.get(db, issue))
        except Refused:  # it cannot be made: the pages about it say why
            raise HTTPException(MISSING) from None
    if language not in made:
        raise HTTPException(MISSING)
    return await asyncio.to_thread(_framed, visit, made[language])


def _framed(visit: Inside, made: Compiled) -> Response:
    """Others do not wait while a mail with large pictures is read."""
    message = _filled(visit, made)
    content = letters.part(message, "html")
    if content is None:
        raise HTTPException(MISSING)
    return letters.framed(message, content, links="_blank")


def everything(visit: Inside, made: Mapping[str, Compiled]) -> list[Shown]:
    """The mail in each language, with what stands above it in a mailbox."""
    names = words.languages(visit.say)
    return [_shown(each, names[each], _filled(visit, made[each])) for each in LANGUAGES if each in made]


def _shown(language: str, name: str, message: EmailMessage) -> Shown:
    sender = str(message["From"])
    answers = str(message["Reply-To"] or message["From"].addresses[0].addr_spec)
    text = letters.part(message, "plain") or ""
    return Shown(language, name, str(message["Subject"]), sender, answers, text)


async def compiled(visit: Inside, db: AsyncSession, found: Issue) -> dict[str, Compiled]:
    """The mail in each language, as it was approved or as it would be now; else raises Refused."""
    stored = await issues.frozen(db, found.id)
    if stored:
        return {language: Compiled.from_bytes(each) for language, each in stored.items()}
    return await approve.press(db, found, base_url=visit.house.settings.base_url)


def _filled(visit: Inside, made: Compiled) -> EmailMessage:
    return letters.read(specimen(made, visit.now))
