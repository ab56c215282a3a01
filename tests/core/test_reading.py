"""How hard a text is to read: numbers to compare texts with, and never a judgement."""

from __future__ import annotations

import pytest

from app.core import reading

EASY = {
    "nl": "De gemeente helpt u als u wordt bedreigd. U kunt altijd bellen. Wij luisteren naar u. " * 4,
    "en": "The town helps you when you are in need. You can call us. We listen to your story. " * 4,
}
HARD = {
    "nl": "De implementatie van beleidsmaatregelen betreffende de weerbaarheid van volksvertegenwoordigers "
    "geschiedt overeenkomstig de vigerende uitvoeringsregeling met inachtneming van de onderscheiden "
    "verantwoordelijkheidsverdeling. " * 4,
    "en": "The implementation of institutional resilience arrangements necessitates comprehensive "
    "organisational accountability, notwithstanding considerable interdepartmental complexities. " * 5,
}


@pytest.mark.parametrize("language", ["nl", "en"])
def test_short_words_and_sentences_are_easier(language: str) -> None:
    easy, hard = reading.ease(EASY[language], language), reading.ease(HARD[language], language)
    assert easy is not None
    assert hard is not None
    assert hard < reading.B1 < easy
    assert reading.ease("Een korte tekst.", language) is None


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_language_is_known_by_its_usual_words(language: str) -> None:
    assert reading.seems(EASY[language]) == language
    assert reading.seems("Weerbaar Bestuur 2026") is None


@pytest.mark.parametrize(
    ("word", "count"), [("bijeenkomst", 3), ("ideeën", 3), ("reünie", 3), ("uitnodiging", 4), ("1e", 1)]
)
def test_dutch_syllables(word: str, count: int) -> None:
    assert reading._syllables(word, "nl") == count


def test_a_sentence_ends_at_a_stop_or_a_line() -> None:
    assert reading.sentences("Een. Twee!\ndrie\n\n- 4 -\n“Vijf?” Zes") == [
        "Een.",
        "Twee!",
        "drie",
        "“Vijf?",
        "Zes",
    ]
