"""What a worker has in its hands for a while: copies of an issue, and until when they are its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from uuid import UUID


@dataclass(eq=False, slots=True)
class Lease:
    """A claim's hold on its rows, under a name of its own: another claim of the same worker is another.

    `deadline` is on the worker's own steady clock: after it, hands off. It moves when the lease is
    renewed in time, and only then.
    """

    name: str
    first: int
    last: int
    left: int  # copies whose fate is not known yet
    deadline: float
    under_way: set[int] = field(default_factory=set)  # marked, and their fate not known yet
    seen: int = 0  # what was left when it was last renewed

    @property
    def over(self) -> bool:
        """Whether somebody else may have these rows by now."""
        return time.monotonic() >= self.deadline


class Held(Protocol):
    """A row under a lease."""

    @property
    def seq(self) -> int: ...

    @property
    def lease(self) -> Lease: ...


class Row(NamedTuple):
    """A row without a reader to send to."""

    seq: int
    lease: Lease


class Taken(NamedTuple):
    """A row as a claim finds it; without an address its reader has gone."""

    seq: int
    id: bytes  # 16 octets, as is the next
    subscriber: bytes
    attempts: int
    sealed: bytes | None
    language: str | None


class Copy(NamedTuple):
    """One reader's copy in a worker's hands; the address is still sealed."""

    seq: int
    id: bytes  # 16 octets, as is the next: random numbers, never anybody's own
    subscriber: bytes
    attempts: int
    sealed: bytes
    language: str
    issue_id: UUID
    lease: Lease


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch: what to send, and rows whose reader has gone."""

    copies: list[Copy]
    gone: list[Row]
    lease: Lease  # its `last` is where the next claim goes on; 0 wraps to the start
