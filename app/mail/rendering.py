"""Writes a mail from its templates: a subject, a plain text and an HTML part, in the reader's language.

The templates stand in `templates/email/<name>/`. A value that a template asks for and does not
get is an error here, not an empty space in someone's mailbox. The texts are English; the Dutch
for them is in `app/locale/nl`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, UndefinedError
from markupsafe import Markup

from app.core import language as words
from app.mail import markdown
from app.mail.headers import BadHeader

Incomplete = UndefinedError  # a template asked for a value that it did not get


class UnknownMail(ValueError):
    """There is no template of that name; no later try will find one."""


TEMPLATES = Path(__file__).parents[2] / "templates" / "email"

_INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
_GAP_BETWEEN_BLOCKS = re.compile(r"\n{3,}")
_SPACES_AT_END = re.compile(r"[ \t]+\n")
_LINE_START = re.compile(r"(?P<first>[ >]*(?:[-*] |[0-9]+\. )?)(?P<words>.*)")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail that can be compiled."""

    subject: str
    text: str
    html: str


def render(name: str, language: str, **context: Any) -> Rendered:
    """The mail `name` in `language`; templates see the context, `language` and nothing else."""
    values = {**context, "language": language}
    return Rendered(
        subject=_subject(_filled("subject", f"{name}/subject.txt", values)),
        text=_tidy(_filled("text", f"{name}/body.txt", values)),
        html=_INLINER.inline(_filled("html", f"{name}/body.html", values)),
    )


def _filled(medium: str, template: str, values: dict[str, Any]) -> str:
    try:
        found = _environment(medium, values["language"]).get_template(template)
    except TemplateNotFound:
        raise UnknownMail(f"there is no mail template '{template}'") from None
    return found.render(values)


@cache
def _environment(medium: str, language: str) -> Environment:
    """One for each medium and language: only HTML is escaped, and a language is never a shared setting."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=medium == "html",  # noqa: S701  # plain text must not be escaped
        finalize=_FINALS[medium],
        trim_blocks=medium == "html",  # in plain text an empty line means something
        lstrip_blocks=True,
        keep_trailing_newline=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(words.translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"part": _part(medium), "outline": outline}
    environment.filters |= _filters(medium, language)
    return environment


def _filters(medium: str, language: str) -> dict[str, Any]:
    def when(event: Any) -> str:
        return words.occasion(event.starts_on, event.starts_at, event.ends_at, language)

    def moment(at: datetime) -> str:
        return words.moment(at, language)

    def dated(on: date) -> str:
        return words.day(on.replace(), language)  # a value that is missing says so when it is asked for one

    return {
        "markdown": _html if medium == "html" else markdown.to_text,
        "underlined": _underlined,
        "on_one_line": _on_one_line,
        "when": when,
        "month_short": partial(words.month_short, language=language),
        "moment": moment,
        "dated": dated,
    }


def _html(text: str) -> Markup:
    return Markup(markdown.to_html(text))  # noqa: S704  # nh3 has just cleaned it


def _part(medium: str) -> Any:
    """A piece of a mail in a language of its own: an issue may be read in a frame of another language."""

    def part(name: str, language: str, **context: Any) -> str:
        ending = "html" if medium == "html" else "txt"
        text = _filled(medium, f"parts/{name}.{ending}", {**context, "language": language})
        return Markup(text) if medium == "html" else text  # noqa: S704  # it comes from an escaping template

    return part


def outline(blocks: tuple[Any, ...]) -> list[tuple[Any, int]]:
    """Each block with the level its heading has: none is skipped, whatever order the editor chose."""
    levelled, deepest = [], 1
    for block in blocks:
        if block.kind == "heading":
            deepest = min(block.level, deepest + 1) if block.level > 2 else 2  # noqa: PLR2004  # h2
        levelled.append((block, deepest if block.kind == "heading" else 2 if deepest == 1 else 3))
    return levelled


def _underlined(text: str, mark: str = "-") -> str:
    """A heading in plain text."""
    folded = markdown.wrap(text)
    return f"{folded}\n{mark * max(map(len, folded.splitlines()))}"


def _on_one_line(text: str) -> str:
    """A postal address, which is kept in lines."""
    return ", ".join(line.strip() for line in text.splitlines() if line.strip())


def _tidy(text: str) -> str:
    """Lines of at most 72 columns, never two empty lines in a row, and one line feed at the end."""
    folded = "\n".join(_folded(line) for line in text.strip("\n").split("\n"))
    return _GAP_BETWEEN_BLOCKS.sub("\n\n", _SPACES_AT_END.sub("\n", folded)).strip("\n") + "\n"


def _folded(line: str) -> str:
    """Folds a line that is too long and keeps its mark or indent; links stay whole."""
    if len(line) <= markdown.WIDTH:
        return line
    found = _LINE_START.fullmatch(line)
    first = found["first"] if found else ""
    return markdown.wrap(line.removeprefix(first), first=first, rest=" " * len(first))


def _subject(text: str) -> str:
    """One line, however the template was laid out."""
    return " ".join(text.split())


def _one_line(value: Any) -> Any:
    """What comes into a subject is one line already; a second one would be a forged header."""
    if isinstance(value, str) and any(unicodedata.category(sign) in ("Cc", "Zl", "Zp") for sign in value):
        raise BadHeader("the header Subject holds a line break or an invisible character")
    return value


def _same_line_ends(value: Any) -> Any:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _as_it_is(value: Any) -> Any:
    return value


_FINALS = {"subject": _one_line, "text": _same_line_ends, "html": _as_it_is}
