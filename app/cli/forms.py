"""What an operator types into an option, read and checked; a refusal never repeats an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from enum import StrEnum

import typer

from app.core.address import BadAddress, parse
from app.core.calendar import BadCadence, Cadence
from app.domain.newsletter import DEFAULT_PACE

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SLUG_MOST, NAME_MOST, DETAIL_MOST = 60, 120, 500  # what the columns hold
PACE = re.compile(r"([1-9]\d{0,5})(/s)?")


class Language(StrEnum):
    """The languages that Bode speaks."""

    NL = "nl"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Sender:
    """The name and address that a newsletter comes from."""

    name: str
    address: str


def slug(text: str) -> str:
    """A name that can stand in a web address."""
    if len(text) > SLUG_MOST or not SLUG.fullmatch(text):
        raise typer.BadParameter("use small letters, digits and single hyphens, such as weerbaar-bestuur")
    return text


def line(text: str) -> str:
    """A name on one line, without anything that could end a mail header."""
    if not text.strip() or len(text) > NAME_MOST or not text.isprintable():
        raise typer.BadParameter(f"write 1 to {NAME_MOST} ordinary characters on one line")
    return text.strip()


def detail(text: str) -> str:
    """Some lines for the privacy statement."""
    if len(text) > DETAIL_MOST:
        raise typer.BadParameter(f"keep it to {DETAIL_MOST} characters")
    return text.strip()


def mailbox(text: str) -> str:
    """An address that mail can come from or go to; the error does not repeat it."""
    try:
        found = parse(text)
    except BadAddress as wrong:
        raise typer.BadParameter(f"this is not an address that mail can use ({wrong.code})") from None
    if found.needs_smtputf8:
        raise typer.BadParameter("use an address whose part before the at sign has plain letters only")
    return found.envelope


def sender(text: str) -> Sender:
    """Name and address in one, as mail programs show them."""
    name, address = parseaddr(text)
    if not name or not address:
        raise typer.BadParameter('write a name and an address: "Netwerk <nieuwsbrief AT example.org>"')
    return Sender(line(name), mailbox(address))


def answers(text: str) -> str:
    """Where answers or questions go; nowhere of their own when it is left out."""
    return mailbox(text) if text else ""


def cadence(text: str) -> str:
    """The monthly moment, in the words it is kept in; empty when issues have no fixed day."""
    if not text:
        return ""
    try:
        return str(Cadence.parse(text))
    except BadCadence as wrong:
        raise typer.BadParameter(str(wrong)) from None


def pace(text: str) -> str:
    """Messages a second, or unlimited."""
    if text == "unlimited" or PACE.fullmatch(text):
        return text
    raise typer.BadParameter(f"write {DEFAULT_PACE}/s, or unlimited")


def pace_of(text: str) -> int | None:
    """The number behind the words; None is unlimited."""
    return None if text == "unlimited" else int(text.removesuffix("/s"))
