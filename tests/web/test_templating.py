"""Pages say what they should, in the language asked for, and never let a value become markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from app.core.language import translations
from app.web.templating import PAGES, STATIC, _environment, again, markup, page, static, text_of

NEWSLETTER = SimpleNamespace(
    title="Weerbaar <Bestuur>",
    sender_name="Netwerk & co",
    sender_address="nieuwsbrief@example.org",
    postal_address="",
    privacy_contact="",
    reply_to="",
)
LINKS = SimpleNamespace(subscribe="/s", ask="/a", privacy="/p", accessibility="/t")


def test_a_page_is_in_the_language_asked_for() -> None:
    words = {"newsletter": NEWSLETTER, "links": LINKS, "until": None, "days": 90, "lift_url": "/x"}
    dutch = page("notme_done.html", language="nl", **words)
    english = page("notme_done.html", language="en", **words)
    assert dutch.headers["content-language"] == "nl"
    assert '<html lang="nl">' in bytes(dutch.body).decode()
    assert "Uw adres is geblokkeerd" in bytes(dutch.body).decode()
    assert "Your address is blocked" in bytes(english.body).decode()


def test_a_value_never_becomes_markup() -> None:
    html = markup("subscribe_offer.html", language="nl", newsletter=NEWSLETTER, links=LINKS)
    assert "Weerbaar &lt;Bestuur&gt;" in html
    assert "Netwerk &amp; co" in html


def test_a_missing_value_is_an_error_and_not_an_empty_space() -> None:
    with pytest.raises(UndefinedError, match="days"):
        page("notme_done.html", language="nl", newsletter=NEWSLETTER, links=LINKS, until=None)


def test_the_status_of_an_error_page_chooses_its_words() -> None:
    missing = page("error.html", language="en", status=404)
    broken = page("error.html", language="en", status=500)
    assert missing.status_code == 404
    assert "This page does not exist" in bytes(missing.body).decode()
    assert "Something went wrong with us" in bytes(broken.body).decode()


@pytest.mark.parametrize("code", ["empty", "no_at", "too_long", "busy", "stale"])
def test_an_error_stands_in_the_title_and_above_the_form(code: str) -> None:
    html = markup(
        "ask.html",
        language="nl",
        newsletter=NEWSLETTER,
        links=LINKS,
        action="/a",
        address='"><script>',
        error=code,
        stamp="s",
    )
    assert "<title>Fout: " in html
    assert html.index('id="problem"') < html.index("<form")
    assert "<script" not in html


def test_only_what_can_be_mended_in_the_field_marks_the_field() -> None:
    context = {"newsletter": NEWSLETTER, "links": LINKS, "action": "/a", "address": "", "stamp": "s"}
    assert 'aria-invalid="true"' in markup("ask.html", language="en", error="empty", **context)
    assert "aria-invalid" not in markup("ask.html", language="en", error="busy", **context)


@pytest.mark.parametrize(
    ("wait", "dutch", "english"),
    [
        (timedelta(seconds=0.2), "over 1 minuut", "in 1 minute."),
        (timedelta(seconds=79), "over 2 minuten", "in 2 minutes."),
        (timedelta(minutes=90), "over 90 minuten", "in 90 minutes."),
        (timedelta(minutes=90, seconds=1), "over 2 uur", "in 2 hours."),
        (timedelta(hours=23, seconds=1), "over 24 uur", "in 24 hours."),
    ],
)
def test_a_wait_is_told_in_words_and_never_too_short(wait: timedelta, dutch: str, english: str) -> None:
    assert dutch in again(wait, language="nl")
    assert english in again(wait, language="en")


def test_the_kept_words_are_what_a_person_reads() -> None:
    assert text_of("<style>x</style><p>One\n two<br>three</p><ul><li>&amp; <b>four</b></li></ul>") == (
        "One two\nthree\n& four"
    )


def test_the_address_of_a_static_file_follows_its_content() -> None:
    assert static("site.css") == static("site.css")
    assert static("site.css").startswith("/static/site.css?v=")
    assert static("site.css")[-12:] != static("favicon.svg")[-12:]


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_every_text_of_a_page_has_dutch(path: Path) -> None:
    assert [text for text in _texts(path) if text not in _dutch()] == []


OUR_SCRIPT = '<script type="module" src="{{ static(file) }}"></script>'  # a file of ours, and nothing in it


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_a_page_has_no_style_or_script_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8").replace(OUR_SCRIPT, "")
    assert not any(each in source for each in ("style=", "<style", "<script", " onclick", "javascript:"))


def test_the_style_sheet_asks_nothing_of_others() -> None:
    source = (STATIC / "site.css").read_text(encoding="utf-8")
    assert "url(" not in source
    assert "@import" not in source


def _texts(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    for _, _, text in _environment("en").extract_translations(source):
        yield text if isinstance(text, str) else str(text[0])


def _dutch() -> set[str]:
    catalog = translations("nl")._catalog  # type: ignore[attr-defined]
    return {key if isinstance(key, str) else key[0] for key in catalog}
