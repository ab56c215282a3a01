"""Markdown becomes safe HTML and plain text that reads well, and both say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.markdown import to_html, to_text


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("een *twee* **drie**", "<p>een <em>twee</em> <strong>drie</strong></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("[naam](https://a.example/?x=1&y=2)", '<p><a href="https://a.example/?x=1&amp;y=2">naam</a></p>'),
        ("[post](mailto:a@b.example)", '<p><a href="mailto:a@b.example">post</a></p>'),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[x](http://a.example)", "<p><a>x</a></p>"),
        ("![x](https://a.example/pixel.png)", "<p></p>"),
        ("# kop", "kop"),
    ],
    ids=["words", "list", "numbers", "link", "mail", "html", "http", "picture", "heading"],
)
def test_html_holds_only_what_a_mail_may_hold(typed, html):
    assert to_html(typed) == html


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("een *twee* **drie** `vier`", "een twee drie vier"),
        ("Lees [de wet](https://a.example)", "Lees de wet: https://a.example"),
        ("Lees [de wet](https://a.example).", "Lees de wet (https://a.example)."),
        ("Lees **[de wet](https://a.example)** nu", "Lees de wet (https://a.example) nu"),
        ("**Lees [de wet](https://a.example)**", "Lees de wet: https://a.example"),
        ("[wet](https://a.example)  \nverder", "wet: https://a.example\nverder"),
        ("<https://a.example>", "https://a.example"),
        ("[a@b.example](mailto:a@b.example)", "a@b.example"),
        ("- een\n- twee\n  - drie", "- een\n- twee\n  - drie"),
        ("1. een\n2. twee\n\n   meer", "1. een\n\n2. twee\n\n   meer"),
        ("> een\n> twee", "> een twee"),
        ("    code  blijft", "    code  blijft"),
        ("a\n\n---\n\nb", "a\n\n* * *\n\nb"),
        ("## Kop\n\ntekst", "Kop\n---\n\ntekst"),
        ("&amp; &lt;b&gt;", "& <b>"),
        ("", ""),
    ],
    ids=str,
)
def test_plain_text_reads_well(typed, text):
    assert to_text(typed) == text


def test_long_paragraphs_are_folded_and_links_are_not():
    long = "woord " * 40 + f"[naam](https://a.example/{'x' * 90})"
    lines = to_text(long).splitlines()
    assert all(len(line) <= 72 for line in lines[:-1])
    assert lines[-1] == f"https://a.example/{'x' * 90}"


def test_items_hang_under_their_mark():
    assert to_text("- " + "woord " * 20).splitlines()[1].startswith("  woord")


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_no_text_breaks_either_form(typed):
    to_text(typed)
    assert "<script" not in to_html(typed).lower()
