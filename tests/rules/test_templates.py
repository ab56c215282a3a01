"""Templates are whole, strict and escaped; newsletters can be left, and service mails are no newsletters."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from jinja2 import Environment

from app.core.language import LANGUAGES
from app.mail import rendering
from app.web import templating
from tests.rules.code import called, calls, everywhere
from tests.rules.glued import glued
from tests.rules.tree import ROOT, files, name

EMAIL = ROOT / "templates" / "email"
PAGES = ROOT / "templates" / "pages"
PARTS = {"subject.txt", "body.txt", "body.html"}
SHARED = {"parts"}
BULK = {"issue"}  # what goes to everybody; all else is to one person, about something they did
LEAVING = re.compile(r"\bleave_url\b")
OURS = re.escape(' type="module" src="{{ static(file) }}"></script>')  # a file of our own, with nothing in it
INLINE = {
    "a style of its own": re.compile(r"<style|\sstyle\s*=", re.IGNORECASE),
    "a script": re.compile(rf"<script(?!{OURS})|javascript:|\son[a-z]+\s*=", re.IGNORECASE),
    "something of somebody else": re.compile(r"(?:src|srcset|data)\s*=\s*[\"'](?:https?:)?//", re.IGNORECASE),
    "text that is not escaped": re.compile(r"\|\s*safe\b|autoescape\s+false", re.IGNORECASE),
}


def mails() -> dict[str, set[str]]:
    """Each mail with the parts it has."""
    found: dict[str, set[str]] = {}
    for path in files():
        if path.is_relative_to(EMAIL) and path.parent != EMAIL and path.parent.name not in SHARED:
            found.setdefault(path.parent.name, set()).add(path.name)
    return found


def test_each_mail_has_its_three_parts() -> None:
    assert mails().keys() >= BULK
    assert {mail: parts for mail, parts in mails().items() if parts != PARTS} == {}


def loose(_file: str, source: str) -> list[str]:
    """Where a file makes a Jinja environment that forgives a missing value or leaves escaping to chance."""
    found = []
    for call in calls(source):
        if called(call) in {"Environment", "jinja2.Environment", "SandboxedEnvironment", "Template"}:
            given = {each.arg: ast.unparse(each.value) for each in call.keywords}
            if given.get("undefined") != "StrictUndefined":
                found.append(f"line {call.lineno}: forgives what is missing")
            if given.get("autoescape", "False") == "False":
                found.append(f"line {call.lineno}: does not escape")
    return found


def test_every_environment_is_strict_and_escapes() -> None:
    assert not everywhere(loose)
    assert loose("app/web/x.py", "Environment(loader=x)")
    assert loose("app/web/x.py", "jinja2.Environment(undefined=StrictUndefined, autoescape=False)")
    assert not loose("app/web/x.py", "Environment(undefined=StrictUndefined, autoescape=True)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_escaped_and_plain_text_is_not(language: str) -> None:
    planted = "{{ words }}"
    made = [rendering._environment("html", language), templating._environment(language)]
    for environment in made:
        assert environment.from_string(planted).render(words="<b>") == "&lt;b&gt;"
    text = rendering._environment("text", language)
    assert text.from_string(planted).render(words="<b>") == "<b>"
    for environment in (*made, text):
        with pytest.raises(rendering.Incomplete):
            environment.from_string(planted).render()


def inline(text: str) -> list[str]:
    """What a page has that its security policy would refuse, or that could be forged."""
    return [what for what, pattern in INLINE.items() if pattern.search(text)]


def test_no_page_has_a_style_or_script_of_its_own() -> None:
    pages = [path for path in files() if path.is_relative_to(PAGES)]
    assert pages
    assert {name(path): found for path in pages if (found := inline(path.read_text()))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "<style>p {}</style>",
        '<p style="color: red">',
        "<script src=x></script>",
        '<script type="module" src="{{ static(file) }}">x()</script>',
        '<a onclick="x()">',
        '<a href="javascript:x()">',
        '<img src="https://elsewhere.example/x.png">',
        "{{ words | safe }}",
    ],
)
def test_what_is_planted_in_a_page_is_found(text: str) -> None:
    assert len(inline(f"<h1>Page</h1>\n{text}")) == 1


def reading(path: Path) -> Environment:
    """The environment that a template is read in, blanks and all."""
    if path.is_relative_to(PAGES):
        return templating._environment("nl")
    medium = "subject" if path.name == "subject.txt" else "html" if path.suffix == ".html" else "text"
    return rendering._environment(medium, "nl")


def test_no_sentence_is_glued_to_the_one_before() -> None:
    templates = [path for path in files() if {EMAIL, PAGES} & set(path.parents) and path.suffix != ".css"]
    assert templates
    assert {name(path): at for path in templates if (at := glued(reading(path), path.read_text()))} == {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("<p>{% trans %}One.{% endtrans %}\n{{ _('Two.') }}</p>", True),
        ("<p>{% trans %}One.{% endtrans %}\n{% if x %}{{ _('Two.') }}{% endif %}</p>", True),
        ("<p>{{ _('One.') }}{% if x %}\n{% else %}two{% endif %}</p>", True),
        ("{% for x in y %}\n{{ _('One.') }}{% endfor %}", True),
        ("<strong>{{ x }}</strong>\n{%- if x %}<span>{{ _('Two') }}</span>{% endif %}", True),
        ("<p>{% trans %}One.{% endtrans %} {{ _('Two.') }}</p>", False),
        ("{% if x %}{{ _('One.') }}\n{%- else %}{{ _('Two.') }}{% endif %}", False),
        ("<p>{{ _('One.') }}</p>\n{% if x %}<p>{{ _('Two.') }}</p>{% endif %}", False),
        ("<button>{{ _('One') }}<span class=\"unseen\">: {{ x }}</span></button>", False),
    ],
)
def test_what_is_glued_in_a_page_is_found(text: str, wrong: bool) -> None:
    assert bool(glued(templating._environment("nl"), text)) is wrong


def _leads_away(mail: str, part: str) -> bool:
    """Whether a part has the link to leave, in its own text."""
    path: Path = EMAIL / mail / part
    return bool(LEAVING.search(path.read_text()))


@pytest.mark.parametrize("mail", sorted(mails()))
def test_a_newsletter_can_be_left_and_a_service_mail_has_nothing_to_leave(mail: str) -> None:
    for part in ("body.txt", "body.html"):
        assert _leads_away(mail, part) is (mail in BULK)


def test_no_frame_that_all_mails_share_has_the_link() -> None:
    frames = [path for path in files() if path.parent in {EMAIL, EMAIL / "parts"}]
    assert frames
    assert not [name(path) for path in frames if LEAVING.search(path.read_text())]
