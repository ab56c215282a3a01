"""One privacy officer's story: a letter came in, she finds out who asks, carries it out, and it is answered.

Web, worker, database and mail server are real processes; axe looks at every page on the way. What a page must
say stands here in English, and is looked for in the language of the story.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from app.core import paths
from app.core.language import translations
from tests import browser
from tests.journeys.hands import Hands, Keyboard, Mouse
from tests.journeys.room import Colleague
from tests.journeys.service import Service, link_in, plain, until

READER = "wethouder@gemeente.example"
DESK = {"viewport": {"width": 1280, "height": 900}}
SMALL = {"viewport": {"width": 390, "height": 844}}


class Officer(Colleague):
    """Fatima, in her language; `language` is that of her pages, and so of the letters that she types over."""

    language = "nl"

    def say(self, words: str) -> str:
        """A text in her language."""
        return translations(self.language).gettext(words)

    def see(self, place: str, *words: str) -> None:
        """Look for words in her language."""
        self.look(place, *map(self.say, words))


def enters(fatima: Officer, kind: str) -> str:
    """She types over what the letter asks; returns where the request is."""
    hands = fatima.hands
    fatima.go("/staff/requests/new")
    fatima.see("a new request", "Enter a request")
    hands.write("#address", READER)
    for choice in (f"#kind-{kind}", "#channel-letter"):
        hands.tick(choice)
    hands.press("main button.main")
    fatima.see("received", "Ask who it is, by mail")
    assert READER not in fatima.page.content()
    return urlsplit(fatima.page.url).path


def asks(fatima: Officer, one: str) -> None:
    """A mail to the address itself, to which the reader says yes."""
    service, before = fatima.service, len(fatima.service.letters(READER))
    fatima.hands.tick("#still-no")
    fatima.hands.press('form[action$="/ask"] button')
    fatima.see("asked", "Asked in another way who it is", "Refuse: not yet")
    link = link_in(service.letters(READER, before + 1)[-1], f"/{paths.WORDS['request'][fatima.language]}/")
    assert service.http.post(link).status_code == 200
    fatima.go(one)
    fatima.see("known", "Carry out and answer")


def answers(fatima: Officer, one: str) -> None:
    """Carried out, and answered by a mail that the reader has."""
    before = len(fatima.service.letters(READER))
    fatima.hands.tick("#way-mail")
    fatima.hands.press('form[action$="/done"] button')
    fatima.see("carried out")
    mail = plain(fatima.service.letters(READER, before + 1)[-1])
    assert fatima.say("We have done what you asked") in mail
    fatima.go(one)

    def closed() -> bool:
        fatima.page.reload()
        return bool(fatima.page.locator("dt", has_text=fatima.say("Closed")).count())

    until(closed, "the request to be closed by its answer")
    fatima.see("answered", "deleted", "The answer as a letter, to print")
    fatima.hands.press('main a[href$="/letter"]')
    six_weeks = {"nl": "binnen zes weken", "en": "within six weeks"}[fatima.language]
    fatima.look("letter", fatima.say("Our answer to your privacy request"), six_weeks)


def prints(fatima: Officer) -> None:
    """Another letter: the mailbox went with the office, so the copy goes by post."""
    one, hands = enters(fatima, "access"), fatima.hands
    hands.tick("#ground-lost_mailbox")
    hands.press('form[action$="/identity"] button')
    fatima.see("mailbox lost", "The whole copy, on paper")
    hands.press('form[action$="/copy"] button')
    fatima.see("copy", "What we hold about you")
    assert READER not in fatima.page.content()
    fatima.go(one)
    fatima.look("shown", {"nl": "De kopie is al getoond", "en": "The copy was shown"}[fatima.language])
    hands.tick("#way-letter")
    hands.press('form[action$="/done"] button')
    fatima.see("answered by letter", "answered")


@pytest.mark.parametrize(
    ("urls", "hands", "window", "language"),
    [
        ("postgresql", Mouse, SMALL, "nl"),
        ("sqlite", Keyboard, DESK, "nl"),
        ("sqlite", Mouse, DESK, "en"),
    ],
    indirect=["urls"],
    ids=["mouse", "keyboard", "english"],
)
def test_a_letter_that_came_in_is_answered(
    service: Service, hands: Callable[[Page], Hands], window: dict[str, object], language: str
) -> None:
    service.worker()
    service.join(READER)
    with browser.opened() as chromium:
        fatima = come(service, chromium, hands, window)
        if language != fatima.language:
            speaks(fatima, language)
        prints(fatima)
        one = enters(fatima, "erasure")
        asks(fatima, one)
        answers(fatima, one)
        fatima.go("/staff/requests")
        fatima.see("requests", "Closed last")
        assert fatima.wrong == []


def come(
    service: Service, chromium: Browser, hands: Callable[[Page], Hands], window: dict[str, object]
) -> Officer:
    """The privacy officer, from her invitation on."""
    fatima = Officer(service, chromium, "fatima", hands, **window)
    fatima.come_in()
    return fatima


def speaks(fatima: Officer, language: str) -> None:
    """She would rather have her pages in another language."""
    fatima.go("/staff/account")
    fatima.hands.tick(f"#language-{language}")
    fatima.hands.press('form[action$="/language"] button')
    fatima.language = language
    fatima.see("account", "My account")
