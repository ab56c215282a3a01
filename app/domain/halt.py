"""Why an issue stopped: a short text on record, which pages and mails read back to say it in their language.

It is made and read in this one place, so nothing is on record that a page cannot tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """What stopped it."""

    HAND = "hand"  # a person
    REPLY = "reply"  # the mail server refuses what only we can mend
    LOST = "lost"  # connections are lost with a letter under way
    REFUSED = "refused"  # too many mailboxes are not there
    COMPLAINED = "complained"  # too many readers report it as unwanted
    RESTORED = "restored"  # a backup was put back
    SILENCE = "silence"  # the service stood still, so nobody can tell whether one was
    LATE = "late"  # it should have gone out more than a day ago
    KEY = "key"  # a key is not in the key ring of the machine that sends
    UNFIT = "unfit"  # the stored mail is not the approved one, or cannot be signed


FORMS: Final = {
    Cause.HAND: "by hand",
    Cause.REPLY: "{reply} at {stage}",
    Cause.LOST: "connections are lost after the letter",
    Cause.REFUSED: "{count} of {whole} were refused for good",
    Cause.COMPLAINED: "{count} of {whole} readers complained",
    Cause.RESTORED: "restored",
    Cause.SILENCE: "silence",
    Cause.LATE: "late",
    Cause.KEY: "key {key} is not in the key ring",
}
LONGEST: Final = 120  # characters; what an issue and the trail have room for
CUT: Final = "..."
VALUES: Final = {
    "reply": r"\d{3}(?: \d\.\d{1,3}\.\d{1,3})?",
    "stage": "[a-z]+",
    "count": r"\d+",
    "whole": r"\d+",
    "key": r"[\w.-]+",
}


@dataclass(frozen=True, slots=True)
class Halt:
    """The cause, and its figures or what the mail server said."""

    cause: Cause
    values: dict[str, str] = field(default_factory=dict)


def told(cause: Cause, **values: object) -> str:
    """The text for the record."""
    return FORMS[cause].format(**values)


def unfit(why: str) -> str:
    """The same for a mail that is not fit to go out; two domains alone may be longer than that."""
    return why if len(why) <= LONGEST else f"{why[: LONGEST - len(CUT)]}{CUT}"


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{VALUES[found[1]]})", form))


_PATTERNS: Final = {cause: _pattern(form) for cause, form in FORMS.items()}


def read(text: str | None) -> Halt:
    """What such a text says; any other was written when the stored mail was not fit to go out."""
    for cause, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(text or ""):
            return Halt(cause, found.groupdict())
    return Halt(Cause.UNFIT)
