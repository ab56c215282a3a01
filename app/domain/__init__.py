"""The nouns: what there is, what it may become, and what is held about whom.

Two databases: MAIN holds everything, LEDGER only who has gone. Importing this package knows all
tables of both.
"""

from __future__ import annotations

from app.core import throttle
from app.core.database import Base
from app.domain import (
    audit,
    block,
    consent,
    delivery,
    invitation,
    issue,
    ledger,
    newsletter,
    outbox,
    recovery,
    review,
    service,
    session,
    slot,
    staff,
    subscriber,
)

__all__ = [
    "LEDGER",
    "MAIN",
    "audit",
    "block",
    "consent",
    "delivery",
    "invitation",
    "issue",
    "ledger",
    "newsletter",
    "outbox",
    "recovery",
    "review",
    "service",
    "session",
    "slot",
    "staff",
    "subscriber",
    "throttle",
]

MAIN = Base.metadata
LEDGER = ledger.LedgerBase.metadata
