"""What one issue of a newsletter says, in one language, as blocks of which each has a fixed shape.

Editors fill in blocks and write Markdown in them; nobody writes HTML or a template. That is why a
mail cannot be broken, made unreadable for a screen reader or turned against its readers from
inside an issue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.domain import prose
from app.domain.dates import Clock, Day
from app.domain.problem import refusal
from app.domain.prose import Alt, Link, Markdown, Passage, Phrase, Preheader, Subject

# More blocks than this is no newsletter: nobody reaches the end, and mail programs cut it off.
BLOCKS_MOST = 80

# The beginning of a picture's SHA-256, or the name of its file while it is not yet stored.
ImageId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Piece(BaseModel):
    """What all parts of an issue share: nothing unknown in it, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def links(self) -> Iterator[tuple[str, str]]:
        """The text and address of every link a reader can follow from here."""
        yield from ()


class Heading(Piece):
    kind: Literal["heading"] = "heading"
    text: Phrase
    level: Literal[2, 3] = 2


class Text(Piece):
    kind: Literal["text"] = "text"
    markdown: Markdown

    def links(self) -> Iterator[tuple[str, str]]:
        yield from prose.links(self.markdown)


class Article(Piece):
    """A story elsewhere: without `link_text` its title is the link."""

    kind: Literal["article"] = "article"
    title: Phrase
    summary: Passage = ""
    link: Link
    link_text: Phrase | None = None

    def links(self) -> Iterator[tuple[str, str]]:
        yield from prose.links(self.summary)
        yield self.link_text or self.title, self.link

    @model_validator(mode="after")
    def _shows_where_it_leads(self) -> Self:
        prose.honest(self.link_text or self.title, self.link)
        return self


class Event(Piece):
    """Something to go to; times are those on the clock where it takes place."""

    kind: Literal["event"] = "event"
    title: Phrase
    starts_on: Day
    starts_at: Clock | None = None
    ends_at: Clock | None = None
    place: Phrase
    link: Link | None = None
    summary: Passage = ""

    def links(self) -> Iterator[tuple[str, str]]:
        yield from prose.links(self.summary)
        if self.link:
            yield self.title, self.link

    @model_validator(mode="after")
    def _shows_where_it_leads(self) -> Self:
        if self.link:
            prose.honest(self.title, self.link)
        return self

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at and not self.starts_at:
            raise refusal("ends_without_start")
        if self.ends_at and self.starts_at and self.ends_at <= self.starts_at:
            raise refusal("ends_first")
        return self


class Picture(Piece):
    """A picture is described for who cannot see it, or said to be decoration: editors choose."""

    kind: Literal["picture"] = "picture"
    image: ImageId
    alt: Alt | None = None
    decorative: bool = False

    @model_validator(mode="after")
    def _described_or_decorative(self) -> Self:
        if bool(self.alt) == self.decorative:
            raise refusal("picture_text")
        return self


class Call(Piece):
    """The one thing a reader is asked to do, as a button."""

    kind: Literal["call"] = "call"
    text: Phrase
    link: Link

    def links(self) -> Iterator[tuple[str, str]]:
        yield self.text, self.link

    @model_validator(mode="after")
    def _shows_where_it_leads(self) -> Self:
        prose.honest(self.text, self.link)
        return self


class Divider(Piece):
    kind: Literal["divider"] = "divider"


Block = Annotated[
    Heading | Text | Article | Event | Picture | Call | Divider,
    Field(discriminator="kind"),
]


def _some(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    # Not by min_length: that also complains when there are blocks and one of them is wrong.
    if not blocks:
        raise refusal("no_blocks")
    return blocks


class LinkAt(NamedTuple):
    """One link of an issue; `block` counts from 0 and is None for the introduction."""

    block: int | None
    text: str
    address: str


class Content(Piece):
    """One language of one issue."""

    language: Literal["nl", "en"] = "nl"
    subject: Subject
    preheader: Preheader = ""
    intro: Passage = ""
    blocks: Annotated[tuple[Block, ...], Field(max_length=BLOCKS_MOST), AfterValidator(_some)]

    def pictures(self) -> tuple[str, ...]:
        """The images it shows, each once, in order."""
        return tuple(dict.fromkeys(block.image for block in self.blocks if isinstance(block, Picture)))

    def links_at(self) -> list[LinkAt]:
        """Every link with its place, for the checks before an issue may be approved."""
        found = [LinkAt(None, text, address) for text, address in prose.links(self.intro)]
        for number, block in enumerate(self.blocks):
            found += [LinkAt(number, text, address) for text, address in block.links()]
        return found

    def passages(self) -> Iterator[tuple[int | None, str]]:
        """The running text of the introduction (None) and of each block by its index, as a reader sees it."""
        yield None, prose.plain(self.intro)
        for number, block in enumerate(self.blocks):
            match block:
                case Text():
                    yield number, prose.plain(block.markdown)
                case Article() | Event():
                    yield number, f"{block.title}\n{prose.plain(block.summary)}"
                case Heading() | Call():
                    yield number, block.text
                case _:
                    pass


def load(stored: str | bytes) -> Content:
    """The content from its JSON; raises ValidationError, which `problem.problems` puts into words."""
    return Content.model_validate_json(stored)


def dump(content: Content) -> str:
    """The same content always gives the same JSON."""
    return content.model_dump_json(exclude_defaults=False)
