"""The one large form in which an issue is written: what was typed, and which button was pressed.

Every button sends the whole form along, so that no press on any of them loses a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.domain.content import BLOCKS_MOST
from app.domain.typed import FIELDS, TOP, Piece, Typed
from app.web import numbers
from app.web.deps import plain

SAVE: Final = "save"
AUTO: Final = "auto"  # the page saves by itself while somebody types
SHOW: Final = "show"  # something else beside the text
OPEN: Final = "open"  # take the approval away first
GIVE_WAY: Final = "theirs"  # what somebody else saved stays the text
TAKE: Final = "take"  # copy of a partner, into the issue
ASIDE: Final = "aside"  # copy of a partner, away
BEGUN_ON: Final = "version"  # the field with the number of the version that the editor began on


@dataclass(frozen=True, slots=True)
class Pressed:
    """The text after the button was pressed, and the place on the page where the editor goes on."""

    written: Typed
    at: str = ""


def read(fields: Mapping[str, str], language: str) -> Typed:
    """What was typed; a block of an unknown kind is not one of our form."""
    top = {name: plain(fields.get(name, "")) for name in TOP}
    pieces = []
    for number in range(BLOCKS_MOST):
        kind = fields.get(f"b{number}-kind", "")
        if kind not in FIELDS:
            break
        values = {name: plain(fields.get(f"b{number}-{name}", "")) for name in FIELDS[kind]}
        pieces.append(Piece(kind, values))
    return Typed(language, top, tuple(pieces))


def begun_on(fields: Mapping[str, str]) -> int:
    """On which version the editor began; who does not say began before all of them."""
    number = numbers.read(fields.get(BEGUN_ON, ""))
    return -1 if number is None else number


def copy_of(act: str) -> tuple[str, UUID] | None:
    """What to do with which copy: `take-` or `aside-` and its number."""
    verb, _, number = act.partition("-")
    try:
        return (verb, UUID(number)) if verb in {TAKE, ASIDE} else None
    except ValueError:
        return None


def press(written: Typed, act: str) -> Pressed:
    """What the button does: `up-3`, `down-3`, `remove-3`, `add-3-article`; anything else saves only."""
    verb, _, rest = act.partition("-")
    place, _, kind = rest.partition("-")
    at, last = numbers.read(place), len(written.pieces) - 1
    if at is None:
        return Pressed(written)
    if verb == "add" and kind in FIELDS and at <= last + 1:
        return Pressed(written.added(kind, at), f"block-{at}")
    if at > last:
        return Pressed(written)
    if verb == "remove":
        return Pressed(written.without(at), f"block-{max(at - 1, 0)}" if last else "blocks")
    if verb in {"up", "down"}:
        to = min(max(at + (-1 if verb == "up" else 1), 0), last)
        return Pressed(written.moved(at, to - at), f"block-{to}")
    return Pressed(written)
