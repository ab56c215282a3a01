"""Every state of every page, that readers come to, and how, for tests in a real browser."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from playwright.async_api import Page

from app.core import paths
from tests.cast import BOB
from tests.web.conftest import SLUG
from tests.web.place import Place

WORDS = {
    "nl": "bevestigen niet-ik afmelden gegevens adres wissen verzoek inzage bewijs-ophalen",
    "en": "confirm not-me unsubscribe my-data address erase request held-data collect-certificate",
}


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


async def denied(page: Page) -> None:
    """Press the other button."""
    await press(page, 1)


async def chosen(page: Page) -> None:
    """Choose the first of a list, and press."""
    await page.locator("main [type=radio]").first.check()
    await press(page)


async def way_back(page: Page) -> None:
    """Block an address, and go on to where that is lifted."""
    await press(page)
    await page.click('main a[href*="/blokkade/"], main a[href*="/block/"]')


async def unblocked(page: Page) -> None:
    """And lift it."""
    await way_back(page)
    await press(page)


async def mailed(page: Page) -> None:
    """Erase, and have the certificate mailed."""
    await page.check("#mail")
    await press(page)


async def certified(page: Page) -> None:
    """Erase, and go on to the certificate."""
    await press(page)
    await page.click("main a.main")


def late(place: Place) -> Act:
    """Take back what is too old to take back."""
    old = (place.clock() - timedelta(hours=1)).isoformat()
    value = place.sealed("undo", i=old, x="1")

    async def act(page: Page) -> None:
        await press(page)
        await page.eval_on_selector("[name=undo]", "(field, value) => field.value = value", value)
        await press(page)

    return act


async def erasing(place: Place, language: str) -> list[State]:
    """What comes of being forgotten, each time by another reader."""
    own, erase = (WORDS[language].split()[each] for each in (3, 5))
    return [
        ("erase, address damaged", f"/{own}/{await place.damaged(language)}/{erase}", typed("alice@")),
        ("erased", f"/{own}/{await place.mydata('erased', language)}/{erase}", press),
        ("erased, with a mail", f"/{own}/{await place.mydata('mailed', language)}/{erase}", mailed),
        ("certificate", f"/{own}/{await place.mydata('proven', language)}/{erase}", certified),
    ]


async def states(place: Place, language: str) -> list[State]:
    """A name, a path, and what to do there, for every state of the pages that a mail leads to."""
    confirm, not_me, leave, own, address, erase, right, held, receipt = WORDS[language].split()
    await place.published()
    await place.another(language)
    archive = paths.archive("", language, SLUG)
    mine, move = await place.mydata("mine", language), await place.moving(language)
    old = {"i": (place.clock() - timedelta(days=31)).isoformat(), "n": place.letter.id.hex}
    return [
        ("confirm", f"/{confirm}/{place.asked(language)}", None),
        ("confirm, expired", f"/{confirm}/{place.asked(language, days=8)}", None),
        ("confirm, broken", f"/{confirm}/x", None),
        ("confirmed", f"/{confirm}/{place.asked(language, 'new')}", press),
        ("not me", f"/{not_me}/{place.asked(language, purpose='notme')}", None),
        ("not me, done", f"/{not_me}/{place.asked(language, 'victim', purpose='notme')}", press),
        ("unblock", f"/{not_me}/{place.asked(language, 'target', purpose='notme')}", way_back),
        ("unblocked", f"/{not_me}/{place.asked(language, 'regret', purpose='notme')}", unblocked),
        ("leave", f"/{leave}/{await place.leaving('stays', language)}", None),
        ("left", f"/{leave}/{await place.leaving('leaves', language)}", press),
        ("undone", f"/{leave}/{await place.leaving('slips', language)}", undone),
        ("undo too late", f"/{leave}/{await place.leaving('late', language)}", late(place)),
        ("my data", f"/{own}/{mine}", None),
        ("my data, wrong", f"/{own}/{mine}", typed("alice@")),
        ("my data, sent", f"/{own}/{mine}", typed("new@example.net")),
        ("my data, paused", f"/{own}/{mine}", paused),
        ("rights", f"/{own}/{mine}/{right}", None),
        ("rights, wrong", f"/{own}/{mine}/{right}", press),
        ("rights, asked", f"/{own}/{await place.mydata('asks', language)}/{right}", chosen),
        ("certificate, too late", f"/{receipt}/{place.sealed('receipt', a=BOB, **old)}", None),
        ("request", await place.asking(language), None),
        ("request, confirmed", await place.asking(language), press),
        ("request, not mine", await place.asking(language), denied),
        ("held", f"/{held}/{place.sealed('held', a=BOB, n=place.letter.id.hex)}", None),
        ("erase", f"/{own}/{mine}/{erase}", None),
        *await erasing(place, language),
        ("address", f"/{address}/{move}", None),
        ("address, changed", f"/{address}/{move}", press),
        ("archive", archive, None),
        ("archive, an issue", f"{archive}/1", None),
        ("not found", f"/{language}/x/y/z", None),
    ]


def public(language: str) -> list[State]:
    """The same for the pages that anybody may come to."""
    form, ask = f"/{language}/{SLUG}", paths.ask("", language, SLUG)
    return [
        ("front", f"/{language}", None),
        ("form", form, None),
        ("form, wrong", form, typed("alice")),
        ("form, stale", form, stale),
        ("form, sent", form, typed(BOB)),
        ("ask", ask, None),
        ("ask, wrong", ask, typed("")),
        ("ask, sent", ask, typed(BOB)),
        ("privacy", f"{form}/privacy", None),
        ("accessibility", paths.ACCESSIBILITY[language], None),
        ("certificate check", paths.CHECK[language], None),
        ("certificate check, wrong", paths.CHECK[language], press),
    ]


COMMON: list[State] = [
    ("front, no language", "/", None),
    ("mailbox", "/mailbox", None),
    ("a mail", "/mailbox/1", None),
]
COMMON += [("status", "/status", None), ("a fault", "/fault", None)]
