"""The addresses of the pages that mails link to; the word in the path gives the page its language.

No path ever holds an e-mail address: a token is all there is.
"""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "confirm": {"nl": "bevestigen", "en": "confirm"},
    "notme": {"nl": "niet-ik", "en": "not-me"},
    "leave": {"nl": "afmelden", "en": "unsubscribe"},
    "manage": {"nl": "gegevens", "en": "my-data"},
    "address": {"nl": "adres", "en": "address"},
    "request": {"nl": "verzoek", "en": "request"},
    "lift": {"nl": "blokkade", "en": "block"},
    "held": {"nl": "inzage", "en": "held-data"},
    "certificate": {"nl": "bewijs", "en": "certificate"},
    # Of an erasure that waits for the ledger.
    "receipt": {"nl": "bewijs-ophalen", "en": "collect-certificate"},
    "copy": {"nl": "kopij", "en": "copy"},  # for partners: to send in a text
    "access": {"nl": "toegang", "en": "access"},  # for staff: to set what they sign in with
}
ASK: Final = {"nl": "mijn-gegevens", "en": "my-data"}
ARCHIVE: Final = {"nl": "archief", "en": "archive"}
CHECK: Final = {"nl": "/bewijs-controleren", "en": "/check-certificate"}
ACCESSIBILITY: Final = {"nl": "/toegankelijkheid", "en": "/accessibility"}


def link(base_url: str, page: str, language: str, token: str) -> str:
    """The full link of a page that a mail leads to."""
    return f"{base_url}/{WORDS[page][language]}/{token}"


def signup(base_url: str, language: str, slug: str) -> str:
    """The sign-up page of a newsletter."""
    return f"{base_url}/{language}/{slug}"


def ask(base_url: str, language: str, slug: str) -> str:
    """The page where a reader asks for their own link."""
    return f"{signup(base_url, language, slug)}/{ASK[language]}"


def privacy(base_url: str, language: str, slug: str) -> str:
    """The privacy statement of a newsletter."""
    return f"{signup(base_url, language, slug)}/privacy"


def archive(base_url: str, language: str, slug: str) -> str:
    """The issues of a newsletter that went out."""
    return f"{signup(base_url, language, slug)}/{ARCHIVE[language]}"


def published(base_url: str, language: str, slug: str, number: int) -> str:
    """One of them; the same for everybody, so it can be passed on."""
    return f"{archive(base_url, language, slug)}/{number}"
