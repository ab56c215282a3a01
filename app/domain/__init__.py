"""The nouns: what there is, what it may become, and what is held about whom.

Two databases: MAIN holds everything, LEDGER only who has gone. Importing this package knows all
tables of both.
"""

from __future__ import annotations

from app.core import throttle
from app.core.database import Base
from app.domain import (
    absence,
    audit,
    block,
    breach,
    candidate,
    consent,
    contribution,
    contributor,
    delivery,
    edition,
    invitation,
    issue,
    judgement,
    ledger,
    link,
    lookup,
    newsletter,
    outbox,
    recovery,
    request,
    review,
    roster,
    service,
    session,
    sight,
    slot,
    staff,
    subscriber,
    trial,
    version,
    withheld,
)

__all__ = [
    "LEDGER",
    "MAIN",
    "absence",
    "audit",
    "block",
    "breach",
    "candidate",
    "consent",
    "contribution",
    "contributor",
    "delivery",
    "edition",
    "invitation",
    "issue",
    "judgement",
    "ledger",
    "link",
    "lookup",
    "newsletter",
    "outbox",
    "recovery",
    "request",
    "review",
    "roster",
    "service",
    "session",
    "sight",
    "slot",
    "staff",
    "subscriber",
    "throttle",
    "trial",
    "version",
    "withheld",
]

MAIN = Base.metadata
LEDGER = ledger.LedgerBase.metadata
