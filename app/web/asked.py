"""What a reader asked, who looked them up, and what the ledger says of them, in words for their page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.core.language import day
from app.domain.ledger import Entry, Reason
from app.domain.lookup import Lookup, Why
from app.domain.request import Kind, Request, State

Say = Callable[[str], str]
At = Callable[[datetime], str]
Row = tuple[str, str]


def requests(rows: list[Request], say: Say, language: str) -> list[Row]:
    """Each request with its day and how far it is."""
    kinds = {
        Kind.ACCESS: say("See what is held (access)"),
        Kind.CORRECTION: say("Correct data"),
        Kind.ERASURE: say("Delete data"),
        Kind.RESTRICTION: say("Keep data and not use it (restriction)"),
        Kind.PORTABILITY: say("Get data as a file"),
        Kind.OBJECTION: say("Never get mail again (objection)"),
        Kind.LIFT: say("Lift the block on an address"),
    }
    states = {
        State.RECEIVED: say("received"),
        State.ASKED: say("waiting for who asks"),
        State.KNOWN: say("ready to be decided"),
        State.DONE: say("carried out, the answer is on its way"),
        State.REFUSED: say("refused, the answer is on its way"),
        State.RETURNED: say("decided; our answer did not reach you yet"),
        State.ANSWERED: say("answered"),
        State.UNREACHED: say("closed, the answer could not be delivered"),
        State.WITHDRAWN: say("withdrawn"),
        State.OVERTAKEN: say("ended, because the person was deleted first"),
    }
    return [
        (
            f"{each.number}, {day(each.received_on, language)}",
            f"{kinds[Kind(each.kind)]}: {states[State(each.state)]}",
        )
        for each in rows
    ]


def lookups(rows: list[Lookup], gone: list[Entry] | None, say: Say, at: At) -> list[Row]:
    """When, why, and for which case; or nobody. Of look-ups that were deleted the ledger says when."""
    whys = {
        Why.REQUEST: say("because of a privacy request of yours"),
        Why.QUESTION: say("because of a question about your subscription"),
        Why.DELIVERY: say("because the newsletter did not arrive"),
        Why.COMPLAINT: say("because of a complaint"),
        Why.INCIDENT: say("to find out whether a data breach reached you"),
    }
    found = [
        (at(each.at), say("A privacy officer, %(why)s") % {"why": whys[Why(each.why)]} + f" ({each.number})")
        for each in rows
    ]
    if gone is None:
        found += ends(None, say, at)
    found += [(at(each.at), say("earlier look-ups were deleted with your data")) for each in gone or ()]
    return found or [(say("Until now"), say("nobody"))]


def ends(rows: list[Entry] | None, say: Say, at: At) -> list[Row]:
    """Each end and block that a restored backup must not forget."""
    if rows is None:
        return [(say("Now"), say("the ledger cannot be reached; try again later"))]
    reasons = {
        Reason.LEFT: say("you stopped"),
        Reason.ERASED: say("you had your data deleted"),
        Reason.CHANGED: say("you moved to another address"),
        Reason.BLOCKED: say("ended, and blocked"),
        Reason.BOUNCED: say("the mailbox did not exist"),
        Reason.RESTRICTED: say("use restricted"),
        Reason.COMPLAINED: say("our mail was reported as unwanted"),
        Reason.NOT_ME: say("you told us that it was not you"),
        Reason.OBJECTION: say("you asked us never to mail you"),
        Reason.COMPLAINT: say("our mail was reported as unwanted"),
        Reason.BOUNCE: say("the mailbox did not exist"),
        Reason.LIFTED: say("you had the block lifted"),
    }
    return [(at(each.at), reasons[Reason(each.reason)]) for each in rows]
