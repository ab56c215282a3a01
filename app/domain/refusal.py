"""For which reasons the law lets a privacy request be refused, for each right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from app.domain.request import Kind, Refusal, Request, State

# How long somebody has to show who they are: they may be on holiday or must find a paper, and it is half the
# month in which they get an answer. An office that asks late, answers late.
REACTS: Final = timedelta(days=14)
QUESTION: Final = "identity"  # the mail that asks who it is, as `Request.lost` names it
# Art. 12(6) holds once somebody was asked who they are and until that is certain, then Art. 12(5); more only
# where the law says so. An objection to mail always succeeds, and so does taking it back: nothing is weighed
# (Art. 21(3), DR-07).
UNKNOWN = (Refusal.NOT_IDENTIFIED,)
ALWAYS = (Refusal.UNFOUNDED, Refusal.EXCESSIVE)
REFUSALS: dict[Kind, tuple[Refusal, ...]] = {
    Kind.ACCESS: (*ALWAYS, Refusal.OTHERS),  # Art. 15(4)
    Kind.CORRECTION: ALWAYS,
    Kind.ERASURE: (*ALWAYS, Refusal.LEGAL_DUTY, Refusal.CLAIMS),  # Art. 17(3)
    Kind.RESTRICTION: ALWAYS,
    Kind.PORTABILITY: (*ALWAYS, Refusal.OTHERS),  # Art. 20(4)
    Kind.OBJECTION: (),
    Kind.LIFT: (),
}


def reasons(row: Request, now: datetime) -> tuple[Refusal, ...]:
    """The reasons that the law gives; that nobody showed who they are, only of who had the time for it."""
    if row.state == State.KNOWN:
        return REFUSALS[Kind(row.kind)]
    since = unknown_since(row)
    return UNKNOWN if since is not None and since <= now else ()


def unknown_since(row: Request) -> datetime | None:
    """From when it can be said that nobody showed who they are; None when the question reached nobody."""
    if row.asked_at is None or row.lost == QUESTION:
        return None
    return row.asked_at + REACTS
