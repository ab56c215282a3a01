"""What is wrong with a text an editor wrote, and what to do about it, in words that can be translated.

A problem names a place and a limit. It never repeats what was typed: that may hold an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

SAYINGS = {
    "missing": "This is missing. Add it.",
    "empty": "This is empty. Write something here.",
    "too_long": "This is too long. Keep it to %(most)s characters.",
    "too_many": "This is too much for one issue. Keep it to %(most)s blocks.",
    "no_blocks": "The issue has no content yet. Add at least one block.",
    "unknown_key": "This is not asked for here. Check the spelling or take it out.",
    "kind": "This kind of block does not exist. Use article, event or call.",
    "date": "This is not a date. Write it as 3-12-2026, 3 December 2026 or 2026-12-03.",
    "time": "This is not a time. Write it as 10:00.",
    "language": "This language is not known. Use nl or en.",
    "level": "This heading level is not used. Use ## or ###.",
    "invalid": "This cannot be used here. Write it another way.",
    "one_line": (
        "This must be one line of ordinary characters. Take out line breaks and invisible characters."
    ),
    "characters": "This holds invisible control characters. Type the text again without them.",
    "link": "This is not a link that works. Copy the full address from the browser.",
    "link_scheme": "Only links that start with https:// or mailto: are allowed. Use such a link.",
    "https_only": "Only a link that starts with https:// can be used here.",
    "vague_link": "This link text does not say where the link goes. Use words that make sense on their own.",
    "bare": (
        'Readers see "%(text)s" as it stands here: HTML, tables and struck words are not used in the '
        "newsletter. Write it in plain words."
    ),
    "other_address": (
        "A link text that is an address must be the address of the link. Use words, or that same address."
    ),
    "heading_inside": "A heading cannot stand inside a text. Put it on a line of its own, as ## or ###.",
    "picture_inside": "A picture cannot stand inside a text. Put it on a line of its own.",
    "picture_name": "This is not the name of a picture. Use only the file's name, such as photo.png.",
    "picture_text": (
        "The picture has no description. Write what it shows between the brackets, or write "
        '![](photo.png "decorative") when it only decorates.'
    ),
    "picture_kind": (
        "This is not a picture that can be used. Use a file that ends in .png, .jpg, .gif or .webp."
    ),
    "picture_large": "This file is larger than %(most)s MB. Make the picture smaller and choose it again.",
    "picture_pixels": "This picture has too many pixels. Make it smaller and choose it again.",
    "picture_many": "There are too many pictures with this issue. Take away those that are not used.",
    "picture_gone": "This picture is no longer there. Choose it again, or another one.",
    "picture_heavy": (
        "The pictures weigh %(weight)s KB together and may weigh %(most)s KB, because they travel inside "
        "every mail. Use fewer of them, or smaller ones."
    ),
    "ends_first": "The end is not after the start. Check both times.",
    "ends_without_start": "There is an end time but no start time. Add the start time.",
    "event_half": "An event has a day and a place. Fill in both, or leave day, time and place empty.",
    "past": "This day has passed. Choose a day that is still to come.",
    "address": "Leave out e-mail addresses. A name is enough, or a link to a page where people can ask.",
    "until": "Choose a day from today, at most %(most)s days ahead.",
    "link_many": "There are many links already. Withdraw one that is not needed any more.",
    "too_large": "The file is too large. Keep it to %(most)s characters.",
    "not_text": "The file is not a text in UTF-8. Save it again as UTF-8.",
    "front_open": "The lines at the top are not closed. End them with a line of three dashes: ---",
    "lines": (
        "This line cannot be read. Write a name, a colon, a space and a value, "
        "and put a value that holds a colon between double quotes."
    ),
    "nested": "Lists and nested values cannot be used here. Write each line as a name, a colon and a value.",
    "twice": "The same name stands here twice. Keep one of the two.",
    "fence": "This block cannot be used. After the three backticks write article, event or call.",
    "references": (
        "A link definition on a line of its own cannot be used. Write the link as [text](https://...)."
    ),
}

# pydantic's own names for what is wrong, and ours.
OURS = {
    "missing": "missing",
    "string_too_short": "empty",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "extra_forbidden": "unknown_key",
    "union_tag_invalid": "kind",
    "union_tag_not_found": "kind",
    "too_short": "empty",
    "string_pattern_mismatch": "picture_name",
    "string_unicode": "characters",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right; `where` names a field, such as `blocks.3.link`, `line` a line of a file."""

    code: str
    where: str = ""
    line: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, gettext: Callable[[str], str] = str) -> str:
        """The sentence for the editor, in the language that `gettext` speaks."""
        return gettext(SAYINGS[self.code]) % dict(self.values)

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line else []
        place += [self.where] if self.where else []
        return ": ".join((*place, self.say()))


def refusal(code: str) -> PydanticCustomError:
    """The error that a check in a model raises."""
    return PydanticCustomError(code, SAYINGS[code])


def problems(error: ValidationError) -> list[Problem]:
    """Everything that one model refused, at once."""
    return [_problem(found) for found in error.errors(include_url=False, include_input=False)]


def _problem(found: ErrorDetails) -> Problem:
    context: dict[str, Any] = found.get("ctx", {})
    most = context.get("max_length")
    return Problem(_code(found), where=_where(found["loc"]), values={} if most is None else {"most": most})


def _where(place: tuple[int | str, ...]) -> str:
    """`blocks.3.link`: pydantic also names the kind of the block, after its number."""
    named = place[:2] + place[3:] if place[:1] == ("blocks",) else place
    return ".".join(str(part) for part in named)


def _code(found: ErrorDetails) -> str:
    kind = found["type"]
    if kind in SAYINGS and kind not in OURS:
        return kind
    if kind == "literal_error" and found["loc"][-1] in ("language", "level"):
        return str(found["loc"][-1])
    return OURS.get(kind, "invalid")
