"""SQLite has one worker process, by an exclusive lock; PostgreSQL has any number."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from app.core.errors import Refused
from app.domain.house import House


@contextlib.contextmanager
def alone(house: House) -> Iterator[None]:
    """Hold the lock while working; raises Refused when another worker has it."""
    if house.database.postgres:
        yield
        return
    path = Path(f"{house.database.url.database}.worker")
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("a worker already runs on this SQLite database; one is all it can have") from None
        yield
