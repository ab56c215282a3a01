"""The archive, for anybody: a list of issues, each issue as a page of ours, its pictures, and a feed.

A page is made from the approved blocks and not from the mail: it has no style of its own and nothing that
differs between two readers, so its address can be passed on.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup
from starlette.responses import Response

from app.core import paths
from app.core.language import LANGUAGES
from app.domain import archive, newsletter
from app.domain.archive import Withdrawn
from app.domain.content import Content
from app.domain.issue import Image
from app.domain.newsletter import Newsletter
from app.domain.withheld import INTRO
from app.mail.rendering import outline
from app.web import templating
from app.web.deps import Looking, Visit
from app.web.doors import Doors, Kind
from app.web.errors import GONE
from app.web.fresh import fresh
from app.web.links import NAMES

INDEX: Final = [paths.archive("", code, "{slug}") for code in LANGUAGES]
FEED: Final = "atom.xml"
IN_FEED: Final = 24  # issues: two years of a monthly letter

doors = Doors()


@doors.look(*INDEX, kind=Kind.PUBLIC)
async def index(visit: Looking, slug: str) -> Response:
    """Every issue that went out, newest first."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
        entries = await archive.entries(session, letter, visit.language)
    page = visit.page("archive.html", letter, entries=entries, feed=f"{visit.path}/{FEED}", names=NAMES)
    return fresh(visit, page)


@doors.look(*(f"{each}/{FEED}" for each in INDEX), kind=Kind.PUBLIC)
async def feed(visit: Looking, slug: str) -> Response:
    """The same for a feed reader (RFC 4287), which also hears of what was withdrawn (RFC 6721)."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
        entries = await archive.entries(session, letter, visit.language, most=IN_FEED)
    text = templating.markup(
        "archive_feed.xml",
        language=visit.language,
        letter=letter,
        entries=entries,
        home=paths.archive(visit.house.settings.base_url, visit.language, letter.slug),
        feed=FEED,
    )
    return fresh(visit, Response(text, media_type="application/atom+xml"))


@doors.look(*(f"{each}/{{number:int}}" for each in INDEX), kind=Kind.PUBLIC)
async def one(visit: Looking, slug: str, number: int) -> Response:
    """One issue, or word that it was withdrawn."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
        issue = await archive.find(session, letter, number)
        correction = await archive.correction(session, letter, issue)
        content = await archive.read(session, letter, issue, visit.language)
        try:
            gone = await archive.gone(session, issue, content.language)
        except Withdrawn as withdrawn:
            words = {"number": number, "withdrawn_at": withdrawn.at, "correction": correction}
            return visit.page("archive_withdrawn.html", letter, status=GONE, **words)
        images = {each: await session.get_one(Image, (issue.id, each)) for each in content.pictures()}
    page = visit.page(
        "archive_issue.html",
        letter,
        issue=issue,
        sent_on=archive.sent_on(letter, issue),
        correction=correction,
        content=content,
        blocks=_blocks(visit, content, images, gone),
        address=_address(visit, letter, content.language, number),
        feed=f"{paths.archive('', visit.language, slug)}/{FEED}",
        names=NAMES,
    )
    return fresh(visit, page)


@doors.look(*(f"{each}/{{number:int}}/{{block:int}}" for each in INDEX), kind=Kind.PUBLIC)
async def picture(visit: Looking, slug: str, number: int, block: int) -> Response:
    """The picture in one block."""
    async with visit.reading() as session:
        letter = await newsletter.by_slug(session, slug)
        issue = await archive.find(session, letter, number)
        content = await archive.read(session, letter, issue, visit.language)
        image = await archive.picture(session, issue, content, block)
    return fresh(visit, Response(image.content, media_type=image.type))


def _blocks(visit: Visit, content: Content, images: dict[str, Image], gone: set[int | str]) -> Markup:
    """The text in its own language, which may be another than that of the page around it."""
    shown = {number: block for number, block in enumerate(content.blocks) if number not in gone}
    levels = (level for _, level in outline(tuple(shown.values())))  # what is gone is no step between two
    made = templating.markup(
        "archive_blocks.html",
        language=content.language,
        intro=None if INTRO in gone else content.intro,
        count=len(content.blocks),
        shown=dict(zip(shown, zip(shown.values(), levels, strict=True), strict=True)),
        images=images,
        here=visit.path,
    )
    return Markup(made)  # noqa: S704  (it comes from an escaping template)


def _address(visit: Visit, letter: Newsletter, language: str, number: int) -> str:
    return paths.published(visit.house.settings.base_url, language, letter.slug, number)
