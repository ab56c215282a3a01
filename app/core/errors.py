"""What can go wrong in words a person can act on; nothing here ever names an address."""

from __future__ import annotations

from datetime import timedelta


class Refused(Exception):
    """The service understood and will not do it; the message says why and what to do instead."""

    status = 409


class Invalid(Refused):
    """What was typed or sent is not right; nothing was changed."""

    status = 400


class NotFound(Refused):
    """The thing that was named does not exist here."""

    status = 404


class TooMany(Refused):
    """A limit was reached that the visitor may know about; trying again after `wait` helps."""

    status = 429

    def __init__(self, reason: str, wait: timedelta) -> None:
        super().__init__(reason)
        self.wait = wait


class IllegalMove(Refused):
    """A state machine was asked for a step that its MOVES table does not have."""


class NotReady(Refused):
    """The service must not serve or send now; the reasons are in `reasons`."""

    status = 503

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class LinkProblem(Refused):
    """A link that cannot be used; `reason` is expired, used, void or broken."""

    status = 410

    def __init__(self, reason: str, *, slug: str = "", language: str = "") -> None:
        super().__init__(f"this link is {reason}")
        self.reason, self.slug, self.language = reason, slug, language


class BookClosed(Exception):
    """The ledger cannot be reached now."""
