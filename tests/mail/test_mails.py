"""Every mail is complete, safe, readable without pictures, and says in plain text what it says in HTML."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from babel.messages.extract import extract_from_dir

from app.core.language import catalog
from app.domain import prose
from app.mail import looks
from app.mail.rendering import TEMPLATES
from tests.mail.mails import ALL, CONTEXTS, LANGUAGES, ROOT, SNAPSHOTS, TOKEN, mail, snapshots
from tests.mail.page import Page

READER_MAILS = ("issue", "confirm", "already", "mydata", "address", "moved", "identity", "extended", "answer")

each_mail = pytest.mark.parametrize(("name", "language"), ALL)


@each_mail
def test_a_mail_has_a_subject_a_text_and_html(name, language):
    made = mail(name, language)
    assert made.subject.strip() == made.subject != ""
    assert "\n" not in made.subject
    assert made.text.strip()
    assert made.html.startswith("<!DOCTYPE html>")


@each_mail
def test_plain_text_has_every_link_and_fits_the_screen(name, language):
    made = mail(name, language)
    for address, _ in Page(made.html).links:
        assert address.removeprefix("mailto:") in made.text
    assert all(len(line) <= 78 for line in made.text.splitlines() if "https://" not in line)
    assert "\n\n\n" not in made.text
    assert "&amp;" not in made.text
    assert "<" not in made.text


@each_mail
def test_the_sender_is_named_in_both_parts(name, language):
    made = mail(name, language)
    for words in ("Netwerk Weerbaar Bestuur", "Postbus 1, 1000 AA Den Haag"):
        assert words in made.html
        assert words in " ".join(made.text.split())


@each_mail
def test_headings_are_real_and_there_is_one_first(name, language):
    headings = Page(mail(name, language).html).headings
    assert headings.count(1) == 1
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))


@each_mail
def test_the_language_stands_on_the_mail_and_again_inside_it(name, language):
    page = Page(mail(name, language).html)
    assert page.every("html")[0]["lang"] == language
    assert page.every("div")[0]["lang"] == language
    assert page.every("div")[0]["dir"] == "ltr"


@each_mail
def test_tables_are_only_layout(name, language):
    page = Page(mail(name, language).html)
    assert all(table["role"] == "presentation" for table in page.every("table"))
    assert page.deepest_table <= 3
    assert not page.every("th")


@each_mail
def test_nothing_is_fetched_and_nothing_runs(name, language):
    made = mail(name, language)
    page = Page(made.html)
    forbidden = {"script", "form", "iframe", "object", "embed", "link", "svg", "input", "base", "video"}
    assert not forbidden & {tag for tag, _ in page.elements}
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert all(image["src"].startswith("cid:") for image in page.every("img"))
    assert all(address.startswith(("https://", "mailto:")) for address, _ in page.links)
    assert "url(" not in made.html
    assert "@import" not in made.html


@each_mail
def test_links_say_where_they_go(name, language):
    links = Page(mail(name, language).html).links
    assert not [text for _, text in links if prose.vague(text)]
    assert len({text: address for address, text in links}) == len({address for address, _ in links})


@each_mail
def test_every_picture_has_a_description_or_is_said_to_be_decoration(name, language):
    assert all("alt" in image for image in Page(mail(name, language).html).every("img"))


@each_mail
def test_only_listed_styles_are_used(name, language):
    assert "style=" in mail(name, language).html
    assert looks.unlisted(mail(name, language).html) == []


def test_every_listed_style_is_explained():
    explained = set(re.findall(r"`([a-z-]+)`", (ROOT / "docs" / "mail-css.md").read_text()))
    assert explained >= looks.LISTED


def test_a_style_that_is_not_listed_is_found():
    assert looks.unlisted('<p style="color: red; float: left"><style>p { position: fixed }</style>') == [
        "float",
        "position",
    ]


@pytest.mark.parametrize("sheet", ["style.css", "screens.css"])
def test_colours_that_differ_too_little_are_found(sheet):
    sheets = {each: (TEMPLATES / "parts" / each).read_text() for each in ("style.css", "screens.css")}
    assert looks.judged(*sheets.values()) == []
    faded = sheets[sheet].replace("#1d2624", "#8a8f8d").replace("#e9ece8", "#5d6662")
    found = looks.judged(*{**sheets, sheet: faded}.values())
    assert [each.what for each in found][:1] == ["text" if sheet == "style.css" else "text, dark"]
    assert round(looks.contrast("#767676", "#ffffff"), 2) == 4.54  # the usual example of WCAG


@each_mail
def test_a_mail_looks_as_it_did_when_it_was_last_looked_at(name, language):
    for path, text in snapshots().items():
        if path.name.startswith(f"{name}.{language}."):
            assert path.read_text() == text, "look at it, then: python -m tests.mail.mails"


def test_there_is_no_snapshot_of_a_mail_that_is_gone():
    assert {path.name for path in SNAPSHOTS.iterdir()} == {path.name for path in snapshots()}


def test_every_template_folder_is_a_mail_that_is_tested():
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}
    assert folders - {"parts"} == set(CONTEXTS)


@pytest.mark.parametrize("name", READER_MAILS)
def test_readers_are_told_that_they_are_not_followed(name):
    assert "Wij meten niet of u deze e-mail opent" in " ".join(mail(name, "nl").text.split())


def test_the_link_to_stop_stands_above_the_content_and_below_it():
    html = mail("issue", "nl").html
    link = f'href="https://nieuwsbrief.example/afmelden/{TOKEN}"'
    assert html.count(link) == 2
    assert html.index(link) < html.index("<h1") < html.rindex(link)
    assert mail("issue", "nl").text.count(f"https://nieuwsbrief.example/afmelden/{TOKEN}") == 2


def test_a_service_mail_has_no_link_to_stop():
    for name in READER_MAILS[1:]:
        assert "afmelden/" not in mail(name, "nl").html + mail(name, "nl").text


def test_the_mail_to_confirm_says_that_the_click_is_not_the_end():
    text = mail("confirm", "nl").text
    assert "U bent nog niet aangemeld" in text
    assert "Nog één stap: open de pagina en druk daar op de knop." in text
    assert "Deze link werkt 7 dagen." in text
    assert "Niet door u aangevraagd? Doe niets: wij bewaren uw adres niet." in text


def test_the_mail_to_the_old_address_shows_no_address():
    made = mail("moved", "nl")
    assert "@" not in made.text
    assert not re.search(r"[\w.]+@[\w.]+", re.sub(r"<style.*?</style>", "", made.html, flags=re.DOTALL))


def test_every_text_in_a_mail_has_dutch_and_no_dutch_is_left_over():
    jinja = "jinja2.ext:babel_extract"
    found = extract_from_dir(
        TEMPLATES,
        method_map=[("**.html", jinja), ("**.txt", jinja)],
        options_map={"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}},
    )
    texts = {message for _, _, message, _, _ in found}
    dutch = {message.id: message.string for message in catalog("nl") if message.id}
    assert texts - set(dutch) == set()
    assert all(all(dutch[text]) if isinstance(dutch[text], tuple) else dutch[text] for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_by_command_is_told_in_words_of_its_own(language):
    acts = ("import", "approve", "schedule", "send", "resume", "cancel", "erase")
    for form in ("text", "html"):
        told = {getattr(mail("breakglass", language, act=act), form) for act in acts}
        assert len(told) == len(acts)
