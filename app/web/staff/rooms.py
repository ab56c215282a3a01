"""The rooms of staff: what each is for and whose roles open it. The home page shows those that exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.staff import Role, Staff
from app.web.doors import EVERYONE

HOME: Final = "/staff"
ACCOUNT: Final = "/staff/account"
PEOPLE: Final = "/staff/people"
REVIEW: Final = "/staff/review"
ENOUGH: Final = 2  # administrators: one may be ill, or be the one to be let in again
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
OVERSEERS: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
OWN: Final = re.compile(r"/staff(?:/[a-z0-9-]+)*")  # where a sign-in may lead: no other site (AS-17)

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Room:
    """One room, in the words of who looks at it."""

    path: str
    title: str
    about: str
    roles: frozenset[Role]


def every(say: Say) -> list[Room]:
    """All rooms there are."""
    return [
        Room(
            ACCOUNT,
            say("My account"),
            say("Your language, password and second factor, and where you are signed in."),
            EVERYONE,
        ),
        Room(
            PEOPLE,
            say("People"),
            say("Who has an account, with which roles. Invite colleagues, and close accounts."),
            ADMINISTRATORS,
        ),
        Room(
            REVIEW,
            say("Access review"),
            say("Once a quarter: does everybody have the roles they need, and no more?"),
            OVERSEERS,
        ),
    ]


def of(person: Staff, say: Say) -> list[Room]:
    """The rooms that somebody may enter."""
    return [room for room in every(say) if any(person.has(role) for role in room.roles)]


def titles(say: Say) -> dict[str, str]:
    """What the roles are called."""
    return {
        Role.EDITOR: say("editor"),
        Role.APPROVER: say("approver"),
        Role.OFFICER: say("privacy officer"),
        Role.SUPERVISOR: say("supervisor (DPO)"),
        Role.ADMINISTRATOR: say("administrator"),
    }


def next_of(asked: str) -> str:
    """Where to go after signing in: a page of staff, whatever a link says."""
    return asked if OWN.fullmatch(asked) else HOME
