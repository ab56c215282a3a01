"""Reports about mail of ours that come back by mail: a mailbox is not there, or its reader complained.

Two standard forms are read: RFC 3464 (a mail server could not deliver) and RFC 5965 (a reader pressed "this
is unwanted"). A stranger may have written every octet, so nothing here believes whom a report says it is
about: it hands out random numbers and marks, and whoever holds the keys sees whether they are ours. Reading
never raises, and looks at no more than the first octets: what we need stands before the text of the letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.core.tokens import END, MARK_CHARACTERS
from app.mail.judge import HARD

MOST: Final = 64 * 1024  # octets that are looked at: a report and the head of the letter have a tenth of it
PARTS_MOST: Final = 40  # parts, and so levels as well: a report with a letter of ours in it has a dozen
RECIPIENTS_MOST: Final = 10  # mailboxes that a report is about: our letters have one

HEAD = re.compile(rb"(?:\A|[\r\n])content-type:", re.IGNORECASE)  # no part or level without one
# A delivery's, as Message-ID, ENVID and path have it; a server may give it back in capitals.
NUMBER = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)
CAME_TO: Final = ("Delivered-To", "X-Original-To", "To")
MARK = re.compile(rf"(?<![\w-])[A-Za-z0-9_-]{{{MARK_CHARACTERS - 1}}}{END}(?![\w-])", re.ASCII)
STATUS = re.compile(r"(5\.\d{1,3}\.\d{1,3})(?![.\d])", re.ASCII)
RECIPIENT = re.compile(r"\s*rfc822\s*;\s*<?([^<>\s]+)>?\s*", re.IGNORECASE)


class Kind(StrEnum):
    """What a report says."""

    COMPLAINT = "complaint"  # the reader does not want our mail
    RETURNED = "returned"  # a mail server could not deliver, for now or for good


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a report is about, as it says; shows nothing of itself.

    `numbers` and `marks` were ours, or nobody's; `gone` are the mailboxes that are said not to exist.
    """

    kind: Kind
    numbers: frozenset[UUID]
    marks: frozenset[str]
    gone: tuple[str, ...] = ()


def read(raw: bytes) -> Report | None:
    """The report that this is; None for any other mail, and for a return that somebody sent."""
    try:
        return _read(raw[:MOST])
    except Exception:  # noqa: BLE001  (whatever the parser stumbles over is no report)
        return None


def _read(raw: bytes) -> Report | None:
    if len(HEAD.findall(raw)) > PARTS_MOST:
        return None
    whole = BytesParser(policy=compat32).parsebytes(raw)
    parts = _inside(whole) if whole.get_content_type() == "multipart/report" else []
    ours = next((found for part in parts if (found := _letter(part)) is not None), Message())
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return _complaint(part, ours)
        if part.get_content_type() == "message/delivery-status":
            return _returned(whole, part, ours) if _from_nobody(whole) else None
    return None


def _from_nobody(whole: Message) -> bool:
    """A mail server returns in nobody's name (RFC 3464 section 2); what somebody sent is forged (TR-07)."""
    paths = [str(each).strip() for each in whole.get_all("Return-Path", [])]
    return paths == ["<>"]


def _complaint(part: Message, ours: Message) -> Report | None:
    fields = next(iter(_inside(part)), Message())
    if _said(fields, "Feedback-Type").lower() != "abuse":
        return None
    return Report(Kind.COMPLAINT, _numbers(fields, ours), _marks(ours))


def _returned(whole: Message, part: Message, ours: Message) -> Report | None:
    about, *mailboxes = _inside(part)
    if not 0 < len(mailboxes) <= RECIPIENTS_MOST:
        return None
    gone = [RECIPIENT.fullmatch(_said(each, "Final-Recipient")) for each in mailboxes if _hard(each)]
    named = tuple(found[1] for found in gone if found)
    return Report(Kind.RETURNED, _numbers(about, ours) | _sent_to(whole), _marks(ours), named)


def _hard(mailbox: Message) -> bool:
    status = STATUS.match(_said(mailbox, "Status"))
    return _said(mailbox, "Action").lower() == "failed" and status is not None and status[1] in HARD


def _letter(part: Message) -> Message | None:
    """The letter that the report is about, or what it has of its head."""
    kind = part.get_content_type()
    if kind == "message/rfc822":
        return next(iter(_inside(part)), None)
    text = (
        part.get_payload(decode=True) if kind in {"text/rfc822-headers", "message/rfc822-headers"} else None
    )
    return BytesHeaderParser(policy=compat32).parsebytes(text) if isinstance(text, bytes) else None


def _numbers(fields: Message, ours: Message) -> frozenset[UUID]:
    """As they stand in the report itself and in the head of our letter."""
    said = _said(fields, "Original-Envelope-Id"), _said(ours, "Message-ID")
    return frozenset(UUID(hex=each) for text in said for each in NUMBER.findall(text))


def _sent_to(whole: Message) -> frozenset[UUID]:
    """The return path that it came to, as our mail server wrote it or whoever sent it back."""
    told = (str(each) for name in CAME_TO for each in whole.get_all(name, []))
    return frozenset(UUID(hex=each) for text in told for each in NUMBER.findall(text))


def _marks(ours: Message) -> frozenset[str]:
    return frozenset(MARK.findall(_said(ours, "List-Unsubscribe")))


def _said(message: Message, name: str) -> str:
    return str(message.get(name, "")).strip()


def _inside(message: Message) -> list[Message]:
    held = message.get_payload()
    return [each for each in held if isinstance(each, Message)] if isinstance(held, list) else []
