"""Keeps a word with a hyphen whole on a narrow screen: "e-" at the end of a line reads as a mistake.

A browser may end a line after any hyphen. No other sign takes its place here: who searches, copies or
listens gets the word as it is typed. A style keeps it together instead.
"""

from __future__ import annotations

import re
from typing import Final

# Passed over: what can hold no element, what a browser shows as it stands, and every tag.
_ELSEWHERE: Final = r"<(title|textarea|option|script|style|svg|pre)\b.*?</\1>|<[^>]*>"
# A day as computers write it, perhaps with an hour, and e-mail with what is glued to it.
_WORDS: Final = r"\d{4}-\d\d-\d\d(?:T[\d:+]+)?|[Ee]-mail\w{0,12}"
_PIECE: Final = re.compile(rf"{_ELSEWHERE}|(?<![\w./@-])(?:{_WORDS})(?![\w@-])", re.DOTALL)


def whole(html: str) -> str:
    """The same page, with these words in an element that is never broken over two lines."""
    return _PIECE.sub(_keep, html)


def _keep(found: re.Match[str]) -> str:
    text = found[0]
    return text if text.startswith("<") else f'<span class="whole">{text}</span>'
