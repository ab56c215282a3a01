"""Whose words stand in a text: a comma, a move or an earlier version makes nobody's words somebody else's."""

from __future__ import annotations

import pytest

from app.domain.authorship import Hands
from app.domain.typed import Piece, Typed


def text(*blocks: str, subject: str = "Nieuws over steun") -> Typed:
    """A text of these blocks."""
    pieces = tuple(Piece("text", {"markdown": each}) for each in blocks)
    return Typed("nl", {"subject": subject, "preheader": "", "intro": ""}, pieces)


LONG = "Bestuurders krijgen steun na een dreigbrief"
OTHER = "De bijeenkomst is in Utrecht"
FIRST = text(LONG, OTHER)


@pytest.mark.parametrize(
    ("then", "whose"),
    [
        (text(LONG.replace("steun na", "steun, na"), OTHER), "both"),  # a comma
        (text(LONG.replace("geen ", ""), OTHER, subject="Steun"), "both"),  # one word of three is left
        (text(OTHER, LONG), "both"),  # turned around: the words are hers, the order is his
        (text(LONG), "both"),  # a block out
        (text("Nieuw", "Geheel andere woorden", subject="Zo is het"), "his"),
        (text("Een brief", "De minister in beeld", subject="Over het weer"), "his"),  # "een", "de", "in"
        (FIRST, "hers"),
    ],
)
def test_what_a_colleague_saves_after_her(then: Typed, whose: str) -> None:
    hands = Hands()
    hands.saved(FIRST, frozenset({"dana"}))
    hands.saved(then, frozenset({"emre"}))
    assert hands.of(then) == {"both": {"dana", "emre"}, "his": {"emre"}, "hers": {"dana"}}[whose]


def test_what_comes_back_is_from_whom_it_was() -> None:
    hands = Hands()
    for written, name in ((FIRST, "dana"), (text("Anders"), "emre"), (FIRST, "emre")):
        hands.saved(written, frozenset({name}))
    assert hands.of(FIRST) == {"dana"}


def test_of_words_that_nobody_saved_it_is_not_known_whose_they_are() -> None:
    hands = Hands()
    hands.saved(FIRST, frozenset({"dana"}))
    assert hands.of(text(LONG, "Van elders")) is None


def linked(language: str, words: str) -> Typed:
    """A button with words of its own, and the link that it has in every language."""
    piece = Piece("call", {"text": words, "link": "https://example.org/aanmelden/nu"})
    return Typed(language, dict.fromkeys(("subject", "preheader", "intro"), words), (piece,))


def test_a_language_that_is_begun_is_nobodys_until_its_words_are_there() -> None:
    hands, dutch = Hands(), linked("nl", "Meld u aan")
    hands.saved(dutch, frozenset({"dana"}))
    begun = dutch.translated("en")
    hands.saved(begun, frozenset({"service"}))
    assert hands.of(begun) == {"dana", "service"}  # the link is hers
    hands.saved(linked("en", "Sign up"), frozenset({"emre"}))
    assert hands.of(linked("en", "Sign up")) == {"dana", "service", "emre"}


def test_a_link_stays_of_who_typed_it_in_a_language_where_nobody_typed_it() -> None:
    hands, dutch = Hands(), linked("nl", "Meld u aan")
    hands.saved(dutch, frozenset({"dana"}))
    begun = dutch.translated("en")
    hands.saved(begun, frozenset({"service"}))
    hands.saved(text("Geheel andere woorden", subject="Zo is het"), frozenset({"emre"}))  # in Dutch
    assert "dana" in (hands.of(begun) or ())
