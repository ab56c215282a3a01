"""Every state of every page, and how a person gets there, for tests in a real browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import Browser, Page

from app.core import paths, tokens
from app.domain.subscriber import Subscriber
from tests.cast import BOB, Stage, join, request
from tests.conftest import Clock
from tests.web.conftest import SLUG

WORDS = {
    "nl": "bevestigen niet-ik afmelden gegevens adres wissen",
    "en": "confirm not-me unsubscribe my-data address erase",
}


class Place:
    """The running service, as a browser comes to it."""

    def __init__(self, url: str, stage: Stage, clock: Clock, browser: Browser) -> None:
        self.url, self.stage, self.clock, self.browser = url, stage, clock, browser
        self.letter = stage.letter

    def sealed(self, purpose: str, **content: str) -> str:
        """A value that we sealed a moment ago."""
        given = {"i": self.clock().isoformat(), **content}
        return tokens.seal(self.stage.house.ring, purpose, given)

    def asked(self, language: str, name: str = "bob", days: int = 0, purpose: str = "confirm") -> str:
        """The token in a confirmation mail, so many days old."""
        address, at = f"{name}-{language}@example.net", self.clock() - timedelta(days=days)
        return request(self.stage.house, self.letter, address, at, language, purpose)

    async def reader(self, name: str, language: str) -> Subscriber:
        """A reader of one page's own, because that page ends or moves the subscription."""
        return await join(
            self.stage.house, self.letter, f"{name}-{language}@example.net", self.clock(), language
        )

    async def mydata(self, name: str, language: str) -> str:
        """The token of such a reader's own page."""
        return self.sealed("manage", s=(await self.reader(name, language)).id.hex)

    async def leaving(self, name: str, language: str) -> str:
        """The token in such a reader's newsletter."""
        return self.stage.link(await self.reader(name, language))

    async def moving(self, language: str) -> str:
        """The token in the mail to a new address."""
        row = await self.reader("moves", language)
        words = {"n": self.letter.id.hex, "l": language, "x": row.id.hex}
        return self.sealed("address", a=f"moved-{language}@example.net", s=row.id.hex, **words)


async def press(page: Page, index: int = 0) -> None:
    """Press a button of the page and wait for the answer."""
    async with page.expect_navigation():
        await page.locator("main form button").nth(index).click()


async def fill(page: Page, address: str) -> None:
    await page.fill("#address", address)
    await press(page)


Act = Callable[[Page], Awaitable[None]]
State = tuple[str, str, Act | None]


def typed(address: str) -> Act:
    """Fill in an address and press the button."""

    async def act(page: Page) -> None:
        await fill(page, address)

    return act


async def undone(page: Page) -> None:
    """Leave, and take it back."""
    await press(page)
    await press(page)


async def stale(page: Page) -> None:
    """Send a form that was open for too long."""
    await page.eval_on_selector("[name=stamp]", "field => field.value = 'x'")
    await fill(page, BOB)


async def paused(page: Page) -> None:
    """Take a break: the buttons before it are for address and language."""
    await press(page, 2)


def late(place: Place) -> Act:
    """Take back what is too old to take back."""
    old = (place.clock() - timedelta(hours=1)).isoformat()
    value = place.sealed("undo", i=old, x="1")

    async def act(page: Page) -> None:
        await press(page)
        await page.eval_on_selector("[name=undo]", "(field, value) => field.value = value", value)
        await press(page)

    return act


async def states(place: Place, language: str) -> list[State]:
    """A name, a path, and what to do there, for every state of the pages that a mail leads to."""
    confirm, not_me, leave, own, address, erase = WORDS[language].split()
    mine, move = await place.mydata("mine", language), await place.moving(language)
    return [
        ("confirm", f"/{confirm}/{place.asked(language)}", None),
        ("confirm, expired", f"/{confirm}/{place.asked(language, days=8)}", None),
        ("confirm, broken", f"/{confirm}/x", None),
        ("confirmed", f"/{confirm}/{place.asked(language, 'new')}", press),
        ("not me", f"/{not_me}/{place.asked(language, purpose='notme')}", None),
        ("not me, done", f"/{not_me}/{place.asked(language, 'victim', purpose='notme')}", press),
        ("leave", f"/{leave}/{await place.leaving('stays', language)}", None),
        ("left", f"/{leave}/{await place.leaving('leaves', language)}", press),
        ("undone", f"/{leave}/{await place.leaving('slips', language)}", undone),
        ("undo too late", f"/{leave}/{await place.leaving('late', language)}", late(place)),
        ("my data", f"/{own}/{mine}", None),
        ("my data, wrong", f"/{own}/{mine}", typed("alice@")),
        ("my data, sent", f"/{own}/{mine}", typed("new@example.net")),
        ("my data, paused", f"/{own}/{mine}", paused),
        ("erase", f"/{own}/{mine}/{erase}", None),
        ("erased", f"/{own}/{await place.mydata('erased', language)}/{erase}", press),
        ("address", f"/{address}/{move}", None),
        ("address, changed", f"/{address}/{move}", press),
        ("not found", f"/{language}/x/y/z", None),
    ]


def public(language: str) -> list[State]:
    """The same for the pages that anybody may come to."""
    form, ask = f"/{language}/{SLUG}", paths.ask("", language, SLUG)
    return [
        ("form", form, None),
        ("form, wrong", form, typed("alice")),
        ("form, stale", form, stale),
        ("form, sent", form, typed(BOB)),
        ("ask", ask, None),
        ("ask, wrong", ask, typed("")),
        ("ask, sent", ask, typed(BOB)),
        ("privacy", f"{form}/privacy", None),
        ("accessibility", paths.ACCESSIBILITY[language], None),
    ]


COMMON: list[State] = [("mailbox", "/mailbox", None), ("a mail", "/mailbox/1", None)]
COMMON += [("status", "/status", None), ("a fault", "/fault", None)]
