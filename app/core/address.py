"""What counts as an e-mail address here, and when two of them are the same.

Easy to get wrong: an address is delivered exactly as it was typed, and only compared in its canonical
form. Nothing in this module, not even an error, ever repeats the address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

LOCAL_OCTETS = 64  # RFC 5321 section 4.5.3.1.1
DOMAIN_OCTETS = 255  # RFC 5321 section 4.5.3.1.2
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
PLAIN = re.compile(rf"{ATOM}(\.{ATOM})*")  # RFC 5322 dot-atom
DOMAINS = 4096  # remembered at once: more than a list of office holders has
WHOLE_OCTETS = 254  # RFC 5321 section 4.5.3.1.3: a path of 256, less its two angle brackets


Label = Callable[[str], "str | None"]


class BadAddress(Exception):
    """Not an address that mail can be sent to; `code` says why, and nothing says which."""

    def __init__(self, code: str) -> None:
        """Keep the reason only: the typed text must not travel with the error."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, repr=False)
class Address:
    """One mailbox: as typed, as mail needs it, and as it is compared."""

    local: str  # before the @, its case kept: only the receiving server may say whether case matters
    domain: str  # after the @, lower-case A-label (xn--...), so it fits in any envelope and header
    typed: str  # what the person entered, without the spaces around it
    canonical: str  # for uniqueness only, never to send to

    @property
    def envelope(self) -> str:
        """What goes into MAIL FROM, RCPT TO and the To header."""
        return f"{self.local}@{self.domain}"

    @property
    def mailbox(self) -> str:
        """Where most servers deliver `name+anything`: to count against floods only, never to compare."""
        before, _, domain = self.canonical.rpartition("@")
        return f"{before.partition('+')[0] or before}@{domain}"

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a server that offers SMTPUTF8 (RFC 6531) can take it."""
        return not self.local.isascii()

    @property
    def masked(self) -> str:
        """Enough to recognise one's own address by, too little to write to: d•••@example.org."""
        first = self.local[0] if len(self.local) > 1 else ""
        return f"{first}•••@{self.domain}"

    def __repr__(self) -> str:
        """Show nothing: a repr ends up in logs and tracebacks."""
        return "Address(•••)"


def parse(text: str, label: Label | None = None) -> Address:
    """Read what a person typed, or raise BadAddress with the reason."""
    typed = text.strip(" ")  # pasted addresses carry spaces around them; any other blank is refused
    if code := _refusal_by_shape(typed):
        raise BadAddress(code)
    before, _, after = typed.partition("@")
    local = unicodedata.normalize("NFC", before)  # RFC 6532 section 3.1
    domain = (label or _a_label)(after)
    if domain is None:
        raise BadAddress("bad_domain")  # never inside an `except`: the cause would quote the address
    address = _within_limits(Address(local, domain, typed, _canonical(local, domain)))
    if not PLAIN.fullmatch(local) and _checked(address.envelope) is None:
        raise BadAddress("bad_local")
    return address


def many() -> Callable[[str], Address]:
    """What `parse` does, for who reads thousands in a row: domains come again and again.

    Not for visitors: they could tell from the time it takes whether a domain was there before.
    """
    return partial(parse, label=lru_cache(DOMAINS)(_a_label))


def _refusal_by_shape(typed: str) -> str | None:
    """Say what a person most likely did wrong, in the order in which they would see it."""
    local, _, domain = typed.partition("@")
    refusals = {
        "empty": not typed,
        "too_long": len(typed) > LOCAL_OCTETS + 1 + DOMAIN_OCTETS,  # also keeps the costly checks short
        "quoted": '"' in typed,
        "brackets": "<" in typed or ">" in typed,
        "spaces": any(map(_blank_or_control, typed)),
        "no_at": "@" not in typed,
        "two_ats": typed.count("@") > 1,
        "bad_local": not local,
        "no_domain": not domain,
        "ip_literal": domain.startswith("["),
    }
    return next((code for code, applies in refusals.items() if applies), None)


def _blank_or_control(character: str) -> bool:
    """Tell what could end a header or a command, or hide in one (Z: separators, C: controls)."""
    return unicodedata.category(character)[0] in "ZC"


def _a_label(domain: str) -> str | None:
    """Write a domain the IDNA2008 way; None for what is no domain or has a single label (AD-01)."""
    checked = _checked(f"a@{domain}")
    return checked.ascii_domain if checked and "." in checked.ascii_domain else None


def _checked(text: str) -> ValidatedEmail | None:
    try:
        # No look-up (the answer would tell others who signs up). The test environment only adds names
        # under .test (RFC 6761), on which demonstrations run.
        return validate_email(
            text, check_deliverability=False, test_environment=True, allow_quoted_local=False
        )
    except EmailNotValidError:
        return None


def _canonical(local: str, domain: str) -> str:
    """Fold case as Unicode says for canonical caseless matching (chapter 3.13, D145)."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", local).casefold())
    return f"{unicodedata.normalize('NFC', folded)}@{domain}"


def _within_limits(address: Address) -> Address:
    """Count octets, of the canonical form too (folding can lengthen it), so that it parses to itself."""
    for whole in (address.envelope, address.canonical):
        local = whole.partition("@")[0]
        if len(local.encode()) > LOCAL_OCTETS or len(whole.encode()) > WHOLE_OCTETS:
            raise BadAddress("too_long")
    return address
