"""A Markdown file becomes an issue, or an editor is told everything that is wrong with it, line by line."""

from __future__ import annotations

import time as clock
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.language import translations
from app.domain.content import Article, Call, Divider, Event, Heading, Picture, Text
from app.domain.manuscript import FILE_MOST, Unreadable, read
from app.domain.prose import MARKDOWN_MOST

SAMPLE = Path(__file__).parents[2] / "docs" / "sample" / "weerbaar-bestuur.md"
TOP = "---\nsubject: Onderwerp\nintro: Beste lezer\n---\n"


def blocks(body):
    return read(TOP + body).content.blocks


def wrong(text):
    with pytest.raises(Unreadable) as refused:
        read(text)
    return [(problem.line, problem.code) for problem in refused.value.problems]


def test_the_sample_is_an_issue():
    sample = read(SAMPLE.read_bytes())
    assert sample.content.subject.startswith("Samen staan we sterker")
    assert sample.pictures == ("raadzaal.png",)
    assert [block.kind for block in sample.content.blocks] == [
        "picture", "heading", "article", "article", "article", "heading", "event", "event", "call",
        "divider", "heading", "text",
    ]  # fmt: skip
    assert all(SAMPLE.with_name(name).exists() for name in sample.pictures)


def test_every_kind_of_block_can_be_written():
    body = """
## Kop
### Onderkop
Een alinea.

- een
- twee

---

![Een zaal](zaal.png)
![](lijn.png "decoratief")
"""
    assert blocks(body.replace("zaal.png)\n", "zaal.png)\n\n")) == (
        Heading(text="Kop"),
        Heading(text="Onderkop", level=3),
        Text(markdown="Een alinea.\n\n- een\n- twee"),
        Divider(),
        Picture(image="zaal.png", alt="Een zaal"),
        Picture(image="lijn.png", decorative=True),
    )


FILLED_IN = """
```article
title: "Wet: wat verandert er?"
link: https://voorbeeld.example/wet
link_text: Lees over de wet
summary: |
  Een alinea.

  - een punt
```

```event
title: Bijeenkomst
starts_on: 2026-12-10
starts_at: 9:30
ends_at: 10:00
place: Utrecht
link:
```

```call
text: Meld u aan
link: https://voorbeeld.example/aanmelden
```
"""


def test_blocks_between_backticks_are_filled_in_line_by_line():
    assert blocks(FILLED_IN) == (
        Article(
            title="Wet: wat verandert er?",
            link="https://voorbeeld.example/wet",
            link_text="Lees over de wet",
            summary="Een alinea.\n\n- een punt",
        ),
        Event(
            title="Bijeenkomst",
            starts_on=date(2026, 12, 10),
            starts_at=time(9, 30),
            ends_at=time(10, 0),
            place="Utrecht",
        ),
        Call(text="Meld u aan", link="https://voorbeeld.example/aanmelden"),
    )


def test_a_heading_that_is_a_link_is_an_article_with_the_text_below_it():
    body = "### [Nieuwe **wet**](https://a.example)\nEen.\n\nTwee.\n\n"
    body += "### [Zonder tekst](https://b.example)\n\n## Verder\n"
    assert blocks(body) == (
        Article(title="Nieuwe wet", link="https://a.example", summary="Een.\n\nTwee."),
        Article(title="Zonder tekst", link="https://b.example"),
        Heading(text="Verder"),
    )


def test_an_ordinary_newsletter_needs_no_lines_at_the_top():
    content = read("# Nieuwsbrief van mei\n\nBeste lezer,\n\nWelkom.\n\n## Nieuws\n\nTekst.\n").content
    assert content.subject == "Nieuwsbrief van mei"
    assert content.intro == "Beste lezer,\n\nWelkom."
    assert content.blocks == (Heading(text="Nieuws"), Text(markdown="Tekst."))


def test_a_title_that_repeats_the_subject_is_not_shown_twice_and_another_is_a_heading():
    assert blocks("# Onderwerp\n\nTekst.") == (Text(markdown="Tekst."),)
    assert blocks("# Iets anders\n\nTekst.") == (Heading(text="Iets anders"), Text(markdown="Tekst."))


def test_a_single_text_is_content_and_not_an_introduction():
    content = read("---\nsubject: x\n---\nAlleen dit.\n").content
    assert (content.intro, content.blocks) == ("", (Text(markdown="Alleen dit."),))


def test_all_the_lines_at_the_top_are_read():
    content = read(
        "---\nsubject: x\npreheader: 'y: z'\nintro: |\n  a\n\n  b\nlanguage: en\n---\nText.\n"
    ).content
    assert (content.preheader, content.intro, content.language) == ("y: z", "a\n\nb", "en")


def test_deeper_headings_are_not_told_apart():
    assert blocks("##### Diep\n") == (Heading(text="Diep", level=3),)


def test_windows_files_read_the_same():
    assert (
        read(("\ufeff" + TOP + "a\n\nb\n").replace("\n", "\r\n").encode()).content
        == read(TOP + "a\n\nb\n").content
    )


def test_code_without_a_name_is_text():
    assert blocks("```\nx = 1\n```") == (Text(markdown="```\nx = 1\n```"),)


MUCH_WRONG = """---
subject: Een
preheader: Twee
colour: groen
---
[bron]: https://bron.example

```article
title: Wet
link: http://wet.example
soort: x
```

```event
title: [a, b]
```

```event
title: Bijeenkomst
starts_on: tien december
```

![](foto.png)

Zie [hier](https://a.example).

```tabel
x
```

---

Tekst met ![foto](foto.png) erin.
"""


def test_everything_is_told_at_once_with_its_line():
    assert wrong(MUCH_WRONG) == [
        (4, "unknown_key"),
        (6, "references"),
        (10, "link_scheme"),
        (11, "unknown_key"),
        (15, "nested"),
        (18, "missing"),
        (20, "date"),
        (23, "picture_text"),
        (27, "fence"),
        (33, "picture_inside"),
    ]


def test_what_is_wrong_is_said_in_words_in_dutch_as_well():
    with pytest.raises(Unreadable) as refused:
        read("---\nsubject: x\n---\n```article\ntitle: Wet\n```\n")
    (problem,) = refused.value.problems
    assert str(refused.value) == "line 4: link: This is missing. Add it."
    assert problem.say(translations("nl").gettext) == "Dit ontbreekt. Vul het aan."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "missing"), (1, "no_blocks")]),
        ("---\nsubject: x\n---\n", [(1, "no_blocks")]),
        ("---\nsubject: x\n", [(1, "front_open")]),
        ("---\nsubject: a: b\n---\ntekst", [(2, "lines")]),
        ("---\n- subject\n---\ntekst", [(2, "lines")]),
        ("---\njust text\n---\ntekst", [(2, "lines")]),
        ("---\nsubject: x\nsubject: y\n---\ntekst", [(3, "twice")]),
        ("---\nsubject: &a x\n---\ntekst", [(2, "nested")]),
        ("---\nsubject: &a x\nintro: *a\n---\ntekst", [(2, "nested")]),
        ("---\nsubject: x\nintro: *a\n---\ntekst", [(3, "nested")]),
        ("---\nsubject: !!python/object:os.system x\n---\ntekst", [(2, "nested")]),
        ("---\nsubject: x\n--- \n\0", [(4, "characters")]),
        ("---\nsubject: x\0\n---\ntekst", [(2, "characters")]),
        ("---\nsubject: " + "x" * 151 + "\n---\ntekst", [(2, "too_long")]),
        ("---\nlanguage: de\nsubject: x\n---\ntekst", [(2, "language")]),
        (TOP + "x\n" * 5000, [(5, "too_long")]),
        (TOP + "```article\n? [a]\n: b\n```", [(6, "nested")]),
        (TOP + "- # kop\n", [(5, "heading_inside")]),
        (b"\xff\xfe", [(None, "not_text")]),
        ("x" * (FILE_MOST + 1), [(None, "too_large")]),
    ],
    ids=range(20),
)
def test_a_file_that_cannot_be_an_issue_is_refused(text, expected):
    assert wrong(text) == expected


def test_what_is_far_too_long_is_refused_before_it_is_read():
    with pytest.raises(Unreadable) as refused:
        read(TOP + "# " + "[" * 9000)
    (problem,) = refused.value.problems
    assert problem.values == {"most": MARKDOWN_MOST}


@pytest.mark.parametrize(
    "bomb",
    [
        "---\na: " + "[" * 400_000 + "\n---\n",
        "---\n" + "a: &a [x]\n" + "b: [*a, *a]\n" * 50_000 + "---\n",
        TOP + "[" * 900_000,
        TOP + "> " * 400_000,
        TOP + "![[" * 300_000,
        TOP + "*a **b " * 120_000,
        TOP + "```article\n" + "{" * 400_000 + "\n```\n",
    ],
    ids=["yaml depth", "yaml aliases", "brackets", "quotes", "pictures", "stars", "braces"],
)
def test_a_file_made_to_take_long_does_not(bomb):
    began = clock.monotonic()
    with pytest.raises(Unreadable):
        read(bomb)
    assert clock.monotonic() - began < 20


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_any_text_is_an_issue_or_is_refused_in_words(text):
    for whole in (text, TOP + text, f"{TOP}```article\n{text}\n```"):
        try:
            found = [read(whole).content.subject]
        except Unreadable as refused:
            found = [str(problem) for problem in refused.problems]
        assert all(found) and found  # noqa: PT018  # something is said, and no part of it is empty
