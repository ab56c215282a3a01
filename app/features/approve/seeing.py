"""Whether everybody can read the mail: what axe found in it, in the browser of a colleague.

What was found counts for exactly the mail that was looked at. Anybody of the desk may look, the author too,
and the trail says who did.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import IllegalMove, NotFound
from app.core.language import LANGUAGES
from app.domain import audit, sight
from app.domain.audit import Event, Record
from app.domain.issue import Issue, State
from app.domain.sight import Verdict
from app.features.approve.compiling import TROUBLE, Press, face, prepared, printed
from app.features.approve.steps import Changed, Desk
from app.mail.compile import Compiled

OPEN: Final = frozenset({State.DRAFT, State.IN_REVIEW})  # of what cannot be changed any more nobody asks it


async def unseen(session: AsyncSession, issue: Issue, *, base_url: str) -> dict[str, str]:
    """The languages whose mail nobody has looked at yet, with the hash of that mail."""
    known = await sight.known(session, issue.id)
    now = {language: digest for language, (digest, _) in (await _faces(session, issue, base_url)).items()}
    return {each: now[each] for each in now if each not in known or known[each].digest != now[each]}


async def mail(session: AsyncSession, issue: Issue, language: str, *, base_url: str) -> tuple[str, Compiled]:
    """The mail for readers of this language as it is now, with its hash; raises NotFound without one."""
    found = (await _faces(session, issue, base_url)).get(language)
    if found is None:
        raise NotFound("there is no such mail to look at")
    return found


async def see(
    session: AsyncSession, issue: Issue, language: str, digest: str, verdict: Verdict, desk: Desk
) -> None:
    """Keep what axe found in this mail; raises Changed when it is another one by now."""
    _must_be_open(issue)
    now, _ = await mail(session, issue, language, base_url=desk.base_url)
    if now != digest:
        raise Changed("the text was changed while it was looked at; look again")
    await sight.keep(session, issue.id, language, digest, verdict, desk.now)
    grave = sum(each.grave for each in verdict.found)
    reason = f"{language}, {grave} grave, {len(verdict.found) - grave} lighter"
    await audit.record(
        session, desk.actor, Event.ISSUE_SEEN, about=f"issue {issue.id}", reason=reason, now=desk.now
    )


async def again(session: AsyncSession, issue: Issue, *, actor: str, now: datetime) -> None:
    """Have the mail looked at by another browser: a verdict of one that was wrong would stand for ever."""
    _must_be_open(issue)
    await sight.forget(session, issue.id)
    await audit.record(session, actor, Event.ISSUE_SIGHT_ASKED, about=f"issue {issue.id}", now=now)


async def looked(session: AsyncSession, issue: Issue) -> Record | None:
    """Whose browser looked last, and when; None while nobody's did."""
    if not await sight.known(session, issue.id):
        return None
    return await audit.latest(session, Event.ISSUE_SEEN, f"issue {issue.id}")


def _must_be_open(issue: Issue) -> None:
    if issue.state not in OPEN:
        raise IllegalMove(f"the issue is '{issue.state}'; only one that can still be changed is looked at")


async def _faces(session: AsyncSession, issue: Issue, base_url: str) -> dict[str, tuple[str, Compiled]]:
    """The mail of each language with its hash; none while it is not finished or cannot be made."""
    made = await prepared(session, issue, base_url=base_url)
    if made.open or made.letter.language not in made.editions:
        return {}
    try:
        return await asyncio.to_thread(_both, made)
    except TROUBLE:
        return {}


def _both(made: Press) -> dict[str, tuple[str, Compiled]]:
    both = {language: printed(made, language) for language in LANGUAGES}
    return {language: (face(rendered), compiled) for language, (rendered, compiled) in both.items()}
