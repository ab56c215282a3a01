"""What a mail server can answer, and at which step it did.

Easy to get wrong: the words of a reply are thrown away while reading, because servers like to repeat
the address in them. Only the two codes are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

LINE_OCTETS = 4096  # RFC 5321 section 4.5.3.1.5 says 512; servers that explain themselves go past it
REPLY_OCTETS = 32 * 1024  # a whole reply; a server that goes on beyond this is not speaking SMTP

# RFC 5321 section 4.2 (the text may be missing), RFC 3463 section 2
LINE = re.compile(rb"([2-5]\d\d)(?:([ -])(?:([245]\.\d{1,3}\.\d{1,3})(?![^ ]))?.*)?", re.DOTALL)

CLOSING = 421  # RFC 5321 section 3.8: may come at any time, and the server hangs up after it
GO_AHEAD = 354


class Stage(StrEnum):
    """How far a conversation has come."""

    CONNECT = "connect"  # reaching the server at all
    GREETING = "greeting"  # its first words
    EHLO = "ehlo"  # our name, and what it offers
    TLS = "tls"  # agreeing on encryption, its certificate
    AUTH = "auth"  # our password
    MAIL = "mail"  # from whom
    RCPT = "rcpt"  # to whom
    DATA = "data"  # whether the letter may come now
    BODY = "body"  # the letter, up to and including the answer to its final dot


class Reason(StrEnum):
    """Why a connection is of no more use."""

    TIMEOUT = "timeout"  # the server did not answer in time
    DROPPED = "dropped"  # the connection was lost, or cut off by us
    REFUSED = "refused"  # the server said no, or that it is closing
    TLS = "tls"  # no encryption, or a certificate that is not to be trusted
    PROTOCOL = "protocol"  # the server said something that is not an answer


class Reply(NamedTuple):
    """A server's answer at one stage."""

    stage: Stage
    code: int
    enhanced: str | None = None  # RFC 3463, such as 5.1.1

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004  (RFC 5321 section 4.2.1)

    @property
    def go_ahead(self) -> bool:
        """The server now waits for the letter."""
        return self.code == GO_AHEAD

    @property
    def closing(self) -> bool:
        """The server hangs up after this."""
        return self.code == CLOSING

    @property
    def temporary(self) -> bool:
        return 400 <= self.code < 500  # noqa: PLR2004  (RFC 5321 section 4.2.1)

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600  # noqa: PLR2004  (RFC 5321 section 4.2.1)


class Trouble(Exception):
    """The connection is of no more use; says how far it came, and what is known of why."""

    def __init__(self, stage: Stage, reason: Reason, reply: Reply | None = None) -> None:
        said = f" ({reply.code} {reply.enhanced or ''}".rstrip() + ")" if reply else ""
        super().__init__(f"{reason} at {stage}{said}")
        self.stage = stage
        self.reason = reason
        self.reply = reply

    @property
    def for_good(self) -> bool:
        """Whether it is one that only people can mend, as a wrong password."""
        return self.reply is not None and self.reply.permanent

    def __reduce__(self) -> tuple[type[Trouble], tuple[Stage, Reason, Reply | None]]:
        return Trouble, (self.stage, self.reason, self.reply)


class Unreadable(Exception):
    """The server does not speak SMTP."""


class Codes(NamedTuple):
    """What is kept of a reply before it is known which command it answers."""

    code: int
    enhanced: str | None


# What Postfix says to every letter, so that it is not taken apart a million times.
COMMON = {
    b"250 2.1.0 Ok\r": Codes(250, "2.1.0"),
    b"250 2.1.5 Ok\r": Codes(250, "2.1.5"),
    b"354 End data with <CR><LF>.<CR><LF>\r": Codes(354, None),
}


class Reader:
    """Cuts a stream of bytes into replies."""

    def __init__(self) -> None:
        self._rest = b""  # an unfinished line
        self._earlier: bytes | None = None  # the code of the unfinished reply
        self._octets = 0  # its size so far

    def feed(self, received: bytes) -> Iterator[Codes]:
        """Yield every reply that is complete by now; raise Unreadable at what is none."""
        *lines, self._rest = (self._rest + received).split(b"\n")
        for line in lines:
            if self._earlier is None and (known := COMMON.get(line)) is not None:
                yield known
                continue
            self._octets += len(line)
            if (codes := self._line(line.removesuffix(b"\r"))) is not None:
                self._octets = 0
                yield codes
        if len(self._rest) > LINE_OCTETS:
            raise Unreadable

    def _line(self, line: bytes) -> Codes | None:
        match = LINE.fullmatch(line)
        if match is None or len(line) > LINE_OCTETS or self._octets > REPLY_OCTETS:
            raise Unreadable
        code, more, enhanced = match.groups()
        if self._earlier not in (None, code):
            raise Unreadable  # RFC 5321 section 4.2.1: every line of a reply has the same code
        self._earlier = code if more == b"-" else None
        return None if more == b"-" else Codes(int(code), enhanced.decode() if enhanced else None)
