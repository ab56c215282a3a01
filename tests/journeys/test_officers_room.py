"""One privacy officer's story: a letter came in, she finds out who asks, carries it out, and it is answered.

Web, worker, database and mail server are real processes; axe looks at every page on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests import browser
from tests.journeys.hands import Hands, Keyboard, Mouse
from tests.journeys.room import Colleague
from tests.journeys.service import Service, link_in, plain, until

READER = "wethouder@gemeente.example"
DESK = {"viewport": {"width": 1280, "height": 900}}
SMALL = {"viewport": {"width": 390, "height": 844}}


def enters(fatima: Colleague, kind: str) -> str:
    """She types over what the letter asks; returns where the request is."""
    hands = fatima.hands
    fatima.go("/staff/requests/new")
    fatima.look("a new request")
    hands.write("#address", READER)
    for choice in (f"#kind-{kind}", "#channel-letter"):
        hands.tick(choice)
    hands.press("main button.main")
    fatima.look("received", "Vraag per mail wie het is")
    assert READER not in fatima.page.content()
    return urlsplit(fatima.page.url).path


def asks(fatima: Colleague, one: str) -> None:
    """A mail to the address itself, to which the reader says yes."""
    service, before = fatima.service, len(fatima.service.letters(READER))
    fatima.hands.tick("#still-no")
    fatima.hands.press('form[action$="/ask"] button')
    fatima.look("asked", "Op een andere manier gevraagd wie het is", "Afwijzen: nog niet")
    link = link_in(service.letters(READER, before + 1)[-1], "/verzoek/")
    assert service.http.post(link).status_code == 200
    fatima.go(one)
    fatima.look("known", "Uitvoeren en antwoorden")


def answers(fatima: Colleague, one: str) -> None:
    """Carried out, and answered by a mail that the reader has."""
    before = len(fatima.service.letters(READER))
    fatima.hands.tick("#way-mail")
    fatima.hands.press('form[action$="/done"] button')
    fatima.look("carried out")
    mail = plain(fatima.service.letters(READER, before + 1)[-1])
    assert "Wij hebben gedaan wat u vroeg" in mail
    fatima.go(one)

    def closed() -> bool:
        fatima.page.reload()
        return "Het antwoord als brief" in fatima.page.inner_text("main") and bool(
            fatima.page.locator("dt", has_text="Gesloten").count()
        )

    until(closed, "the request to be closed by its answer")
    fatima.look("answered", "gewist")
    fatima.hands.press('main a[href$="/letter"]')
    fatima.look("letter", "Ons antwoord op uw privacyverzoek", "binnen zes weken")


def prints(fatima: Colleague) -> None:
    """Another letter: the mailbox went with the office, so the copy goes by post."""
    one, hands = enters(fatima, "access"), fatima.hands
    hands.tick("#ground-lost_mailbox")
    hands.press('form[action$="/identity"] button')
    fatima.look("mailbox lost", "De hele kopie, op papier")
    hands.press('form[action$="/copy"] button')
    fatima.look("copy", "Wat wij van u hebben")
    assert READER not in fatima.page.content()
    fatima.go(one)
    fatima.look("shown", "De kopie is al getoond")
    hands.tick("#way-letter")
    hands.press('form[action$="/done"] button')
    fatima.look("answered by letter", "beantwoord")


@pytest.mark.parametrize(
    ("urls", "hands", "window"),
    [("postgresql", Mouse, SMALL), ("sqlite", Keyboard, DESK)],
    indirect=["urls"],
    ids=["mouse", "keyboard"],
)
def test_a_letter_that_came_in_is_answered(
    service: Service, hands: Callable[[Page], Hands], window: dict[str, object]
) -> None:
    service.worker()
    service.join(READER)
    with browser.opened() as chromium:
        fatima = come(service, chromium, hands, window)
        prints(fatima)
        one = enters(fatima, "erasure")
        asks(fatima, one)
        answers(fatima, one)
        fatima.go("/staff/requests")
        fatima.look("requests", "Laatst gesloten")
        assert fatima.wrong == []


def come(
    service: Service, chromium: Browser, hands: Callable[[Page], Hands], window: dict[str, object]
) -> Colleague:
    """The privacy officer, from her invitation on."""
    fatima = Colleague(service, chromium, "fatima", hands, **window)
    fatima.come_in()
    return fatima
