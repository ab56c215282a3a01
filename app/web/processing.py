"""The entry of a newsletter in the register of processing (GDPR Art. 30), made from what really is held.

Nothing is listed here by hand that the tables know: what, why and how long stand beside the columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column

from app.core.language import translations
from app.core.register import Held, Kind, entries
from app.domain import LEDGER, MAIN, dossier
from app.domain.newsletter import Newsletter
from app.web import terms

Say = Callable[[str], str]

ABOUT = frozenset((Kind.ADDRESS, Kind.PSEUDONYM, Kind.READER, Kind.STAFF, Kind.PARTNER))  # about somebody


@dataclass(frozen=True, slots=True)
class Field:
    """One kind of data: where it stands, what it is to somebody, and what it is for."""

    column: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Category:
    """What belongs together, is held for one reason, and goes at one moment."""

    what: str
    why: str
    until: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Processing:
    """The whole entry; the names are those of Art. 30(1)."""

    newsletter: str
    controller: str
    dpo: str
    contact: str
    purpose: str
    basis: str
    people: list[str]
    data: list[Category]
    recipients: list[str]
    transfers: str
    measures: list[str]
    missing: list[str]


def entry(letter: Newsletter, backup_days: int, language: str) -> Processing:
    """The entry of one newsletter in one language."""
    say = translations(language).gettext
    return Processing(
        newsletter=letter.title,
        controller=letter.controller,
        dpo=letter.dpo,
        contact=letter.privacy_contact,
        purpose=say("To send this newsletter to who subscribed to it, and for nothing else"),
        basis=say("Consent: Art. 6(1)(a) and 7 GDPR, Art. 11.7 Telecommunicatiewet"),
        people=[
            say("Subscribers of the newsletter"),
            say("Staff who make it, send it and watch over it"),
            say("People at partners who send in copy"),
        ],
        data=categories(backup_days, language),
        recipients=_recipients(letter, say),
        transfers=say(
            "The service itself passes nothing on to countries outside the EEA; the mail goes to the mail "
            "provider that each subscriber chose"
        ),
        measures=_measures(say),
        missing=letter.unfilled,
    )


def categories(backup_days: int, language: str) -> list[Category]:
    """Every table that says something about somebody, of both databases."""
    say = translations(language).gettext
    return [
        Category(
            say(kept.what),
            say(kept.why),
            terms.how_long(table, kept, backup_days, language),
            [_field(column, held, say) for column, held in columns if held.kind in ABOUT],
        )
        for metadata in (MAIN, LEDGER)
        for table, kept, columns in entries(metadata)
        if any(held.kind in ABOUT for _, held in columns)
    ]


def lines(backup_days: int, language: str) -> list[dossier.Category]:
    """Every table of both databases, as the supervision file has it: those about nobody as well."""
    say = translations(language).gettext
    return [
        dossier.Category(
            table=table.name,
            what=say(kept.what),
            why=say(kept.why),
            until=terms.how_long(table, kept, backup_days, language),
        )
        for metadata in (MAIN, LEDGER)
        for table, kept, _ in entries(metadata)
    ]


def _field(column: Column[object], held: Held, say: Say) -> Field:
    kinds = {
        Kind.ADDRESS: say("e-mail address, always encrypted"),
        Kind.PSEUDONYM: say("pseudonym, only recognised with the key"),
        Kind.READER: say("about a subscriber"),
        Kind.STAFF: say("about a member of staff"),
        Kind.PARTNER: say("about somebody who sends in copy"),
    }
    return Field(f"{column.table.name}.{column.name}", kinds[held.kind], say(held.why))


def _recipients(letter: Newsletter, say: Say) -> list[str]:
    found = [say("The mail provider of each subscriber, to deliver the mail")]
    return [letter.processor, *found] if letter.processor else found


def _measures(say: Say) -> list[str]:
    return [
        say("Addresses are encrypted with keys that lie apart from the data and its backups"),
        say("Nothing is kept of who has not confirmed, and nothing measures who opens or clicks"),
        say("Mail leaves over verified TLS, signed with DKIM"),
        say("Nobody can list, search or download subscribers; staff never see an address"),
        say("What one person approved is sent byte for byte; the author cannot approve"),
        say("Everything staff do is in a signed trail that shows every change"),
        say("Who has gone stays gone when a backup is put back"),
    ]
