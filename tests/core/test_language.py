"""Dutch and English are both spoken, completely, and dates are written as people write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from app.core import language
from app.core.language import LANGUAGES, LOCALE, UnknownLanguage, translations

FILES = sorted(LOCALE.rglob("*.po"))


def messages(path):
    with path.open("rb") as file:
        return [message for message in read_po(file, locale=path.parent.name) if message.id]


def forms(text):
    return text if isinstance(text, tuple | list) else (text,)


def placeholders(text):
    return set(re.findall(r"%\(\w+\)s", text))


def test_english_is_what_the_code_says():
    assert translations("en").gettext("Nothing was sent") == "Nothing was sent"
    assert translations("en").ngettext("one", "more", 2) == "more"


def test_dutch_comes_from_the_files():
    assert translations("nl").gettext("Nothing was sent") == "Er is niets verstuurd"


def test_dutch_has_one_and_more():
    texts = ("This link works for %(count)s day.", "This link works for %(count)s days.")
    assert translations("nl").ngettext(*texts, 1) == "Deze link werkt %(count)s dag."
    assert translations("nl").ngettext(*texts, 7) == "Deze link werkt %(count)s dagen."


def test_another_language_is_refused():
    with pytest.raises(UnknownLanguage, match="nl and en"):
        translations("de")


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_text_is_translated_and_keeps_its_blanks(path):
    for message in messages(path):
        assert not message.fuzzy, message.id
        for text in forms(message.string):
            assert text, message.id
            assert placeholders(text) == placeholders(forms(message.id)[-1]), message.id


def test_a_text_has_one_translation_in_all_files():
    said = {}
    for path in FILES:
        for message in messages(path):
            first = said.setdefault((path.parent, message.id), message.string)
            assert first == message.string, (path, message.id)


def test_there_is_a_folder_for_every_language_but_the_one_of_the_code():
    assert {path.parent.name for path in FILES} == set(LANGUAGES) - {language.SOURCE}


@pytest.mark.parametrize(
    ("spoken", "day", "weekday", "month", "clock"),
    [
        ("nl", "3 november 2026", "dinsdag 3 november 2026", "november 2026", "09.05 uur"),
        ("en", "3 November 2026", "Tuesday 3 November 2026", "November 2026", "09:05"),
    ],
)
def test_dates_are_written_as_people_write_them(spoken, day, weekday, month, clock):
    on = date(2026, 11, 3)
    assert language.day(on, spoken) == day
    assert language.weekday(on, spoken) == weekday
    assert language.month(on, spoken) == month
    assert language.month_short(on, spoken).lower().startswith("nov")
    assert language.clock(time(9, 5), spoken) == clock


def test_a_moment_is_the_one_on_the_readers_clock():
    at = datetime(2026, 3, 29, 10, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert language.moment(at, "nl") == "zondag 29 maart 2026 om 10.00 uur"
    assert language.moment(at, "en") == "Sunday 29 March 2026 at 10:00"


def test_a_number_has_the_mark_of_its_language():
    assert (language.decimal(4.06, "nl"), language.decimal(1234.5, "en")) == ("4,1", "1234.5")


def test_an_occasion_says_as_much_as_is_known():
    on = date(2026, 12, 10)
    assert language.occasion(on, None, None, "nl") == "donderdag 10 december 2026"
    assert language.occasion(on, time(16), None, "nl") == "donderdag 10 december 2026, 16.00 uur"
    assert (
        language.occasion(on, time(10), time(12, 30), "nl") == "donderdag 10 december 2026, 10.00–12.30 uur"
    )
    assert language.occasion(on, time(10), time(12, 30), "en") == "Thursday 10 December 2026, 10:00–12:30"
