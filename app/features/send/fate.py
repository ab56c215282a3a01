"""What became of a copy that was tried, and what that means for its row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.delivery import State


class Outcome(StrEnum):
    """What became of a copy that was tried."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"  # not now; tried later
    GIVEN_UP = "given_up"
    DOUBT = "doubt"  # it may have arrived; sent again with the same bytes
    RELEASED = "released"  # never tried; anyone may take it
    GONE = "gone"  # its reader has left


ENDS = {
    Outcome.ACCEPTED: State.ACCEPTED,
    Outcome.REFUSED: State.REFUSED,
    Outcome.GIVEN_UP: State.GIVEN_UP,
    Outcome.GONE: State.LEFT,
}
UNTRIED = frozenset({Outcome.RELEASED, Outcome.GONE})


@dataclass(frozen=True, slots=True)
class Fate:
    """An outcome with what the server said, in numbers, and when to try again (seconds).

    `ends` is a subscriber whose mailbox does not exist: told on once the outcome is on disk.
    """

    outcome: Outcome
    code: str | None = None
    again_in: float = 0.0
    ends: UUID | None = None
    doubt: bool = False  # given up, and it may have arrived

    @property
    def state(self) -> State:
        """Where the copy is after this."""
        return ENDS.get(self.outcome, State.WAITING)

    @property
    def tries(self) -> int:
        """How many tries this was: one, or none."""
        return 0 if self.outcome in UNTRIED else 1

    @property
    def doubts(self) -> int:
        """How often nobody knew whether it arrived: once, or not."""
        return 1 if self.doubt or self.outcome is Outcome.DOUBT else 0
