"""What the check says about the words of one language: every rule is a few lines, and names its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final
from urllib.parse import urlsplit

from app.core import reading
from app.domain import prose
from app.domain.content import Content, Event, Heading, Picture
from app.domain.finding import INTRO, Finding

SUBJECT_SHOWN: Final = 60  # characters: what a phone shows of a subject (NP-10)
PREHEADER_SHOWN: Final = 100  # characters beside the subject, in the programs that show most
ALT_BRIEF: Final = 150  # characters: a screen reader reads it in one go, without a way back
SENTENCE_MOST: Final = 25  # words; B1 asks for about 15, and for never many more
QUOTED: Final = 8  # words of a long sentence, enough to find it

# They hide where a link leads, and anybody may have made one (ML-10).
SHORTENERS: Final = frozenset(
    "bit.ly buff.ly cutt.ly goo.gl is.gd lnkd.in ow.ly rb.gy rebrand.ly t.co t.ly tinyurl.com".split()
)
_REPLY = re.compile(r"(re|fwd?|antw|doorst)\s*:", re.IGNORECASE)
_FILE = re.compile(r".*\.(png|jpe?g|gif|webp)", re.IGNORECASE)
_PICTURE = frozenset(
    "afbeelding foto plaatje figuur logo illustratie image photo picture figure illustration".split()
)


def findings(content: Content, *, out_on: date) -> list[Finding]:
    """Everything about one language, in the order in which it is read."""
    found = [*_top(content), *_links(content), *_headings(content), *_blocks(content, out_on)]
    passages = [(_place(block), text) for block, text in content.passages()]
    found += [*_bare(content.language, passages), *_reading(content.language, passages)]
    return sorted(found, key=lambda each: -1 if each.block is None else each.block)


def _place(block: int | None) -> int:
    """Where a finding stands, from the index of a block; None is the introduction."""
    return INTRO if block is None else block + 1


def _top(content: Content) -> Iterator[Finding]:
    length, language = len(content.subject), content.language
    if length > SUBJECT_SHOWN:
        yield Finding("subject_long", language, values={"length": length, "most": SUBJECT_SHOWN})
    if _REPLY.match(content.subject):
        yield Finding("subject_reply", language)
    if not content.preheader:
        yield Finding("no_preheader", language)
    if len(content.preheader) > PREHEADER_SHOWN:
        values = {"length": len(content.preheader), "most": PREHEADER_SHOWN}
        yield Finding("preheader_long", language, values=values)


def _links(content: Content) -> Iterator[Finding]:
    leads: dict[str, str] = {}
    for link in content.links_at():
        place = _place(link.block)
        said = " ".join(link.text.split())
        host = urlsplit(link.address).hostname or ""
        if prose.vague(link.text):
            yield Finding("vague", content.language, place, {"text": said})
        elif leads.setdefault(said.casefold(), link.address) != link.address:
            yield Finding("same_text", content.language, place, {"text": said})
        if host.removeprefix("www.") in SHORTENERS:
            yield Finding("shortener", content.language, place, {"text": said, "host": host})


def _bare(language: str, passages: list[tuple[int, str]]) -> Iterator[Finding]:
    for place, text in passages:
        if sign := prose.bare(text):
            yield Finding("bare", language, place, {"text": sign})


def _headings(content: Content) -> Iterator[Finding]:
    """The mail mends a level that is skipped by itself; the editor may have meant something else."""
    larger = False
    for number, block in enumerate(content.blocks, start=1):
        if not isinstance(block, Heading):
            continue
        if block.level > 2 and not larger:  # noqa: PLR2004  (h2: the title of the mail is h1)
            yield Finding("heading_deep", content.language, number)
        larger = larger or block.level == 2  # noqa: PLR2004
        following = content.blocks[number] if number < len(content.blocks) else None
        if following is None or (isinstance(following, Heading) and following.level <= block.level):
            yield Finding("heading_empty", content.language, number)


def _blocks(content: Content, out_on: date) -> Iterator[Finding]:
    for number, block in enumerate(content.blocks, start=1):
        if isinstance(block, Event) and block.starts_on < out_on:
            yield Finding("past", content.language, number)
        if isinstance(block, Picture) and block.alt:
            yield from _described(block.alt, content.language, number)


def _described(alt: str, language: str, number: int) -> Iterator[Finding]:
    if _FILE.fullmatch(alt) or alt.strip(" .").casefold() in _PICTURE:
        yield Finding("alt_name", language, number)
    if len(alt) > ALT_BRIEF:
        yield Finding("alt_long", language, number, {"length": len(alt)})


def _reading(language: str, passages: list[tuple[int, str]]) -> Iterator[Finding]:
    whole = "\n".join(text for _, text in passages)
    if reading.seems(whole) not in {None, language}:
        yield Finding("tongue", language)
        return  # what it measures would mean nothing
    score = reading.ease(whole, language)
    if score is not None and score < reading.B1:
        yield Finding("hard", language, values={"score": max(0, score), "least": reading.B1})
    for place, text in passages:
        for sentence in reading.sentences(text):
            found = reading.words(sentence)
            if len(found) > SENTENCE_MOST:
                begins = " ".join(sentence.split()[:QUOTED])
                values = {"length": len(found), "text": f"{begins} …"}
                yield Finding("sentence", language, place, values)
