"""Content has a fixed shape, safe links and words that mean something; what is wrong is said clearly."""

from __future__ import annotations

from datetime import date, time

import pytest
from pydantic import ValidationError

from app.core.language import translations
from app.domain.content import BLOCKS_MOST, Content, LinkAt, dump, load
from app.domain.problem import OURS, SAYINGS, Problem, problems

LINK = "https://voorbeeld.example/pagina"
ARTICLE = {"kind": "article", "title": "Nieuwe handreiking", "link": LINK}
EVENT = {"kind": "event", "title": "Bijeenkomst", "starts_on": "2026-12-10", "place": "Utrecht"}


def content(*blocks, **fields):
    return Content.model_validate({"subject": "Onderwerp", "blocks": blocks or (ARTICLE,), **fields})


def found(*blocks, **fields):
    with pytest.raises(ValidationError) as refused:
        content(*blocks, **fields)
    return [(problem.where, problem.code) for problem in problems(refused.value)]


def test_content_comes_back_from_storage_as_it_was():
    full = content(
        {"kind": "heading", "text": "Kop"},
        {"kind": "text", "markdown": "Lees **dit** of [de wet](https://wet.example)."},
        {**ARTICLE, "summary": "- een\n- twee", "link_text": "Lees de handreiking"},
        {**EVENT, "starts_at": "10:00", "ends_at": "12:30", "link": LINK, "summary": "Kom ook."},
        {"kind": "picture", "image": "foto.png", "alt": "Een zaal"},
        {"kind": "picture", "image": "0123456789abcdef", "decorative": True},
        {"kind": "call", "text": "Meld u aan", "link": "mailto:a@voorbeeld.example"},
        {"kind": "divider"},
        preheader="Kort",
        intro="Beste lezer",
        language="en",
    )
    assert load(dump(full)) == full
    assert dump(load(dump(full))) == dump(full)
    assert full.blocks[3].starts_on == date(2026, 12, 10)
    assert full.blocks[3].ends_at == time(12, 30)
    assert full.pictures() == ("foto.png", "0123456789abcdef")


def test_all_links_are_listed_with_their_place():
    listed = content(
        {"kind": "text", "markdown": "[de wet](https://wet.example)"},
        ARTICLE,
        {**ARTICLE, "link_text": "Lees alles", "summary": "[bron](https://bron.example)"},
        {**EVENT, "link": LINK},
        {"kind": "call", "text": "Doe mee", "link": LINK},
        {"kind": "divider"},
        EVENT,
        intro="[vorige keer](https://vorige.example)",
    ).links_at()
    assert listed == [
        LinkAt(None, "vorige keer", "https://vorige.example"),
        LinkAt(0, "de wet", "https://wet.example"),
        LinkAt(1, "Nieuwe handreiking", LINK),
        LinkAt(2, "bron", "https://bron.example"),
        LinkAt(2, "Lees alles", LINK),
        LinkAt(3, "Bijeenkomst", LINK),
        LinkAt(4, "Doe mee", LINK),
    ]


def test_content_does_not_change():
    with pytest.raises(ValidationError):
        content().subject = "Anders"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"subject": ""}, ("subject", "empty")),
        ({"subject": "x" * 151}, ("subject", "too_long")),
        ({"subject": "a\r\nBcc: x"}, ("subject", "one_line")),
        ({"subject": "a\0b"}, ("subject", "one_line")),
        ({"subject": "a\u2028b"}, ("subject", "one_line")),
        ({"subject": "a\u202eb"}, ("subject", "one_line")),
        ({"subject": "\ud800"}, ("subject", "characters")),
        ({"preheader": "x" * 201}, ("preheader", "too_long")),
        ({"preheader": "a\nb"}, ("preheader", "one_line")),
        ({"intro": "x" * 8001}, ("intro", "too_long")),
        ({"intro": "a\0b"}, ("intro", "characters")),
        ({"intro": "[&#x202e;ln.knab](https://evil.example.org)"}, ("intro", "characters")),
        ({"intro": "een &#x2066;letter"}, ("intro", "characters")),
        ({"intro": "[h&#x200b;ttps://bank.nl](https://evil.example.org)"}, ("intro", "other_address")),
        ({"language": "de"}, ("language", "language")),
        ({"blocks": []}, ("blocks", "no_blocks")),
        ({"blocks": [{"kind": "divider"}] * (BLOCKS_MOST + 1)}, ("blocks", "too_many")),
        ({"author": "x"}, ("author", "unknown_key")),
        ({"subject": None}, ("subject", "invalid")),
    ],
    ids=str,
)
def test_what_an_issue_cannot_have_is_refused(fields, expected):
    assert found(**fields) == [expected]


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"kind": "video"}, ("blocks.0", "kind")),
        ({}, ("blocks.0", "kind")),
        ({"kind": "heading", "text": "x", "level": 1}, ("blocks.0.level", "level")),
        ({"kind": "heading", "text": "x" * 201}, ("blocks.0.text", "too_long")),
        ({"kind": "text", "markdown": ""}, ("blocks.0.markdown", "empty")),
        ({"kind": "text", "markdown": "# Kop"}, ("blocks.0.markdown", "heading_inside")),
        ({"kind": "text", "markdown": "a ![b](c.png)"}, ("blocks.0.markdown", "picture_inside")),
        ({"kind": "text", "markdown": "[ ](https://a.example)"}, ("blocks.0.markdown", "vague_link")),
        (
            {"kind": "text", "markdown": "[https://b.example](https://a.example)"},
            ("blocks.0.markdown", "other_address"),
        ),
        ({"kind": "text", "markdown": "[de wet](http://a.example)"}, ("blocks.0.markdown", "link_scheme")),
        ({"kind": "text", "markdown": "[de wet](/a)"}, ("blocks.0.markdown", "link_scheme")),
        ({**ARTICLE, "link_text": ""}, ("blocks.0.link_text", "empty")),
        ({**ARTICLE, "link_text": "www.bank.example"}, ("blocks.0", "other_address")),
        ({**ARTICLE, "title": "https://bank.example"}, ("blocks.0", "other_address")),
        ({**EVENT, "title": "https://bank.example", "link": LINK}, ("blocks.0", "other_address")),
        ({**ARTICLE, "extra": 1}, ("blocks.0.extra", "unknown_key")),
        ({"kind": "article", "title": "x y"}, ("blocks.0.link", "missing")),
        ({**EVENT, "starts_on": "20261210"}, ("blocks.0.starts_on", "date")),
        ({**EVENT, "starts_on": "2026-02-30"}, ("blocks.0.starts_on", "date")),
        ({**EVENT, "starts_on": 1700000000}, ("blocks.0.starts_on", "date")),
        ({**EVENT, "starts_at": "1000"}, ("blocks.0.starts_at", "time")),
        ({**EVENT, "starts_at": "25:00"}, ("blocks.0.starts_at", "time")),
        ({**EVENT, "starts_at": "10:00+01:00"}, ("blocks.0.starts_at", "time")),
        ({**EVENT, "ends_at": "10:00"}, ("blocks.0", "ends_without_start")),
        ({**EVENT, "starts_at": "10:00", "ends_at": "10:00"}, ("blocks.0", "ends_first")),
        ({"kind": "picture", "image": "a.png"}, ("blocks.0", "picture_text")),
        ({"kind": "picture", "image": "a.png", "alt": " "}, ("blocks.0", "picture_text")),
        ({"kind": "picture", "image": "a.png", "alt": "x", "decorative": True}, ("blocks.0", "picture_text")),
        ({"kind": "picture", "image": "../a.png", "alt": "x"}, ("blocks.0.image", "picture_name")),
        (
            {"kind": "picture", "image": "https://a.example/a.png", "alt": "x"},
            ("blocks.0.image", "picture_name"),
        ),
        ({"kind": "call", "text": "https://bank.example/", "link": LINK}, ("blocks.0", "other_address")),
    ],
    ids=str,
)
def test_what_a_block_cannot_have_is_refused(block, expected):
    assert found(block) == [expected]


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("http://a.example", "link_scheme"),
        ("javascript:alert(1)", "link_scheme"),
        ("data:text/html,x", "link_scheme"),
        ("//a.example", "link_scheme"),
        ("a.example", "link_scheme"),
        ("https://", "link"),
        ("https://localhost", "link"),
        ("https://a.example@kwaad.example", "link"),
        ("https://a.example:port", "link"),
        ("https://a.example\\@kwaad.example", "link"),
        ("https://a.example/\r\nx", "link"),
        ("https://a.example/a b", "link"),
        ("https://\u0430pple.example", "link"),
        ("https://[::1", "link"),
        ("https://a.example/" + "x" * 2000, "link"),
        ("mailto:", "link"),
        ("mailto:a", "link"),
        ("mailto:a@b.example?bcc=c@d.example", "link"),
        ("mailto:a@b.example,c@d.example", "link"),
        ("mailto:a@b.example?subject=x%0d%0aBcc:c@d.example", "link"),
    ],
    ids=str,
)
def test_a_link_that_is_not_safe_is_refused(link, code):
    assert found({**ARTICLE, "link": link}) == [("blocks.0.link", code)]


@pytest.mark.parametrize("link", [LINK, "https://a.example:8443/x?y=1#z", "mailto:a@b.example?subject=Vraag"])
def test_a_link_that_works_is_kept(link):
    assert content({**ARTICLE, "link": f" {link} "}).blocks[0].link == link


def test_everything_wrong_is_told_at_once_and_nothing_typed_is_repeated():
    wrong = found(
        {**ARTICLE, "link": "x"}, {"kind": "heading", "text": ""}, subject="", author="dana@x.example"
    )
    assert wrong == [
        ("subject", "empty"),
        ("blocks.0.link", "link_scheme"),
        ("blocks.1.text", "empty"),
        ("author", "unknown_key"),
    ]
    with pytest.raises(ValidationError) as refused:
        content(subject="dana@x.example\n\0")
    assert "dana" not in str(refused.value) + "".join(map(str, problems(refused.value)))


def test_windows_line_ends_do_not_matter():
    assert content({"kind": "text", "markdown": "a\r\nb\rc"}).blocks[0].markdown == "a\nb\nc"


def test_every_problem_can_be_said_in_dutch():
    dutch = translations("nl").gettext
    values = {"most": 150, "weight": 200, "text": "<b>"}
    for code in SAYINGS:
        assert Problem(code, values=values).say(dutch) != Problem(code, values=values).say()
    assert "hoogstens 150 tekens" in Problem("too_long", values={"most": 150}).say(dutch)
    assert set(OURS.values()) <= set(SAYINGS)


def test_a_problem_names_its_line_and_its_field():
    assert str(Problem("missing", where="link", line=4)) == "line 4: link: This is missing. Add it."
    assert str(Problem("missing")) == "This is missing. Add it."
