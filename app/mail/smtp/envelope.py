"""The envelope around a letter, and the letter as it goes over the wire.

Easy to get wrong: an address that could end a command early would be a second command, and a line with
only a dot would end the letter early. Both are refused or defused here, whoever checked before.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PATH_OCTETS = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets

# No blanks, controls, brackets or quotes; a path is empty (the null sender) or has one @.
PATH = re.compile(r'(?:[^\x00-\x20\x7f-\xa0<>"@\\]+@[^\x00-\x20\x7f-\xa0<>"@\\\u2028\u2029]+)?')
ENVID = re.compile(r"[A-Za-z0-9._-]{1,100}")  # RFC 3461 section 4.4, kept to what needs no encoding

END = b".\r\n"  # a line with only a dot ends the letter


class BadEnvelope(Exception):
    """What was asked cannot be put on an envelope or over the wire safely; never says which address."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom, to whom, and what the server should know beforehand."""

    sender: str  # the return path; empty for mail that must not bounce
    recipient: str
    size: int  # octets of the letter
    smtputf8: bool = False  # RFC 6531
    envid: str | None = None  # RFC 3461: comes back in a bounce
    own_path: bool = False  # the envelope id is also in the return path, for servers that know no DSN

    def __post_init__(self) -> None:
        _check_sender(self.sender, self.smtputf8)
        _check(self.recipient, self.smtputf8)
        if not self.recipient:
            raise BadEnvelope("A letter without a recipient.")
        if self.envid is not None and not ENVID.fullmatch(self.envid):
            raise BadEnvelope("An envelope id is 1 to 100 letters, digits, dots, dashes or underscores.")
        if self.own_path and not (self.envid and self.sender):
            raise BadEnvelope("A return path of one's own needs an envelope id and a sender.")

    def __repr__(self) -> str:
        return "Envelope(•••)"

    @property
    def return_path(self) -> str:
        """Whom a server tells that it could not deliver."""
        if not self.own_path:
            return self.sender
        local, _, domain = self.sender.partition("@")
        return f"{local}+{self.envid}@{domain}"

    def mail(self, offers: Mapping[str, str]) -> bytes:
        """Word the MAIL command with what this server understands."""
        words = [b"MAIL FROM:<%b>" % self.return_path.encode()]
        if "size" in offers:
            words.append(b"SIZE=%d" % self.size)
        if self.smtputf8:
            words += [b"SMTPUTF8", b"BODY=8BITMIME"]  # the address stands in the To header too
        if "dsn" in offers:
            words.append(b"RET=HDRS")  # a bounce need not carry the letter around
            words += [b"ENVID=%b" % self.envid.encode()] if self.envid else []
        return b" ".join(words) + b"\r\n"

    def rcpt(self, offers: Mapping[str, str]) -> bytes:
        """Word the RCPT command. ORCPT would repeat the address in bounces, so it is left out."""
        notify = b" NOTIFY=FAILURE" if "dsn" in offers else b""
        return b"RCPT TO:<%b>%b\r\n" % (self.recipient.encode(), notify)


def _check(path: str, smtputf8: bool) -> None:  # noqa: FBT001  (as in the envelope)
    if not PATH.fullmatch(path) or len(path.encode()) > PATH_OCTETS:
        raise BadEnvelope("An address does not fit on an envelope.")
    if not smtputf8 and not path.isascii():
        raise BadEnvelope("An address outside ASCII needs smtputf8.")


_check_sender = functools.lru_cache(maxsize=64)(_check)  # the same few, a million times


def stuff(chunks: Sequence[bytes]) -> list[bytes]:
    """Make a letter ready for the wire (RFC 5321 section 4.5.2); END is still to follow.

    Bare CR or LF is refused: servers disagree on whether it ends a line, and so on where a letter
    ends, which is how one letter smuggles in another (RFC 5321 section 2.3.8).
    """
    letter = b"".join(chunks)
    if not letter:
        raise BadEnvelope("A letter without content.")
    ends = letter.count(b"\r\n")
    if ends != letter.count(b"\n") or ends != letter.count(b"\r"):
        raise BadEnvelope("A letter with a bare CR or LF.")
    first = b"." if letter.startswith(b".") else b""
    last = b"" if letter.endswith(b"\r\n") else b"\r\n"
    return [first, letter.replace(b"\r\n.", b"\r\n.."), last]


def check_stuffed(chunks: Sequence[bytes]) -> Sequence[bytes]:
    """Pass on what `stuff` made. Without content, END alone would be an empty letter to somebody."""
    last = next((chunk for chunk in reversed(chunks) if chunk), b"")
    if not last.endswith(b"\r\n"):
        raise BadEnvelope("A stuffed letter ends with CRLF.")
    return chunks
