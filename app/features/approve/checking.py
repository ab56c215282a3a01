"""The check of an issue: everything that must or had better be put right before readers get it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import language as languages
from app.domain import link, sight, slot
from app.domain.content import Content
from app.domain.finding import INTRO, Finding
from app.domain.issue import Issue
from app.domain.link import Look, Verdict
from app.domain.problem import Problem
from app.domain.sight import Hindrance, Sight
from app.features.approve import words
from app.features.approve.compiling import TROUBLE, Press, face, prepared, printed
from app.mail import looks
from app.mail.compile import TooLarge

HTML_WARNS = 90_000  # bytes as encoded: at 102,000 mail programs cut it off, and not all count alike (ML-09)
KILOBYTE = 1000

_OF_VERDICT = {
    Verdict.DEAD: "dead",
    Verdict.INSECURE: "insecure",
    Verdict.INNER: "inner",
    Verdict.MOVED: "moved",
    Verdict.UNSURE: "unsure",
}


async def check(session: AsyncSession, issue: Issue, *, base_url: str, now: datetime) -> list[Finding]:
    """What was found, for the whole issue first and then per language, in the order of reading."""
    made = await prepared(session, issue, base_url=base_url)
    free = None if issue.due_at else await slot.next_free(session, made.letter, now)
    at = issue.due_at or (free.goes_at if free else now)
    known, seen = await link.known(session, issue.id), await sight.known(session, issue.id)
    return await asyncio.to_thread(_found, made, known, seen, at)  # others do not wait for a long text


def _found(made: Press, known: dict[str, Look], seen: dict[str, Sight], at: datetime) -> list[Finding]:
    found = [*_missing(made), *_unfinished(made), *_links(made, known)]
    for content in _in_order(made):
        found += words.findings(content, out_on=at.astimezone(made.letter.zone).date())
    return [*found, *_mail(made, seen)]


def _in_order(made: Press) -> list[Content]:
    """The main language first."""
    main = made.letter.language
    return [made.editions[each] for each in sorted(made.editions, key=lambda each: (each != main, each))]


def _missing(made: Press) -> list[Finding]:
    here = {image.name for image in made.images}
    found = [
        Finding("no_main" if each == made.letter.language else "no_other", each)
        for each in languages.LANGUAGES
        if each not in {**made.editions, **made.open}
    ]
    for content in made.editions.values():
        found += [
            Finding("picture_gone", content.language, number)
            for number, block in enumerate(content.blocks, start=1)
            if block.kind == "picture" and block.image not in here
        ]
    return found


def _unfinished(made: Press) -> list[Finding]:
    """What the editor is told where it is written; nobody can approve it like that."""
    return [
        Finding("unfinished", language, _block(problem), problem=problem)
        for language, problems in made.open.items()
        for problem in problems
    ]


def _block(problem: Problem) -> int | None:
    """The number of the block that a problem is in, as people count."""
    match problem.where.split("."):
        case ["blocks", number, *_]:
            return int(number) + 1
        case ["intro", *_]:
            return INTRO
    return None


def _links(made: Press, known: dict[str, Look]) -> list[Finding]:
    found, unseen, wanted = [], 0, set(link.addresses(made.editions.values()))
    for content in _in_order(made):
        for each in content.links_at():
            place = INTRO if each.block is None else each.block + 1
            seen = known.get(each.address)
            unseen += each.address in wanted and (seen is None or seen.verdict is None)
            if seen is not None and seen.verdict in _OF_VERDICT:
                values = {"text": " ".join(each.text.split()), "address": seen.leads_to}
                found.append(Finding(_OF_VERDICT[Verdict(seen.verdict)], content.language, place, values))
    return [*found, *([Finding("not_looked", values={"count": unseen})] if unseen else [])]


def _mail(made: Press, seen: dict[str, Sight]) -> list[Finding]:
    """What can be said of the mail itself; without its whole text and pictures there is none."""
    if made.open or any(each.code in {"no_main", "picture_gone"} for each in _missing(made)):
        return []
    found = [
        Finding("contrast", values={"what": each.what, "ratio": each.ratio, "least": looks.LEAST})
        for each in looks.faint()
    ]
    for language in languages.LANGUAGES:
        found += _printed(made, language, seen.get(language))
    return [each for at, each in enumerate(found) if each not in found[:at]]  # two frames, one text


def _printed(made: Press, language: str, seen: Sight | None) -> list[Finding]:
    own = language if language in made.editions else made.letter.language
    try:
        rendered, compiled = printed(made, language)
    except TooLarge as trouble:
        most = trouble.most // KILOBYTE
        size = {"what": trouble.what, "kilobytes": -(-trouble.octets // KILOBYTE), "most": most}
        return [Finding("too_heavy", own, values=size)]
    except TROUBLE as trouble:
        return [Finding("not_made", own, values={"trouble": trouble})]
    found = [Finding("style", values={"what": each}) for each in looks.unlisted(rendered.html)]
    if f'<html lang="{language}"' not in rendered.html:
        found.append(Finding("tag", own))
    if compiled.html_octets > HTML_WARNS:
        size = {"kilobytes": compiled.html_octets // KILOBYTE, "most": HTML_WARNS // KILOBYTE}
        found.append(Finding("heavy", own, values=size))
    if seen is None or seen.digest != face(rendered):
        return [*found, Finding("not_seen")]
    return [*found, *(_hindering(each, own) for each in seen.read())]


def _hindering(each: Hindrance, language: str) -> Finding:
    return Finding("hindered" if each.grave else "hampered", language, hindrance=each)
