"""Whose fault a reply is: the reader's mailbox, a passing trouble, or our own doing.

Only a 5yz to RCPT, or after the letter with 5.1.x or 5.2.x, is the reader's. Every other refusal for
good is ours: it is tried again, and past a threshold the issue pauses and people are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.mail.smtp import Reply, Stage

# TR-08: the mailbox is not there and will not come back by itself; the subscription ends as well.
HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
READERS_OWN = ("5.1.", "5.2.")  # RFC 3463: the address, and the mailbox
POLICY = "5.7."  # RFC 3463: security and policy, which is about the sender
DOUBLINGS = 10  # after that the longest pause is reached for any sensible setting


class Verdict(StrEnum):
    """What a reply means for one copy."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the reader's: this issue is not for them any more
    DEAD = "dead"  # refused, and the subscription ends too
    LATER = "later"  # a passing trouble of anyone
    OURS = "ours"  # something we do is wrong; the reader is not blamed


def judge(reply: Reply) -> Verdict:
    """The table of stage by code, which a test spells out."""
    if reply.stage is Stage.BODY and reply.accepted:
        return Verdict.ACCEPTED
    if reply.temporary:
        return Verdict.LATER
    enhanced = reply.enhanced or ""
    if not reply.permanent or enhanced.startswith(POLICY):
        return Verdict.OURS
    theirs = reply.stage is Stage.RCPT or (reply.stage is Stage.BODY and enhanced.startswith(READERS_OWN))
    if not theirs:
        return Verdict.OURS
    return Verdict.DEAD if enhanced in HARD else Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before the next try, and when to stop trying (seconds)."""

    first: float
    longest: float
    give_up: float

    def pause(self, attempts: int) -> float:
        """Doubles with every try up to the longest (RFC 5321 section 4.5.4.1)."""
        return min(self.first * float(2 ** min(attempts, DOUBLINGS)), self.longest)

    def exhausted(self, age: float, attempts: int) -> bool:
        """Whether the next try would come after the issue's time is up."""
        return age + self.pause(attempts) > self.give_up
