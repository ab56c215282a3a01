"""Each page of the privacy officers' room in each state, for tests that look at it."""

from __future__ import annotations

from playwright.async_api import Page

from tests.cast import BOB
from tests.web.scenes import State, chosen, press, typed


async def entered(page: Page) -> None:
    """Type a request over from a letter."""
    await page.fill("#address", BOB)
    for name in ("kind-erasure", "channel-letter"):
        await page.check(f"#{name}")
    async with page.expect_navigation():
        await page.click("main button.main")


async def ready(page: Page) -> None:
    """And say how it is known who asks."""
    await entered(page)
    await page.check("#ground-document")
    async with page.expect_navigation():
        await page.click("section[aria-labelledby=identity] button")


async def asked(page: Page) -> None:
    """Or that the person was asked by letter."""
    await entered(page)
    await page.check("#asked_way-letter")
    async with page.expect_navigation():
        await page.click("section[aria-labelledby=asked] button")


async def looked(page: Page) -> None:
    """Look up somebody."""
    await page.fill("#address", "alice@example.org")
    await page.check("#why-question")
    await page.fill("#number", "AVG-2026-17")
    async with page.expect_navigation():
        await page.click("main button.main")


async def shelved(page: Page) -> None:
    """Open the first issue of the archive and take its first block away, but say no reason."""
    await page.click("main tbody a")
    await page.locator("[name=what]").nth(2).check()
    await press(page)


async def withdrawn(page: Page) -> None:
    """And say one."""
    await shelved(page)
    await page.check("#why-1")
    await press(page)


async def leaked(page: Page) -> None:
    """Put a data breach on record, and write the notice."""
    for name in (
        "nature-backup",
        "keys-unknown",
        "data-subscriber",
        "effect-threat",
        "measure-closed",
        "risk-unlikely",
    ):
        await page.check(f"#{name}")
    await page.locator("main button.main").click()
    await page.check("#advice-suspect_mail")
    async with page.expect_navigation():
        await page.click("section[aria-labelledby=notice] button")
    for each in await page.locator("main summary").all():
        await each.click()


async def handed_in(page: Page) -> None:
    text = (
        b"address,consented_at,evidence\ndora@example.net,2024-05-31,folder 3\nerik@example.net,2024-05-31,\n"
    )
    await page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": text})
    await press(page)


async def better_known(page: Page) -> None:
    """Open the first breach, to say what is known by now."""
    await page.click("main tbody a")
    await page.click('main a[href$="/facts"]')


OFFICE: list[State] = [
    ("archive", "/staff/archive", None),
    ("archive, no reason", "/staff/archive", shelved),
    ("archive, a part away", "/staff/archive", withdrawn),
    ("requests, none", "/staff/requests", None),
    ("new request, wrong", "/staff/requests/new", chosen),
    ("request, received", "/staff/requests/new", entered),
    ("request, asked by letter", "/staff/requests/new", asked),
    ("request, known", "/staff/requests/new", ready),
    ("requests", "/staff/requests", None),
    ("look-up, done", "/staff/look-up", looked),
    ("a complaint, wrong", "/staff/complaints", typed("alice")),
    ("a complaint, carried out", "/staff/complaints", typed("erik@example.net")),
    ("on hold", "/staff/held", None),
    ("a reader's answer, wrong", "/staff/replies", typed("alice")),
    ("a reader's answer, carried out", "/staff/replies", typed("dora@example.net")),
    ("trail", "/staff/trail", None),
    ("breach, wrong", "/staff/breaches/new", chosen),
    ("breach", "/staff/breaches/new", leaked),
    ("breaches", "/staff/breaches", None),
    ("lists", "/staff/lists", None),
    ("list, waiting", "/staff/lists/new", handed_in),
    ("breach, facts", "/staff/breaches", better_known),
    ("supervision", "/staff/supervision", None),
    ("register", "/staff/register", None),
    ("assessment", "/staff/dpia", None),
    ("keys", "/staff/keys", None),
]
