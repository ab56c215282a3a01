"""The rooms of staff: what each is for and whose roles open it. The home page shows those that exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.roster import RELEASERS
from app.domain.staff import Role, Staff
from app.web.doors import EVERYONE

HOME: Final = "/staff"
ACCOUNT: Final = "/staff/account"
ISSUES: Final = "/staff/issues"
COPY: Final = "/staff/copy"
REPLIES: Final = "/staff/replies"
HELD: Final = "/staff/held"
ABSENCE: Final = "/staff/absence"
PEOPLE: Final = "/staff/people"
REVIEW: Final = "/staff/review"
ENOUGH: Final = 2  # administrators: one may be ill, or be the one to be let in again
EDITORS: Final = frozenset({Role.EDITOR})
APPROVERS: Final = frozenset({Role.APPROVER})
MAKERS: Final = EDITORS | APPROVERS
DESK: Final = frozenset({Role.EDITOR, Role.APPROVER, Role.SUPERVISOR})
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
REQUESTS: Final = "/staff/requests"
LOOK_UP: Final = "/staff/look-up"
COMPLAINTS: Final = "/staff/complaints"
TRAIL: Final = "/staff/trail"
KEYS: Final = "/staff/keys"
ARCHIVE: Final = "/staff/archive"
BREACHES: Final = "/staff/breaches"
SUPERVISION: Final = "/staff/supervision"
REGISTER: Final = "/staff/register"
DPIA: Final = "/staff/dpia"
LISTS: Final = "/staff/lists"
OFFICERS: Final = frozenset({Role.OFFICER})
CONCERNED: Final = DESK | OFFICERS  # who decides, and who hears by mail that somebody has to
WATCHERS: Final = frozenset({Role.OFFICER, Role.SUPERVISOR})
DECIDERS: Final = frozenset({Role.OFFICER, Role.ADMINISTRATOR})  # about a notice that somebody else wrote
OVERSEERS: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
KEEPERS: Final = frozenset({Role.OFFICER, Role.SUPERVISOR, Role.ADMINISTRATOR})
ANSWERABLE: Final = frozenset(RELEASERS)  # for a list that another officer handed in
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
    return [*_desk(say), *_rights(say), *_record(say), *_house(say)]


def _desk(say: Say) -> list[Room]:
    return [
        Room(
            ISSUES,
            say("Issues"),
            say("Write the month's issue, have it approved, and see where each one is."),
            DESK,
        ),
        Room(
            COPY,
            say("Copy from partners"),
            say("Links with which partners send in texts, and how many wait in the tray."),
            EDITORS,
        ),
        Room(
            REPLIES,
            say("Sign off a reader"),
            say("A reader answered the newsletter and asks to stop: type the address."),
            EDITORS,
        ),
        Room(
            HELD,
            say("On hold"),
            say("After a backup was put back, or a long silence: what waits until somebody decides."),
            CONCERNED,
        ),
        Room(
            ABSENCE,
            say("Absence"),
            say("When you are away, so that colleagues hear in time that nobody is there to approve."),
            MAKERS,
        ),
    ]


def _rights(say: Say) -> list[Room]:
    return [
        Room(
            REQUESTS,
            say("Privacy requests"),
            say("Who asked what, until when, and how far it is."),
            WATCHERS,
        ),
        Room(
            LOOK_UP,
            say("Look up an address"),
            say("One address, with a reason and a case. It is on record, and its owner can see it."),
            OFFICERS,
        ),
        Room(
            COMPLAINTS,
            say("Record a complaint"),
            say("Somebody says that our mail is unwanted: type the address. It gets no mail any more."),
            OFFICERS,
        ),
        Room(
            ARCHIVE,
            say("Archive"),
            say("What went out and can be read by anybody. A part of it, or all, can be taken away at once."),
            KEEPERS,
        ),
        Room(
            BREACHES,
            say("Data breaches"),
            say("What happened, the 72 hours to report it, and the word to readers."),
            KEEPERS,
        ),
    ]


def _record(say: Say) -> list[Room]:
    return [
        Room(
            LISTS,
            say("Bring in a list"),
            say("People who said yes elsewhere. An officer hands the list in, a second person releases it."),
            ANSWERABLE | WATCHERS,
        ),
        Room(
            TRAIL,
            say("Audit trail"),
            say("Who did what and when, in a signed chain without a single address."),
            WATCHERS,
        ),
        Room(
            SUPERVISION,
            say("Supervision file"),
            say("What was done in a quarter, in figures, as a signed file without anybody in it."),
            WATCHERS,
        ),
    ]


def _house(say: Say) -> list[Room]:
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
        Room(
            REGISTER,
            say("Register of processing"),
            say("What is held of whom, why and how long (Art. 30), and the assessment of its risks (DPIA)."),
            KEEPERS,
        ),
        Room(
            KEYS,
            say("Keys"),
            say("How old each key is, and what was made with it."),
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
