"""Turns a page template and a language into the page that a reader sees.

The texts stand in `templates/pages/`, in English; the Dutch for them in `app/locale/nl/`. Values are
escaped, and an unknown name in a template is an error and not an empty space. A page needs no script
and no style of its own: the content security policy forbids both.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache, partial
from html.parser import HTMLParser
from importlib.resources import files
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from app.core.language import day, moment, month_short, occasion, translations
from app.domain.content import Event
from app.domain.newsletter import ZONE
from app.mail import markdown

PAGES = Path(__file__).parents[2] / "templates" / "pages"
STATIC = Path(__file__).parent / "static"
STATIC_URL = "/static"

# axe-core by Deque (MPL 2.0), as it comes with a package; nothing else of that package is used.
AXE = "axe.min.js"
FILES = {path.name: path for path in STATIC.iterdir() if path.is_file()}
FILES[AXE] = Path(str(files("axe_playwright_python") / AXE))

# Readers live in the Netherlands; the service itself counts in UTC.
READERS_ZONE = ZoneInfo(ZONE)

# Until here a wait is told in minutes: "in 2 hours" says too little of 61 minutes.
LONGEST_IN_MINUTES = timedelta(minutes=90)

# Enough hexadecimal digits to tell two versions of one file apart; it protects nothing.
VERSION_DIGITS = 12

# What a page may leave out, because it often does not apply; anything else that is missing is an error.
ABSENT: dict[str, Any] = {
    "newsletter": None,
    "switch": (),
    "links": None,
    "demo": False,
    "error": None,
    "shortened": None,
    "done": None,
    "again": False,
    "masked": None,
    "undo": None,
    "explanation": None,
    "reference": None,
    "wait": None,
    "next_url": None,
    "next_kind": None,
    "contact": None,
    "register_url": None,
    "here": "",
    "person": None,
    "accessibility": None,
    "form": "",
    "rooms": (),
}


def page(name: str, /, *, language: str, status: int = 200, **context: Any) -> HTMLResponse:
    """The finished page; templates also see `language` and `status`."""
    content = markup(name, language=language, status=status, **context)
    return HTMLResponse(content, status_code=status, headers={"Content-Language": language})


def markup(name: str, /, *, language: str, **context: Any) -> str:
    """A page, or a part such as `subscribe_offer.html`, as HTML."""
    return _environment(language).get_template(name).render({**ABSENT, **context, "language": language})


@cache
def static(path: str) -> str:
    """The address of a style sheet or picture; it changes with the content, so browsers may keep it."""
    version = hashlib.sha256(FILES[path].read_bytes()).hexdigest()[:VERSION_DIGITS]
    return f"{STATIC_URL}/{path}?v={version}"


def text_of(html: str) -> str:
    """What a person reads in this HTML, a line a paragraph: the words that somebody agreed to."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).split("\n"))
    return "\n".join(line for line in lines if line)


@cache
def _environment(language: str) -> Environment:
    """One environment a language: the language belongs to the page and is no shared setting."""
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals["static"] = static
    environment.filters["dated"] = partial(day, language=language)
    environment.filters["day"] = partial(_day, language=language)
    environment.filters["moment"] = partial(_moment, language=language)
    environment.filters["again"] = partial(again, language=language)
    environment.filters["month_short"] = partial(month_short, language=language)
    environment.filters["when"] = partial(_when, language=language)
    environment.filters["markdown"] = _prose
    return environment


def _day(at: datetime, *, language: str) -> str:
    return day(at.astimezone(READERS_ZONE).date(), language)


def _moment(at: datetime, *, language: str) -> str:
    return _together(moment(at.astimezone(READERS_ZONE), language))


def _together(words: str) -> str:
    """No line ends between an hour and the Dutch word for it: alone on a line it says nothing."""
    return words.replace(" uur", "\N{NO-BREAK SPACE}uur")


def again(wait: timedelta, *, language: str) -> str:
    """When trying again helps, rounded up, so that it is never too early."""
    say = translations(language).ngettext
    if wait > LONGEST_IN_MINUTES:
        hours = ceil(wait / timedelta(hours=1))
        return say("Try again in %(count)s hour.", "Try again in %(count)s hours.", hours) % {"count": hours}
    minutes = ceil(wait / timedelta(minutes=1))
    words = say("Try again in %(count)s minute.", "Try again in %(count)s minutes.", minutes)
    return words % {"count": minutes}


def _when(event: Event, *, language: str) -> str:
    return _together(occasion(event.starts_on, event.starts_at, event.ends_at, language))


def _prose(text: str) -> Markup:
    return Markup(markdown.to_html(text))  # noqa: S704  (it has just been cleaned, as for the mail)


class _Reader(HTMLParser):
    """Collects the visible words of a page, with a line break at the edge of every block."""

    BLOCKS = frozenset(
        "h1 h2 h3 h4 p li ul ol dl dt dd div section form label button table tr br main footer".split()
    )
    UNSEEN = frozenset(("script", "style", "svg", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in self.UNSEEN
        self._break_at(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in self.UNSEEN
        self._break_at(tag)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data.replace("\n", " "))

    def _break_at(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.pieces.append("\n")
