"""How long things are kept, as pages tell it: read from the register that the deletion job runs on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Table

from app.core.language import translations
from app.core.register import Kept, entries, personal
from app.domain import LEDGER, MAIN
from app.domain.ledger import MARGIN

Row = tuple[str, str, str]  # what, why, how long

STAYS = ("block", "ledger_entry")  # what erasing leaves for a while (ER-03, ER-04)
LEDGER_ENTRY = "ledger_entry"
SHORT = timedelta(days=2)  # below this a term is told in hours
HOUR = timedelta(hours=1)


def told(backup_days: int, language: str) -> list[tuple[str, list[Row]]]:
    """Everything that says something about a reader, and the copies that nobody thinks of."""
    say = translations(language).gettext
    about = [_row(table, kept, backup_days, language) for table, kept in _personal()]
    days = _length(timedelta(days=backup_days), language)
    copies = [
        (
            say("Backups"),
            say("to repair the service when a machine breaks"),
            say("%(length)s at most; after that nothing of you is in any backup") % {"length": days},
        ),
        (
            say("The technical log"),
            say("to find faults and misuse"),
            say("nothing of yours is kept in it: no address, no name and no link"),
        ),
    ]
    return [
        (say("What we keep about you"), about),
        (say("Copies and logs"), copies),
    ]


def at_erasure(backup_days: int, language: str, *, blocked: bool = True) -> tuple[list[str], list[Row]]:
    """What goes when somebody asks to be forgotten, and what stays with its reason."""
    say = translations(language).gettext
    goes = [say(kept.what) for table, kept in _personal() if table.name in _erased()]
    kinds = STAYS if blocked else (LEDGER_ENTRY,)
    stays = [_row(table, kept, backup_days, language) for table, kept in _personal() if table.name in kinds]
    return goes, [*stays, told(backup_days, language)[1][1][0]]


def _erased() -> tuple[str, ...]:
    return ("subscriber", "consent", "delivery", "outbox", "lookup", "request", "candidate")


def _personal() -> list[tuple[Table, Kept]]:
    return [
        (table, kept)
        for metadata in (MAIN, LEDGER)
        for table, kept, columns in entries(metadata)
        if personal(columns)
    ]


def _row(table: Table, kept: Kept, backup_days: int, language: str) -> Row:
    say = translations(language).gettext
    return say(kept.what), say(kept.why), how_long(table, kept, backup_days, language)


def how_long(table: Table, kept: Kept, backup_days: int, language: str) -> str:
    """The words of the register, and the number behind them where they do not have it."""
    words = translations(language).gettext(kept.until)
    exact = kept.length
    if table.name == LEDGER_ENTRY:
        exact = timedelta(days=backup_days) + MARGIN
    if not exact or str(_count(exact)) in words:
        return words
    return f"{words} ({_length(exact, language)})"


def _count(length: timedelta) -> int:
    return length // HOUR if length < SHORT else length.days


def _length(length: timedelta, language: str) -> str:
    say = translations(language).ngettext
    count = _count(length)
    if length < SHORT:
        return say("%(count)s hour", "%(count)s hours", count) % {"count": count}
    return say("%(count)s day", "%(count)s days", count) % {"count": count}
