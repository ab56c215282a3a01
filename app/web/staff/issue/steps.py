"""The way of an issue to its readers, as the overview shows it: one list, a line for each step.

A step with a page of its own names its path and who may open it; without one the overview tells what
happens in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from app.domain.issue import Issue, State
from app.domain.newsletter import Newsletter
from app.domain.staff import Role, Staff
from app.web.staff.rooms import DESK, EDITORS, ISSUES

Say = Callable[[str], str]

# At which step an issue is; a cancelled one is at none.
AT: Final = {
    State.DRAFT: "write",
    State.IN_REVIEW: "approve",
    State.APPROVED: "schedule",
    State.SCHEDULED: "progress",
    State.SENDING: "progress",
    State.PAUSED: "progress",
    State.HELD: "progress",
    State.SENT: "progress",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `now` when the issue is there."""

    name: str
    title: str
    about: str
    path: str | None = None
    roles: frozenset[Role] = frozenset()
    now: bool = False


def every(issue: Issue, letter: Newsletter, say: Say) -> list[Step]:
    """All steps in the order in which they are taken."""
    here = f"{ISSUES}/{issue.id}"
    write = Step(
        "write",
        say("Write"),
        say("Subject, introduction and blocks, in one language or two."),
        f"{here}/write/{letter.language}",
        EDITORS,
    )
    told = {
        "preview": (say("Look"), say("The mail as readers will see it, on a phone and as text.")),
        "check": (say("Check"), say("Links, pictures, length: what had better be put right.")),
        "approve": (say("Approve"), say("A colleague who did not write it reads it and approves it.")),
        "schedule": (say("Plan"), say("It takes the next free day of the newsletter, or another.")),
        "progress": (say("Follow"), say("How far it is, and for whom it did not work.")),
    }
    return [write, *(Step(name, *words, f"{here}/{name}", DESK) for name, words in told.items())]


def of(issue: Issue, letter: Newsletter, person: Staff, say: Say) -> list[Step]:
    """The same for one person: what they may not open is told and not linked."""
    return [_for(step, issue, person) for step in every(issue, letter, say)]


def _for(step: Step, issue: Issue, person: Staff) -> Step:
    path = step.path if any(person.has(role) for role in step.roles) else None
    return replace(step, path=path, now=AT.get(State(issue.state)) == step.name)
