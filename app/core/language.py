"""Every word a reader sees, in Dutch or in English, and dates as people write them.

The texts in code and templates are English. Their Dutch is in the `.po` files under
`app/locale/nl`; all of them are read together, by the web before it opens and elsewhere when the
first mail needs them, so that nothing has to be compiled before a start.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

LANGUAGES = ("nl", "en")
SOURCE = "en"  # the language that the texts in the code are written in
LOCALE = Path(__file__).parents[1] / "locale"

# English as Europe writes it: the day before the month.
REGIONS = {"nl": "nl_NL", "en": "en_GB"}


class UnknownLanguage(ValueError):
    """A language was asked for that Bode does not speak."""

    def __init__(self) -> None:
        super().__init__(f"Bode speaks {' and '.join(LANGUAGES)}")


@cache
def translations(language: str) -> NullTranslations:
    """The texts of one language, from all its `.po` files together."""
    if language not in LANGUAGES:
        raise UnknownLanguage
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalog(language))
    compiled.seek(0)
    return Translations(compiled)


def learn() -> None:
    """Read the texts of every language now: what takes half a second is not for the first visitor."""
    for language in LANGUAGES:
        translations(language)


def catalog(language: str) -> Catalog:
    """Everything translated into `language`, as the translators left it."""
    together = Catalog(locale=language)
    for path in sorted((LOCALE / language).rglob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    together[message.id] = message
    return together


def day(on: date, language: str) -> str:
    """3 november 2026."""
    return format_date(on, "d MMMM y", locale=REGIONS[language])


def weekday(on: date, language: str) -> str:
    """Such as: dinsdag 3 november 2026."""
    return format_date(on, "EEEE d MMMM y", locale=REGIONS[language])


def month(on: date, language: str) -> str:
    """Such as: november 2026."""
    return format_date(on, "MMMM y", locale=REGIONS[language])


def month_short(on: date, language: str) -> str:
    """Such as: nov, for a tile on a calendar."""
    return format_date(on, "MMM", locale=REGIONS[language])


def decimal(value: float, language: str) -> str:
    """4,1 or 4.1."""
    return format_decimal(value, "0.0", locale=REGIONS[language])


def clock(at: time, language: str) -> str:
    """10.00 uur, or 10:00."""
    return f"{at:%H.%M} uur" if language == "nl" else f"{at:%H:%M}"


def moment(at: datetime, language: str) -> str:
    """Such as: dinsdag 3 november 2026 om 10.00 uur; `at` is already in the reader's time zone."""
    hour = clock(at.timetz(), language)
    return f"{weekday(at, language)} {'om' if language == 'nl' else 'at'} {hour}"


def occasion(on: date, starts_at: time | None, ends_at: time | None, language: str) -> str:
    """When something takes place: the day, and the hours as far as they are known."""
    if starts_at is None:
        return weekday(on, language)
    if ends_at is None:
        return f"{weekday(on, language)}, {clock(starts_at, language)}"
    first = f"{starts_at:%H.%M}" if language == "nl" else f"{starts_at:%H:%M}"
    return f"{weekday(on, language)}, {first}–{clock(ends_at, language)}"
