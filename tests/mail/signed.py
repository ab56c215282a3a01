"""Keys for tests, and what somebody else's program (dkimpy) says about a signed mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import dkim

from app.mail.dkim import Signer, new_keys
from tests.mail.letters import VALUES, compiled

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
KEYS = new_keys("nieuwsbrief.example", NOW)
RSA, EDWARDS = 0, 1  # the order of the signatures in a mail


def published(keys=KEYS):
    """The TXT records as a resolver gives them: their strings joined."""
    return {name: value.strip('"').replace('" "', "") for name, value in keys.dns_records()}


def verdict(message, which, keys=KEYS):
    """Whether that signature is good; a mail that cannot be read is not."""
    records = {f"{name}.".encode(): text.encode() for name, text in published(keys).items()}
    try:
        return dkim.DKIM(message).verify(idx=which, dnsfunc=lambda name, timeout=5: records[name])
    except dkim.DKIMException:
        return False


def verdicts(message, keys=KEYS):
    return [verdict(message, which, keys) for which in (RSA, EDWARDS)]


def named(message):
    """What the first signature of a mail covers: the names in its h=, in small letters."""
    found = re.search(rb"\bh=([^;]*);", message)
    return set(re.sub(rb"\s", b"", found[1]).decode().split(":"))


def signed(letter=None, values=VALUES, now=NOW, keys=KEYS):
    """One reader's mail as it leaves."""
    letter = letter or compiled()
    return b"".join([*Signer(keys).prepare(letter).sign(values, now), *letter.fill(values)])
