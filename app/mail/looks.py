"""Whether a mail can be read by everybody: colours that differ enough, styles that mail programs draw.

Colours are read from the style sheets of the templates, light and dark, so that another theme is judged
as well. The list of styles and the reasons are in docs/mail-css.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from app.mail.rendering import TEMPLATES

LEAST: Final = 4.5  # WCAG 2.2, 1.4.3, level AA, for text of any size
LISTED: Final = frozenset(
    """
    background-color border border-top border-bottom border-left border-collapse border-spacing
    border-radius color color-scheme display font-family font-size font-weight height line-height margin
    max-height max-width mso-hide overflow padding text-align text-decoration vertical-align width
    word-break -webkit-text-size-adjust
    """.split()
)
# Which text stands on which ground: the last of each that names a colour counts, as in the cascade.
PAIRS: Final = {
    "text": ((".page", ".sheet"), (".page", ".sheet")),
    "text above and below": ((".page", ".above"), (".page",)),
    "links above and below": (("a", ".above a"), (".page",)),
    "links": ((".page", "a"), (".page", ".sheet")),
    "large headings": ((".page", "h2"), (".page", ".sheet")),
    "small headings": ((".page", "h3"), (".page", ".sheet")),
    "the name above": (("h1", ".masthead h1"), (".masthead",)),
    "the line above": ((".masthead",), (".masthead",)),
    "buttons": (("a", ".button a"), (".button td",)),
    "dates": ((".page", ".tile"), (".tile",)),
    "notes": ((".page", ".note td"), (".note td",)),
    "text in place of pictures": ((".page", "img"), (".page", ".sheet")),
}
DARK: Final = "@media (prefers-color-scheme: dark)"

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_STYLES = re.compile(r'\sstyle="([^"]*)"')
_LINEAR_TO = 0.04045  # WCAG 2.2, relative luminance: where the curve of sRGB begins

Sheet = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Faint:
    """Text that differs too little from what it stands on."""

    what: str
    ratio: float


def unlisted(html: str) -> list[str]:
    """The style properties of a mail that are not on the list."""
    blocks = [*_STYLES.findall(html), *(rules for _, rules in _RULE.findall(_sheets(html)))]
    used = {rule.split(":")[0].strip() for block in blocks for rule in block.split(";") if ":" in rule}
    return sorted(used - LISTED)


def _sheets(html: str) -> str:
    return "\n".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))


@cache
def faint() -> tuple[Faint, ...]:
    """Every text of the templates whose colours differ too little, light or dark."""
    parts = TEMPLATES / "parts"
    return tuple(judged((parts / "style.css").read_text(), (parts / "screens.css").read_text()))


def judged(style: str, screens: str) -> list[Faint]:
    """The same for any two style sheets."""
    light = _read(style)
    dark = _read(screens.partition(DARK)[2])
    return [*_faint(light, {}, ""), *_faint(light, dark, ", dark")]


def _faint(light: Sheet, dark: Sheet, guise: str) -> list[Faint]:
    found = []
    for what, (texts, grounds) in PAIRS.items():
        ratio = contrast(
            _colour("color", texts, light, dark), _colour("background-color", grounds, light, dark)
        )
        if ratio < LEAST:
            found.append(Faint(what + guise, round(ratio, 1)))
    return found


def _colour(name: str, selectors: tuple[str, ...], light: Sheet, dark: Sheet) -> str:
    """What the dark sheet says comes first: it is marked as important."""
    for sheet in (dark, light):
        for selector in reversed(selectors):
            if name in sheet.get(selector, {}):
                return sheet[selector][name]
    return "#000000" if name == "color" else "#ffffff"


def _read(sheet: str) -> Sheet:
    found: Sheet = {}
    for selectors, rules in _RULE.findall(sheet):
        named = dict(rule.split(":", 1) for rule in rules.split(";") if ":" in rule)
        values = {name.strip(): value.replace("!important", "").strip() for name, value in named.items()}
        for selector in selectors.split(","):
            found.setdefault(selector.strip(" {}\n"), {}).update(values)
    return found


def contrast(one: str, other: str) -> float:
    """The ratio of two colours such as #1f5c4d (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_TO else float(((part + 0.055) / 1.055) ** 2.4)
