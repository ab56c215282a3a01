"""Whose fault a reply is: the recipient's mailbox, a passing trouble, or our own doing.

Only a 5yz to RCPT, or after the letter with 5.1.x or 5.2.x, is the mailbox's. Every other refusal for
good is ours, and is tried again: the letter is not lost because our own house was not in order.
"""

from __future__ import annotations

from enum import StrEnum

from app.mail.smtp import Reply, Stage

# TR-08: the mailbox is not there and will not come back by itself; the subscription ends as well.
HARD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
THEIR_OWN = ("5.1.", "5.2.")  # RFC 3463: the address, and the mailbox
POLICY = "5.7."  # RFC 3463: security and policy, which is about the sender


class Verdict(StrEnum):
    """What a reply means for one letter."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the mailbox's: this letter is not for them any more
    DEAD = "dead"  # refused, and the mailbox will not come back
    LATER = "later"  # a passing trouble of anyone
    OURS = "ours"  # something we do is wrong; the recipient is not blamed


def judge(reply: Reply) -> Verdict:
    """The table of stage by code, which a test spells out."""
    if reply.stage is Stage.BODY and reply.accepted:
        return Verdict.ACCEPTED
    if reply.temporary:
        return Verdict.LATER
    enhanced = reply.enhanced or ""
    if not reply.permanent or enhanced.startswith(POLICY):
        return Verdict.OURS
    theirs = reply.stage is Stage.RCPT or (reply.stage is Stage.BODY and enhanced.startswith(THEIR_OWN))
    if not theirs:
        return Verdict.OURS
    return Verdict.DEAD if enhanced in HARD else Verdict.REFUSED
