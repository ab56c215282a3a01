"""Of which page it is what somebody sent when their session had ended: they may have had many open.

Only a room that who asks may enter is named, and what is in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.domain import edition
from app.domain.issue import Issue
from app.domain.newsletter import Newsletter
from app.web.links import NAMES
from app.web.staff import rooms
from app.web.staff.gate import Inside
from app.web.staff.issue import steps
from app.web.staff.unsent import Unsent

ONE: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ISSUE: Final = re.compile(rf"{rooms.ISSUES}/({ONE})/(\w+)(?:/(\w+))?")


@dataclass(frozen=True, slots=True)
class Whence:
    """The page by the names that it has on screen; empty where it has none."""

    page: str = ""
    issue: str = ""
    language: str = ""


async def whence(visit: Inside, sent: Unsent) -> Whence:
    """The room, and for an issue which one, at which step and in which language."""
    mine = rooms.of(visit.person, visit.say)
    room = next((each for each in mine if f"{sent.path}/".startswith(f"{each.path}/")), None)
    if room is None:
        return Whence()
    found = ISSUE.match(sent.path)
    return await _issue(visit, room.title, sent, *found.groups("")) if found else Whence(room.title)


async def _issue(visit: Inside, room: str, sent: Unsent, issue_id: str, step: str, language: str) -> Whence:
    async with visit.reading() as db:
        issue = await db.get(Issue, UUID(issue_id))
        if issue is None:
            return Whence(room)
        letter = await db.get_one(Newsletter, issue.newsletter_id)
        named = (await edition.subjects(db, issue.id))[issue.id]
    subject = named.get(letter.language) or visit.say("no subject yet")
    titles = {each.name: each.title for each in steps.every(issue, letter, visit.say)}
    page = f"{room}: {titles[step]}" if step in titles else room
    spoken = NAMES.get(language) or NAMES.get(sent.fields.get("language", ""), "")
    return Whence(page, f"{issue.number}. {subject}", spoken)
