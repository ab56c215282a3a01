"""The page on which an issue is written, as it is shown to begin with and shown again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from app.core.errors import NotFound, Refused
from app.core.language import LANGUAGES
from app.domain import contribution, edition
from app.domain import issue as issues
from app.domain.content import BLOCKS_MOST
from app.domain.contribution import Contribution
from app.domain.edition import Edition
from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.typed import Typed
from app.features import compose
from app.features.compose.pictures import TOGETHER_MOST
from app.web import letter
from app.web.errors import OK, WRONG
from app.web.staff.gate import Inside
from app.web.staff.issue import todo, words
from app.web.staff.rooms import ISSUES

NOTHING: Final[Mapping[str, str]] = {}
BESIDE: Final = "beside"  # in the form and in the address: what is looked at while writing
TOLD: Final = "todo"  # in the address after saving: the page then says what is still to be done


@dataclass(frozen=True, slots=True)
class Sheet:
    """One language of an issue as it is kept now, and what the form needs to know beside it."""

    issue: Issue
    letter: Newsletter
    written: Typed | None  # nothing when this language was taken out
    number: int  # of the version
    images: dict[str, int]  # what each picture weighs, in bytes
    others: dict[str, Typed]  # the languages that are not on this page
    waiting: list[Contribution]  # what partners sent in and nobody has used
    used: list[Contribution]  # what of it stands in this issue


def path(issue_id: UUID, language: str, **query: str) -> str:
    """Where that language of that issue is written; what is empty is left out of the query."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{ISSUES}/{issue_id}/write/{language}" + (f"?{asked}" if asked else "")


def beside(values: Mapping[str, str], language: str) -> str:
    """What is to be seen beside the text: a guise of the mail, or the other language; nothing else counts."""
    asked = values.get(BESIDE, "")
    return asked if asked in words.guises(str) or asked in set(LANGUAGES) - {language} else ""


async def read(db: AsyncSession, issue_id: UUID, language: str) -> Sheet:
    """Everything for the page; raises NotFound for an issue that is not there."""
    issue = await issues.get(db, issue_id)
    letter = await db.get_one(Newsletter, issue.newsletter_id)
    row = await db.get(Edition, (issue.id, language))
    images = await issues.weights(db, issue.id)
    others = await edition.typed(db, issue.id)
    written = others.pop(language, None)
    tray = await contribution.waiting(db, letter.id), await contribution.used_in(db, issue.id)
    return Sheet(issue, letter, written, row.number if row else 0, images, others, *tray)


def closed(visit: Inside, sheet: Sheet, language: str) -> Response:
    """Why it cannot be changed, or what a change would undo."""
    return visit.page(
        "staff_issue_closed.html",
        here=ISSUES,
        issue=sheet.issue,
        letter=sheet.letter,
        writing=language,
        state=words.states(visit.say)[State(sheet.issue.state)],
        changeable=compose.changeable(sheet.issue),
    )


async def page(
    visit: Inside,
    sheet: Sheet,
    written: Typed | None,
    *,
    told: bool = False,
    seen: str = "",
    refused: Mapping[str, str] = NOTHING,
    clash: dict[str, Any] | None = None,
) -> Response:
    """The form with this text in it; `told` says at every field what has still to be done.

    `seen` is what stands beside it.
    """
    if written is None:
        raise NotFound("this issue has no text in that language")
    asked = written, sheet.images, refused, visit.say
    names = words.languages(visit.say)
    tasks = await asyncio.to_thread(todo.tasks, *asked) if told else []
    shown = {
        "here": ISSUES,
        "issue": sheet.issue,
        "letter": sheet.letter,
        "number": sheet.number,
        "images": sheet.images,
        "others": [(code, names[code]) for code in sheet.others],
        "guises": words.guises(visit.say),
        "beside": seen,
        "original": _original(written, sheet.others.get(seen), names),
        "written": written,
        "name": names[written.language],
        "action": path(sheet.issue.id, written.language),
        "kinds": words.kinds(visit.say),
        "full": len(written.pieces) >= BLOCKS_MOST,
        "waiting": sheet.waiting,
        "used": sheet.used,
        "told": told,
        "tasks": tasks,
        "wrong": {each.field: each.told for each in tasks},
        "weight": sum(sheet.images.get(name, 0) for name in written.pictures()),
        "most": TOGETHER_MOST,
        "clash": clash,
        "error": "files" if refused else "clash" if clash else None,
    }
    status = WRONG if refused else Refused.status if clash else OK
    return letter.around(await visit.long("staff_issue_write.html", status=status, **shown))


def _original(written: Typed, other: Typed | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    """The same words in the other language, at the top and per block, for who translates."""
    if other is None:
        return None
    top = [words for words in other.top.values() if words.strip()]
    blocks = {at: piece.words for at, piece in written.counterparts(other).items()}
    return {"language": other.language, "name": names[other.language], "top": top, "blocks": blocks}
