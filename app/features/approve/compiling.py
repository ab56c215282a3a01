"""An issue becomes the bytes that readers get: rendered and compiled once per language, with gaps."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import language as languages
from app.core import paths
from app.core.errors import Invalid, Refused
from app.domain import edition
from app.domain import issue as issues
from app.domain.content import Content
from app.domain.issue import Image, Issue
from app.domain.newsletter import Newsletter
from app.domain.problem import Problem
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
from app.mail.rendering import Rendered, render

MARKER_BYTES = 16
NAME_LENGTH = 16  # hexadecimal characters: two pictures of an issue never share them
MARKER: Final = re.compile(rf"gap[0-9a-f]{{{2 * MARKER_BYTES}}}")
TROUBLE: Final = (BadHeader, BadLetter, TooLarge)


@dataclass(frozen=True, slots=True)
class Press:
    """What an issue is compiled from: everything its bytes depend on; `open` has what is not finished."""

    letter: Newsletter
    issue: Issue
    editions: dict[str, Content]
    images: list[Image]
    base_url: str
    open: dict[str, list[Problem]]


async def press(
    session: AsyncSession, issue: Issue, *, base_url: str, mark: str = "", own_only: bool = False
) -> dict[str, Compiled]:
    """Compile the issue for readers of each language; raises Invalid with what is wrong.

    Nothing of it depends on when it goes out: the approved bytes may leave in another month. `mark`
    stands before the subject of a test; `own_only` leaves out languages that have no text of their own.
    """
    made = await prepared(session, issue, base_url=base_url)
    for language in made.open:
        raise edition.Unfinished(language)
    if made.letter.language not in made.editions:
        raise Refused(f"the issue has no text in the newsletter's main language, {made.letter.language}")
    wanted = [each for each in languages.LANGUAGES if each in made.editions or not own_only]
    try:
        return await asyncio.to_thread(lambda: {each: printed(made, each, mark)[1] for each in wanted})
    except TROUBLE as trouble:
        raise Invalid(f"the mail cannot be made: {trouble}") from None


async def proof(session: AsyncSession, issue: Issue, content: Content, *, base_url: str) -> Compiled:
    """The mail that would be made of this text for readers of its language; nothing is kept.

    Raises Invalid, or TooLarge with what it weighs.
    """
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    images = await issues.images(session, issue.id)
    made = Press(letter, issue, {content.language: content}, images, base_url, {})
    try:
        return (await asyncio.to_thread(printed, made, content.language))[1]
    except (BadHeader, BadLetter) as trouble:
        raise Invalid(f"the mail cannot be made: {trouble}") from None


async def prepared(session: AsyncSession, issue: Issue, *, base_url: str) -> Press:
    """Everything that its mail is made from."""
    letter = await session.get_one(Newsletter, issue.newsletter_id)
    images = await issues.images(session, issue.id)
    finished, unfinished = {}, {}
    for language, (content, problems) in (await edition.judged(session, issue.id)).items():
        if content is None:
            unfinished[language] = problems
        else:
            finished[language] = content
    return Press(letter, issue, finished, images, base_url, unfinished)


def printed(made: Press, language: str, mark: str = "") -> tuple[Rendered, Compiled]:
    """The mail for readers of a language: as it was rendered, and as bytes with gaps. Raises TROUBLE."""
    marker = "gap" + secrets.token_hex(MARKER_BYTES)
    letter = made.letter
    content = made.editions.get(language) or made.editions[letter.language]
    leave_url = paths.link(made.base_url, "leave", language, marker)
    if gone := set(content.pictures()) - {image.name for image in made.images}:
        raise BadLetter(f"a picture is not there any more: {min(gone)}")
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
    sheet = Letter(
        subject=mark + rendered.subject,
        sender_name=letter.sender_name,
        sender=letter.sender_address,
        text=rendered.text,
        html=rendered.html,
        reply_to=letter.reply_to or None,
        headers=_headers(made, language, leave_url),
        pictures=tuple({each.cid: each for each in pictures.values()}.values()),
    )
    # The same mail has the same bytes whenever it is made: what an approver saw is compared by their hash.
    seed = made.issue.id.bytes + language.encode()
    return rendered, compile_letter(sheet, markers={Gap.LEAVE: marker}, boundary_seed=seed)


def face(rendered: Rendered) -> str:
    """The hash of what readers see of a mail: pictures are named in it by theirs, and gaps are empty."""
    return hashlib.sha256(MARKER.sub("", rendered.html).encode()).hexdigest()


def _filename(image: Image) -> str:
    """A name that says nothing: the one it was uploaded under may say more than was meant."""
    digest = hashlib.sha256(image.content).hexdigest()
    return f"{digest[:NAME_LENGTH]}.{image.type.rpartition('/')[2]}"


def _picture(made: Press, image: Image) -> Picture:
    host = urlsplit(made.base_url).hostname or "localhost"
    name = _filename(image)
    return Picture(f"{name}@{host}", image.type, image.content, name)


def _headers(made: Press, language: str, leave_url: str) -> tuple[tuple[str, str], ...]:
    letter = made.letter
    host = urlsplit(made.base_url).hostname or "localhost"
    return (
        list_id(letter.title, f"{letter.slug}.{host}"),
        *one_click(leave_url),
        ("List-Help", f"<{paths.privacy(made.base_url, language, letter.slug)}>"),
        ("List-Subscribe", f"<{paths.signup(made.base_url, language, letter.slug)}>"),
        ("List-Archive", f"<{paths.archive(made.base_url, language, letter.slug)}>"),
        ("List-Post", "NO"),
        ("Feedback-ID", f"{made.issue.number}:{letter.slug[:20]}:newsletter:bodemail"),
        *BULK,
    )
