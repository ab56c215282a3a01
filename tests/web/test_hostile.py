"""What somebody types to do harm is only text: in every field of every form, on every page afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.web.conftest import Site
from tests.web.crawl import ROOMS, Crawl, Fields, colleague, furnished, readers
from tests.web.scenes import Place

CORPUS = {
    "elements and templates": "zq\"'><zq onzq=1></textarea></title><script>zq()</script>{{7*7}}zq %(zq)s",
    "links and headers": "=[zq](javascript:zq) <a href=javascript:zq>\r\nBcc: zq@zq.nl\x00\u202e' onzq=1",
}
TYPED = re.compile(r"<(?:textarea|input)\b[^>]*>")
NAME = re.compile(r'\bname="([^"]+)"')
VALUE = re.compile(r'\bvalue="([^"]*)"')
UNTYPED = ("hidden", "file")
CHOSEN = ("radio", "checkbox")


class Spotter(HTMLParser):
    """Collects what a page would do that we did not write."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        acts = [name for name, value in attrs if name.startswith("on") or "zq" in name]
        leads = [value for name, value in attrs if name in {"href", "src", "action"} and value]
        if tag == "zq" or acts or any(each.lower().startswith(("javascript:", "data:zq")) for each in leads):
            self.found.append(f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        if "49zq" in data or (self.cdata_elem == "script" and "zq" in data):
            self.found.append(data)


def harm(crawl: Crawl) -> list[str]:
    """What of it is alive on any page."""
    found = []
    for name, html in crawl.pages.items():
        spotter = Spotter()
        spotter.feed(html)
        found += [f"{name}: {each}" for each in spotter.found]
    return found


def filling(text: str) -> Callable[[str, Fields], Fields]:
    """Put this text in every field that is typed in, and choose something of everything else."""

    def fill(form: str, fields: Fields) -> Fields:
        for tag in TYPED.findall(form):
            name = NAME.search(tag)
            kind = (re.search(r'\btype="(\w+)"', tag) or ["", "text"])[1]
            if name and kind in CHOSEN:
                value = VALUE.search(tag)
                fields.setdefault(name[1], value[1] if value else "on")
            elif name and kind not in UNTYPED:
                fields[name[1]] = text
        return fields

    return fill


@pytest.mark.parametrize(
    ("settings", "text"),  # PostgreSQL refuses the NUL in the last one, which SQLite keeps
    list(zip(("sqlite", "postgresql"), CORPUS.values(), strict=True)),
    indirect=["settings"],
    ids=CORPUS,
)
async def test_what_is_typed_stays_text(site: Site, text: str) -> None:
    place = Place("", site.stage, site.clock, None)
    await furnished(site, place)
    anybody = await readers(site, place, "nl")
    await anybody.press(filling(text))
    inside = await colleague(site, "nl")
    await inside.follow(*ROOMS)
    await inside.press(filling(text))
    await inside.follow(*ROOMS)
    assert harm(anybody) + harm(inside) == []
    assert len(anybody.pressed) > 20
    assert len(inside.pressed) > 40


def test_harm_would_be_found() -> None:
    for live in ("<zq>", "<p onzq=1>", "<a href='javascript:zq'>", "<p>49zq", "<script>zq()</script>"):
        assert harm(Crawl(None, {"page": live})) != []
