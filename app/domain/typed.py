"""What an editor has typed so far in one language of an issue, kept as it is: finished or not.

It has the shape of `Content` and none of its certainty. Everything that was typed stays; only what
`Content` accepts can be approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from typing import Any, Final, Self

from pydantic import ValidationError

from app.core.days import read_day
from app.domain.content import BLOCKS_MOST, Content
from app.domain.problem import Problem, problems

TOP: Final = ("subject", "preheader", "intro")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "heading": ("text", "level"),
    "text": ("markdown",),
    "article": ("title", "summary", "link", "link_text"),
    "event": ("title", "starts_on", "starts_at", "ends_at", "place", "link", "summary"),
    "picture": ("image", "alt", "decorative"),
    "call": ("text", "link"),
    "divider": (),
}
# What is the same in every language; the rest is words, and a translator writes those anew.
FACTS: Final = frozenset(("level", "link", "starts_on", "starts_at", "ends_at", "image", "decorative"))
# Where a problem of a whole block is put right.
PLACES: Final = {
    "picture_text": "alt",
    "ends_first": "ends_at",
    "ends_without_start": "starts_at",
    "other_address": "link",
    "vague_link": "link",
}
MOST: Final = 1_000_000  # characters together: what is longer can never be sent, and has to be kept nowhere
NAMELESS: Final = "…"  # stands where the subject will
TICKED: Final = "yes"


@dataclass(frozen=True, slots=True)
class Piece:
    """One block as it was typed."""

    kind: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        kind = str(stored["kind"])
        return cls(kind, {name: _shown(name, stored.get(name)) for name in FIELDS[kind]})

    @property
    def empty(self) -> bool:
        """Whether nothing is filled in; the level of a heading says nothing by itself."""
        return not any(value.strip() for name, value in self.values.items() if name != "level")

    @property
    def words(self) -> list[str]:
        """What of it differs from language to language, as far as it is filled in."""
        return [value for name, value in self.values.items() if name not in FACTS and value.strip()]

    def stored(self) -> dict[str, Any]:
        """In the shape of a block; what is left empty counts as not filled in."""
        filled = {name: value for name, value in self.values.items() if value.strip()}
        return {"kind": self.kind, **{name: _meant(name, value) for name, value in filled.items()}}

    def only(self, names: frozenset[str]) -> Piece:
        """The same block with the other fields empty."""
        return Piece(self.kind, {key: value if key in names else "" for key, value in self.values.items()})


@dataclass(frozen=True, slots=True)
class Typed:
    """One language of an issue as it was typed."""

    language: str
    top: Mapping[str, str]
    pieces: tuple[Piece, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """From an edition."""
        top = {name: str(stored.get(name) or "") for name in TOP}
        blocks = stored.get("blocks", ())
        return cls(str(stored["language"]), top, tuple(Piece.of(each) for each in blocks))

    def stored(self) -> dict[str, Any]:
        """For an edition; what the editor left empty stays empty."""
        blocks = [piece.stored() for piece in self.pieces]
        return {"language": self.language, **self.top, "blocks": blocks}

    @property
    def length(self) -> int:
        """How many characters were typed."""
        values = [*self.top.values(), *(value for piece in self.pieces for value in piece.values.values())]
        return sum(map(len, values))

    def judged(self) -> tuple[Content | None, list[Problem]]:
        """The content when it is finished, else everything that has to be put right, each at its field."""
        try:
            return Content.model_validate(self.stored()), []
        except ValidationError as error:
            return None, [self._placed(each) for each in problems(error)]

    def _placed(self, problem: Problem) -> Problem:
        parts = problem.where.split(".")
        if parts[0] != "blocks" or len(parts) != 2:  # noqa: PLR2004  (blocks, and the number of one)
            return problem
        names = FIELDS[self.pieces[int(parts[1])].kind]
        name = PLACES.get(problem.code, names[0] if names else "kind")
        return replace(problem, where=f"{problem.where}.{name if name in names else names[0]}")

    def presentable(self, pictures: set[str]) -> tuple[Content, int]:
        """What of it can be shown already, and how many things are left out because they cannot."""
        shown, left_out = self, 0
        for number in reversed(range(len(self.pieces))):
            alone = Typed(self.language, {"subject": NAMELESS}, (self.pieces[number],))
            if alone.judged()[0] is None or not alone.pictures() <= pictures:
                shown, left_out = shown.without(number), left_out + 1
        if not shown.pieces:
            shown = shown.added("divider", 0)
        _, problems = shown.judged()
        blanks = {each.where: NAMELESS if each.where == "subject" else "" for each in problems}
        content, _ = replace(shown, top={**shown.top, **blanks}).judged()
        assert content is not None
        return content, left_out + len(blanks)

    def counterparts(self, other: Typed) -> dict[int, Piece]:
        """The blocks of another language that belong to these, by number, as far as their order tells."""
        return {at: other.pieces[to] for at, to in self.pairs(other).items()}

    def pairs(self, other: Typed) -> dict[int, int]:
        """The same as numbers of both."""
        ours, theirs = ([piece.kind for piece in each.pieces] for each in (self, other))
        pairs = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
        return {at + i: to + i for at, to, size in pairs for i in range(size)}

    def pictures(self) -> set[str]:
        """The images it names."""
        return {name for piece in self.pieces if (name := piece.values.get("image", "").strip())}

    def shows(self, at: int, image: str) -> Typed:
        """With this picture in the block of that number."""
        piece = self.pieces[at]
        fresh = Piece(piece.kind, {**piece.values, "image": image})
        return replace(self, pieces=(*self.pieces[:at], fresh, *self.pieces[at + 1 :]))

    def added(self, kind: str, at: int) -> Typed:
        """With an empty block before the block of that number."""
        fresh = Piece(kind, dict.fromkeys(FIELDS[kind], ""))
        return replace(self, pieces=(*self.pieces[:at], fresh, *self.pieces[at:])[:BLOCKS_MOST])

    def joined(self, piece: Piece) -> Typed:
        """With one more block at the end."""
        return replace(self, pieces=(*self.pieces, piece)[:BLOCKS_MOST])

    def without(self, at: int) -> Typed:
        """Without the block of that number."""
        return replace(self, pieces=self.pieces[:at] + self.pieces[at + 1 :])

    def moved(self, at: int, by: int) -> Typed:
        """With one block further up or down; at an end it stays."""
        to = min(max(at + by, 0), len(self.pieces) - 1)
        rest = self.without(at).pieces
        return replace(self, pieces=(*rest[:to], self.pieces[at], *rest[to:]))

    def again(self, today: date) -> Typed:
        """A next issue in the same order: headings and coming events stay, all other words go."""
        pieces: list[Piece] = []
        for piece in self.pieces:
            fresh = _again(piece, today)
            double = fresh is not None and fresh.empty and pieces and pieces[-1] == fresh
            if fresh is not None and not double:
                pieces.append(fresh)
        return replace(self, top=dict.fromkeys(TOP, ""), pieces=tuple(pieces))

    def translated(self, language: str) -> Typed:
        """The same blocks for another language: links, days and pictures stay, words are still to come."""
        pieces = tuple(piece.only(FACTS) for piece in self.pieces)
        return Typed(language, dict.fromkeys(TOP, ""), pieces)


def _again(piece: Piece, today: date) -> Piece | None:
    """What is left of a block a month later; a picture belongs to its month."""
    if piece.kind in {"heading", "divider"}:
        return piece
    if piece.kind == "event":
        return piece if piece.values["starts_on"] >= today.isoformat() else None
    return None if piece.kind == "picture" else piece.only(frozenset())


def _shown(name: str, value: Any) -> str:
    """A stored value as an editor types it."""
    if name == "decorative":
        return TICKED if value else ""
    if name in {"starts_at", "ends_at"} and value:
        return str(value).removesuffix(":00") if str(value).count(":") > 1 else str(value)
    return "" if value is None else str(value)


def _meant(name: str, value: str) -> Any:
    """A typed value as a block wants it; what is no number stays as it is and is refused there."""
    if name == "decorative":
        return True
    if name == "starts_on":
        return _iso(value)
    return int(value) if name == "level" and value in {"2", "3"} else value


def _iso(value: str) -> str:
    """A day is kept in the form of calendars and of every other day here, however it was typed."""
    try:
        return read_day(value).isoformat()
    except ValueError:
        return value


def blank(language: str) -> Typed:
    """The first issue of a newsletter: one text to begin with."""
    return Typed(language, dict.fromkeys(TOP, "")).added("text", 0)
