"""How the test mail server misbehaves; every field can be switched while it runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

OFFERS = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")


@dataclass
class Mischief:
    """What goes wrong. Nothing, unless said otherwise."""

    say: dict[str, str] = field(default_factory=dict)
    """Another reply at a step: greeting ehlo starttls auth mail rcpt data body rset quit. The text is
    sent as it is (so it can be garbage); "drop" hangs up; what begins with 421 is said, then hangs up."""

    times: int | None = None  # how often `say`, `drop` and `cut` happen before all is well again
    offers: tuple[str, ...] = OFFERS  # what EHLO offers
    silent: tuple[str, ...] = ()  # steps that are never answered
    greeting_delay: float = 0  # seconds
    delay: float = 0  # before every other reply
    body_delay: float = 0  # before the reply to the final dot
    patient: bool = False  # answers the final dot only when the next DATA has come
    goodbye_after: int | None = None  # 421 to the first command after so many letters on a connection
    defer_share: float = 0  # 451 at RCPT for this share of the recipients, chosen by hash
    defer_once: bool = True  # only the first time each of them is named
    refuse: tuple[str, ...] = ()  # recipients that get 550 5.1.1 at RCPT
    to: dict[str, str] = field(default_factory=dict)  # another reply at RCPT for a recipient, as with `say`
    go_ahead_anyway: bool = False  # 354 though no recipient was accepted
    drop: str | None = None  # hangs up at the final dot: "before" or "after" keeping the letter
    drop_only: str = ""  # only at a letter that holds this text
    cut: int | None = None  # hangs up after so many octets of a letter
    hasty: bool = False  # says 250 to the first piece of a letter, and reads no further
    deaf: bool = False  # stops reading once it has said 354
    chatter: str | None = None  # said once, unasked, after the 250 of RCPT
    expired: bool = False  # shows a certificate that has run out

    def strikes(self) -> bool:
        """Whether it goes wrong this time."""
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def defers(self, recipient: str) -> bool:
        number = int.from_bytes(hashlib.sha256(recipient.encode()).digest()[:4], "big")
        return number < self.defer_share * 2**32
