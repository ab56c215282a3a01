"""What the sender works with: the database, the way out, the keys, and whom it tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.crypto import KeyRing
from app.core.database import Database
from app.core.patience import Patience
from app.mail.dialer import Dialer
from app.mail.dkim import Signer

BATCH = 1000  # rows a claim takes: a claim costs as much as ten of them
SQLITE_BATCH = 200  # nobody else can write while a claim is made, so it is a short one
SAFETY = 5.0  # seconds before the lease's end after which nothing more leaves


@dataclass(frozen=True, slots=True)
class Tools:
    """What the engine works with."""

    database: Database
    dialer: Dialer
    ring: Callable[[], KeyRing]
    clock: Callable[[], datetime]
    owner: str
    connections: int
    letters: int  # that a connection carries in its life
    lease: float
    patience: Patience
    hostname: str
    moved: Callable[[], None]  # told at every issue transition, to raise the counter
    dead: Callable[[UUID], None]  # told which subscriber's mailbox does not exist
    fresh: Callable[[], bool]  # whether the database was reached anew
    compare: Callable[[], Awaitable[None]]  # compares the counters, recovers from a restore
    signer: Signer | None = None
    bounce_domain: str = ""  # without it mail comes back to the newsletter's sender

    @property
    def span(self) -> float:
        """How long a worker trusts a lease, in seconds: nothing leaves right before its end."""
        return max(self.lease - SAFETY, self.lease / 2)

    @property
    def batch(self) -> int:
        """How many rows a claim takes."""
        return BATCH if self.database.postgres else SQLITE_BATCH
