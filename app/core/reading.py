"""How easy a text is to read, and in which language it seems to be.

The measure is Flesch's reading ease: for English with his own numbers (R. Flesch, "A new readability
yardstick", 1948), for Dutch with those of Douma (W.H. Douma, "De leesbaarheid van landbouwbladen",
1960). 60 and more is "standard", which is about what B1 asks. It sees long words and sentences and
nothing else, so it is advice. The library that knows both (textstat) brings a language toolkit along
that fetches its own word lists.
"""

from __future__ import annotations

import re
from typing import Final

B1: Final = 60  # "standard" on Flesch's scale of 0 to 100
ENOUGH: Final = 40  # words: of less, the average says nothing
WEIGHTS: Final = {"nl": (206.835, 0.93, 77.0), "en": (206.835, 1.015, 84.6)}

_SENTENCE = re.compile(r"(?<=[.!?…:])[\"”’)]*\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# A group of vowels is one syllable; a diaeresis begins another (re-ünie), and Dutch has "ij".
_SYLLABLE = {
    "nl": re.compile(r"[ëïöü]|ij|[aeiouyàáâèéêìíòóôùú]+", re.IGNORECASE),
    "en": re.compile(r"[aeiouy]+(?<!e)|[aeiouy]*e(?!\b)|[^aeiouy]le\b", re.IGNORECASE),
}
# Words that one of the two has and the other has not, among the most usual.
_USUAL: Final = {
    "nl": frozenset(
        "de het een van en dat niet voor met zijn aan er op te ook bij naar hebben wij uw".split()
    ),
    "en": frozenset("the of and to a that it for with was on are be this have from or by you your".split()),
}


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a line is one of its own."""
    return [each for part in _SENTENCE.split(text) if _WORD.search(each := part.strip())]


def words(text: str) -> list[str]:
    """Its words, without figures."""
    return _WORD.findall(text)


def ease(text: str, language: str) -> int | None:
    """Reading ease, 100 is easiest; None of a text that is too short to say."""
    found, lines = words(text), sentences(text)
    if len(found) < ENOUGH:
        return None
    syllables = sum(_syllables(word, language) for word in found)
    start, a_sentence, a_word = WEIGHTS[language]
    return round(start - a_sentence * len(found) / len(lines) - a_word * syllables / len(found))


def _syllables(word: str, language: str) -> int:
    return max(1, len(_SYLLABLE[language].findall(word)))


def seems(text: str) -> str | None:
    """The language whose usual words it has most of; None when that is not clear."""
    found = [word.casefold() for word in words(text)]
    counted = {language: sum(word in usual for word in found) for language, usual in _USUAL.items()}
    best = max(counted, key=lambda language: counted[language])
    others = sum(counted.values()) - counted[best]
    clear = counted[best] >= max(3, 3 * others)  # three usual words, and three times as many as of the other
    return best if clear else None
