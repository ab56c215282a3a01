"""What the guard looks after: the database, the ledger, and the keys that both are read with."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.crypto import KeyRing
from app.core.database import Database
from app.domain.book import Book


@dataclass(frozen=True, slots=True)
class Watch:
    """What the guard works with."""

    database: Database
    book: Book
    ring: KeyRing
