"""Where mail is handed over: one address line per relay, as an operator writes it in the settings.

smtp://host:port, smtp+starttls://user:password@host:port, smtps://user:password@host:port
"""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit


class Security(StrEnum):
    """How the connection is protected; the values are the words in front of ://."""

    NONE = "smtp"  # plaintext: to this machine only
    STARTTLS = "smtp+starttls"  # begins in plaintext, then TLS or nothing (RFC 3207)
    TLS = "smtps"  # TLS from the first byte (RFC 8314)


PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


PLAINTEXT = (
    "smtp:// sends addresses in plaintext, so it may only go to this machine "
    "(127.0.0.1, ::1, localhost). Use smtps:// or smtp+starttls://."
)


class BadRelay(Exception):
    """The line does not say where to hand mail over; the message says what is wrong, without the password."""


@dataclass(frozen=True)
class Relay:
    """One server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str, *, production: bool) -> Relay:
        """Read one line. Plaintext to another machine is for trying things out, without a password."""
        parts, port = _split(url)
        security = _security(parts)
        _check(parts)
        host = parts.hostname or ""
        if security is Security.NONE and not is_loopback(host) and (production or parts.username):
            raise BadRelay(PLAINTEXT)
        user, password = _decoded(parts.username), _decoded(parts.password)
        return cls(host, port or PORTS[security], security, user, password)

    @classmethod
    def parse_all(cls, text: str, *, production: bool) -> tuple[Relay, ...]:
        """Read several lines, separated by commas, in order of preference."""
        urls = [url for url in text.split(",") if url.strip()]
        if not urls:
            raise BadRelay("No mail server is named.")
        return tuple(cls.parse(url, production=production) for url in urls)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.security}://{host}:{self.port}"


def _split(url: str) -> tuple[SplitResult, int | None]:
    with contextlib.suppress(ValueError):
        parts = urlsplit(url.strip())
        return parts, parts.port
    raise BadRelay("The mail server's port or brackets cannot be read.")  # the cause would show the line


def _security(parts: SplitResult) -> Security:
    if parts.scheme not in set(Security):
        raise BadRelay("A mail server starts with smtps://, smtp+starttls:// or (this machine only) smtp://.")
    return Security(parts.scheme)


def _check(parts: SplitResult) -> None:
    if not parts.hostname:
        raise BadRelay("The mail server has no name.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise BadRelay("Nothing may follow the port; in a password / ? # @ : , are written %2F and so on.")
    if (parts.username is None) != (parts.password is None):
        raise BadRelay("The mail server needs a user and a password, or neither.")


def is_loopback(host: str) -> bool:
    """Tell whether what is sent there stays on this machine, without looking the name up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")  # RFC 6761 section 6.3


def _decoded(text: str | None) -> str | None:
    with contextlib.suppress(UnicodeDecodeError):
        return None if text is None else unquote(text, errors="strict")
    raise BadRelay("User and password are written in UTF-8, percent-encoded.")
