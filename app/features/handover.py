"""What somebody has in hand goes to a colleague before their account is closed, or is left on purpose.

A colleague gets a mail, and all is on record. Nobody comes to approve their own words by it: handing over
makes nobody a writer and nobody less of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crypto import KeyRing
from app.core.errors import Refused
from app.domain import breach, edition, eyes, handed, notice, request, staff
from app.domain import issue as issues
from app.domain.handed import Kind
from app.domain.issue import NOTICED, UNFINISHED, Issue
from app.domain.newsletter import Newsletter
from app.domain.request import UNDECIDED
from app.domain.staff import Role, Staff

LEAVE: Final = "-"  # instead of a name: on purpose to nobody


class Unchosen(Refused):
    """It has to be said what becomes of these kinds."""

    def __init__(self, kinds: list[Kind]) -> None:
        super().__init__(f"say who goes on with it, or that it is left: {', '.join(kinds)}")
        self.kinds = kinds


class Changed(Refused):
    """There is more or less in hand than was shown."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who hands over, from where, and when."""

    actor: str
    base_url: str
    ring: KeyRing
    now: datetime


@dataclass(frozen=True, slots=True)
class Thing:
    """One piece of work."""

    about: str  # as the trail calls it
    number: str
    title: str
    state: str
    path: str


@dataclass(frozen=True, slots=True)
class Hand:
    """All of one kind that somebody has in hand, and the names of those who could go on with all of it."""

    kind: Kind
    things: list[Thing]
    takers: list[str]


async def held_by(db: AsyncSession, person: Staff) -> list[Hand]:
    """Everything that somebody has in hand."""
    found = [await look(db, person) for look in (_writing, _approvals, _requests, _notices)]
    return [each for each in found if each.things]


def fingerprint(held: list[Hand]) -> str:
    """What was shown: a choice counts for this and for nothing that came after."""
    return hashlib.sha256(
        "\n".join(f"{each.kind} {thing.about}" for each in held for thing in each.things).encode()
    ).hexdigest()


async def hand(db: AsyncSession, desk: Desk, person: Staff, chosen: Mapping[str, str], *, seen: str) -> str:
    """Hand each kind to who was chosen for it; returns for the record how much went and how much stays."""
    held = await held_by(db, person)
    if fingerprint(held) != seen:
        raise Changed("what is in their hands has changed; look again")
    missing = [each.kind for each in held if chosen.get(each.kind) not in {LEAVE, *each.takers}]
    if missing:
        raise Unchosen(missing)
    given = [each for each in held if chosen[each.kind] != LEAVE]
    for each in given:
        await _give(db, desk, person, each, await staff.named(db, chosen[each.kind]))
    return became(held, given)


def became(held: list[Hand], given: Collection[Hand] = ()) -> str:
    """For the record of who closes the account: how much was handed over, and how much was left."""
    went, every = (sum(len(each.things) for each in several) for several in (given, held))
    return f"{went} handed over, {every - went} left as they are" if every else ""


async def _give(db: AsyncSession, desk: Desk, person: Staff, hand: Hand, to: Staff) -> None:
    for thing in hand.things:
        await handed.over(db, desk.actor, hand.kind, thing.about, to.name, now=desk.now)
    words = {
        "kind": hand.kind,
        "who": person.name,
        "things": [
            [f"{each.number} {each.title}".strip(), desk.base_url + each.path] for each in hand.things
        ],
    }
    await notice.write(db, to, "handover", words, ring=desk.ring, now=desk.now)


async def _takers(db: AsyncSession, person: Staff, *roles: Role, but: Collection[str] = ()) -> list[str]:
    others = {person.name, *but}
    return [each.name for each in await staff.with_role(db, *roles) if each.name not in others]


async def _writing(db: AsyncSession, person: Staff) -> Hand:
    async def theirs(issue: Issue) -> bool:
        keeper = await handed.keeper(db, issue)
        return keeper is not None and keeper.name == person.name

    found = [each for each in await issues.in_states(db, UNFINISHED) if await theirs(each)]
    things = [await _issue(db, each) for each in found]
    return Hand(Kind.WRITING, things, await _takers(db, person, Role.EDITOR))


async def _approvals(db: AsyncSession, person: Staff) -> Hand:
    stand = [each for each in await issues.in_states(db, UNFINISHED) if each.approver is not None]
    had = await handed.hands(db, Kind.APPROVAL, [f"issue {each.id}" for each in stand])
    found = [each for each in stand if person.name in {each.approver, had.get(f"issue {each.id}")}]
    wrote = {name for each in found for name in await eyes.writers(db, each)}
    things = [await _issue(db, each, "/approve") for each in found]
    return Hand(Kind.APPROVAL, things, await _takers(db, person, Role.APPROVER, but=wrote))


async def _requests(db: AsyncSession, person: Staff) -> Hand:
    rows = [each for each in await request.unfinished(db) if each.state in UNDECIDED]
    last = await handed.steps(db, [f"request {each.number}" for each in rows])
    things = [
        Thing(f"request {each.number}", each.number, "", each.state, f"/staff/requests/{each.id}")
        for each in rows
        if last.get(f"request {each.number}") == person.name
    ]
    return Hand(Kind.REQUEST, things, await _takers(db, person, Role.OFFICER))


async def _notices(db: AsyncSession, person: Staff) -> Hand:
    """Of a notice that waits, who wrote it and whoever could say yes have something in hand."""
    waits = [each for each in await breach.every(db) if each.writer and await breach.waiting(db, each)]
    decides = any(person.has(role) for role in NOTICED)
    found = [each for each in waits if decides or each.writer == person.name]
    things = [
        Thing(f"breach {each.number}", each.number, "", each.state, f"/staff/breaches/{each.id}")
        for each in found
    ]
    wrote = {each.writer for each in found if each.writer}
    return Hand(Kind.NOTICE, things, await _takers(db, person, *NOTICED, but=wrote))


async def _issue(db: AsyncSession, issue: Issue, page: str = "") -> Thing:
    letter = await db.get_one(Newsletter, issue.newsletter_id)
    title = await edition.subject(db, issue, letter.language)
    path = f"/staff/issues/{issue.id}{page}"
    return Thing(f"issue {issue.id}", f"{issue.number}", title, issue.state, path)
