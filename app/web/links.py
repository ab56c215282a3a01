"""Where the pages are in both languages: the words of a path give a page its language.

`core/paths.py` has the words that mails link to; here are the ones that only pages lead to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.core import paths
from app.core.language import LANGUAGES
from app.domain.newsletter import Newsletter

DEFAULT: Final = "nl"  # the language of who does not say
NAMES: Final = {"nl": "Nederlands", "en": "English"}

Word = Mapping[str, str]

NOW: Final[Word] = {"nl": "nu", "en": "now"}  # the human button; mail programs post to the link itself
UNDO: Final[Word] = {"nl": "terug", "en": "undo"}
PRIVACY: Final[Word] = {"nl": "privacy", "en": "privacy"}
JSON: Final[Word] = {"nl": "json", "en": "json"}
DENY: Final[Word] = {"nl": "nee", "en": "no"}  # "it was not me who asked"
ACTS: Final[Mapping[str, Word]] = {
    "language": {"nl": "taal", "en": "language"},
    "address": {"nl": "adres", "en": "address"},
    "pause": {"nl": "pauze", "en": "pause"},
    "resume": {"nl": "hervatten", "en": "resume"},
    "use": {"nl": "gebruiken", "en": "use"},
    "stop": {"nl": "stoppen", "en": "stop"},
    "erase": {"nl": "wissen", "en": "erase"},
    "request": {"nl": "verzoek", "en": "request"},
}
ACCESSIBILITY: Final[Word] = {code: path[1:] for code, path in paths.ACCESSIBILITY.items()}
CHECK: Final[Word] = {code: path[1:] for code, path in paths.CHECK.items()}

_FIRST: Final[list[Word]] = [
    *paths.WORDS.values(),
    UNDO,
    ACCESSIBILITY,
    CHECK,
    {code: code for code in LANGUAGES},
]
_LAST: Final[list[Word]] = [paths.ASK, paths.ARCHIVE, NOW, PRIVACY, JSON, DENY, *ACTS.values()]
_SPOKEN: Final = {word: code for words in _FIRST for code, word in words.items()}
TOKEN_WORDS: Final = frozenset(word for words in (*paths.WORDS.values(), UNDO) for word in words.values())


@dataclass(frozen=True, slots=True)
class Links:
    """The pages that every page of a newsletter leads to."""

    subscribe: str
    ask: str
    archive: str
    privacy: str
    accessibility: str


def links(letter: Newsletter, language: str) -> Links:
    """Those of one newsletter in one language, as paths."""
    return Links(
        subscribe=paths.signup("", language, letter.slug),
        ask=paths.ask("", language, letter.slug),
        archive=paths.archive("", language, letter.slug),
        privacy=paths.privacy("", language, letter.slug),
        accessibility=paths.ACCESSIBILITY[language],
    )


def signed(page: str, act: Word | None = None) -> list[str]:
    """The path of a page behind a link, in every language."""
    return [_under(page, code, "{token}", act) for code in LANGUAGES]


def own(page: str, language: str, token: str, act: Word | None = None) -> str:
    """The path of one reader's page."""
    return _under(page, language, token, act)


def _under(page: str, language: str, token: str, act: Word | None) -> str:
    whole = paths.link("", page, language, token)
    return f"{whole}/{act[language]}" if act else whole


def first_word(path: str) -> str:
    """What a path begins with."""
    return path.split("/", 2)[1] if path.startswith("/") else ""


def spoken(path: str, accepted: str = "") -> str:
    """The language of a path; where it has none, the one that the browser asks for."""
    return _SPOKEN.get(first_word(path)) or preferred(accepted) or DEFAULT


def preferred(accepted: str) -> str | None:
    """The first language of an Accept-Language header that is spoken here."""
    asked = (each.split(";")[0].strip().lower()[:2] for each in accepted.split(","))
    return next((code for code in asked if code in LANGUAGES), None)


def page_of(path: str) -> str:
    """Which page of `paths.WORDS` a path leads to, or "undo", or nothing."""
    word = first_word(path)
    pages = {**paths.WORDS, "undo": UNDO}
    return next((page for page, words in pages.items() if word in words.values()), "")


def switch(path: str) -> list[tuple[str, str, str]]:
    """The same page in every language: code, name, path. A token stays as it is."""
    if first_word(path) not in _SPOKEN:
        return []
    return [(code, NAMES[code], _translated(path, code)) for code in LANGUAGES]


def _translated(path: str, language: str) -> str:
    parts = path.split("/")
    parts[1] = _said(_FIRST, parts[1], language)
    if len(parts) > 3:  # noqa: PLR2004  (nothing, word, token or slug, word)
        parts[3] = _said(_LAST, parts[3], language)
    return "/".join(parts)


def _said(known: list[Word], word: str, language: str) -> str:
    return next((words[language] for words in known if word in words.values()), word)
