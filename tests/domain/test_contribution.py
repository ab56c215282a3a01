"""Copy of a partner is words: nothing in it has a form or an address, and each field says what is wrong."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core import commonmark
from app.domain import contribution, prose
from app.domain.contribution import TEXT_MOST, Contribution
from app.domain.typed import Typed
from app.mail import markdown

TODAY = date(2026, 11, 16)
GOOD = {"title": "Nieuws", "text": "Een tekst", "sender": "Els de Vries"}
EVENT = {"starts_on": "2026-11-16", "place": "Utrecht"}
SIGNS = st.text(alphabet="ab1 \n\\`*_{}[]()<>#+-.!|~=&;:/\"'$%•é", max_size=60)


@given(SIGNS)
@example("- a\nb")
@example("-\n1")
@example("1. a\n***\na\n===")
@example("__a__ &amp; <b@c.nl> `x` \\")
def test_the_words_that_come_out_are_those_that_went_in(text: str) -> None:
    meant = re.sub(r"(?m)^ *[-*•] +(?=\S)", "", text)  # the mark of an item is no word
    shown = prose.plain(commonmark.literal(text))
    assert shown.split() == meant.split()


def test_a_list_and_its_paragraphs_stay_what_they_are() -> None:
    html = markdown.to_html(
        commonmark.literal("Komt u?\n- eerst\n• dan\n\n1. geen lijst\n    geen code\n# geen kop")
    )
    assert "<ul>" in html
    assert html.count("<li>") == 2
    assert "<p>1. geen lijst\ngeen code\n# geen kop</p>" in html


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "[klik](javascript:alert(1))",
        "![x](https://kwaad.example/x.png)",
        "{{7*7}}",
    ],
)
@pytest.mark.parametrize("more", [{}, {"link": "https://www.example.org/a_b"}, EVENT])
def test_an_injection_is_shown_as_it_was_typed(typed: str, more: dict[str, str]) -> None:
    written, wrong = contribution.read({**GOOD, **more, "title": typed, "text": typed}, TODAY)
    assert not wrong
    assert written
    content, _ = Typed("nl", {"subject": "x"}, (row(written).piece,)).judged()
    assert content
    (block,) = content.blocks
    said = getattr(block, "markdown", "") or getattr(block, "summary", "")
    assert prose.plain(said).endswith(typed)
    assert "<script" not in markdown.to_html(said)
    assert not prose.links(said)


def row(written: contribution.Written) -> Contribution:
    return Contribution(content=written.model_dump(mode="json", exclude={"sender"}, exclude_none=True))


@pytest.mark.parametrize(
    ("more", "kind"),
    [({}, "text"), ({"link": "https://x.example/"}, "article"), ({**EVENT, "starts_at": "9:30"}, "event")],
)
def test_what_was_filled_in_says_which_block_it_is(more: dict[str, str], kind: str) -> None:
    written, _ = contribution.read({**GOOD, **more}, TODAY)
    assert written
    piece = row(written).piece
    assert piece.kind == kind
    assert piece.values.get("starts_at", "09:30") == "09:30"
    content, problems = Typed("nl", {"subject": "x"}, (piece,)).judged()
    assert (bool(content), problems) == (True, [])


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (dict.fromkeys(GOOD, " "), {"title": "missing", "text": "missing", "sender": "missing"}),
        ({"title": "x" * 201, "sender": "y" * 81}, {"title": "too_long", "sender": "too_long"}),
        ({"text": "x" * (TEXT_MOST + 1)}, {"text": "too_long"}),
        ({"title": "a\r\nBcc: b"}, {"title": "one_line"}),
        ({"title": "om\u202egekeerd", "text": "a\0b"}, {"title": "one_line", "text": "characters"}),
        ({"link": "http://x.example"}, {"link": "https_only"}),
        ({"link": "javascript:alert(1)"}, {"link": "https_only"}),
        ({"link": "https://localhost"}, {"link": "link"}),
        ({"link": "https://bank.example@kwaad.example/"}, {"link": "link"}),
        ({"starts_on": "morgen"}, {"starts_on": "date", "place": "event_half"}),
        ({"starts_at": "25:00"}, {"starts_at": "time", "starts_on": "event_half", "place": "event_half"}),
        ({"place": "Utrecht"}, {"starts_on": "event_half"}),
        ({**EVENT, "starts_on": "2026-11-15"}, {"starts_on": "past"}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(typed: dict[str, str], wrong: dict[str, str]) -> None:
    written, found = contribution.read({**GOOD, **typed}, TODAY)
    assert written is None
    assert {name: each.code for name, each in found.items()} == wrong


ADDRESSES = [
    "alice@example.org",
    "ALICE%40example.org",
    "Mail alice@example.org.",
    "<alice\uff20example.org>",
    "alice(at)example.org",
    "alice [at] example [dot] org",
    "alice apenstaartje example.org",
    "alice at example dot org",
]


@pytest.mark.parametrize("name", ["title", "text", "sender", "place"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_field_takes_an_address(name: str, address: str) -> None:
    written, wrong = contribution.read({**GOOD, **EVENT, name: address}, TODAY)
    assert written is None
    assert wrong[name].code == "address"


def test_a_link_takes_no_address_and_a_name_after_a_slash_is_none() -> None:
    def told(link: str) -> Any:
        return contribution.read({**GOOD, "link": link}, TODAY)[1].get("link")

    assert told("https://x.example/?to=alice@example.org").code == "address"
    assert told("https://x.example/alice%40example.org").code == "address"
    for fine in (
        "https://social.example/@raad.leden",
        "https://x.example/?page=401",
        "https://x.example/a@2x",
    ):
        assert told(fine) is None


@pytest.mark.parametrize(
    "text", ["Meld u aan at www.example.org.", "Typ het apenstaartje zelf.", "Kom (at) 10.30"]
)
def test_what_only_looks_like_one_is_taken(text: str) -> None:
    assert contribution.read({**GOOD, "text": text}, TODAY)[1] == {}
