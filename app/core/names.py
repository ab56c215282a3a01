"""Names of people who work here: with the accents they have, and known in whatever capitals they are typed.

Only letters of the Latin alphabets of Europe, each in one form (NFC): a letter of another alphabet that
looks the same would make a second account that nobody can tell from the first.
"""

from __future__ import annotations

import re
import unicodedata

ACCENTED = "\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u017e\\u0218-\\u021b"  # À to ž, and Ș to ț of Romanian
NAME = re.compile(rf"[A-Za-z0-9{ACCENTED}][A-Za-z0-9{ACCENTED} .'-]{{0,59}}")  # 60: what a column holds


def spelled(name: str) -> str:
    """A typed name as it is kept: accents in one form, one straight apostrophe, single blanks."""
    return " ".join(
        unicodedata.normalize("NFC", name).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()
    )


def folded(name: str) -> str:
    """The same for every way of typing capitals: two accounts never differ in these alone."""
    return unicodedata.normalize("NFC", spelled(name).casefold())
