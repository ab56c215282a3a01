"""The month's issue, from an editor's invitation to a reader's mailbox: with a mouse, and with keys only.

Web, worker, database and mail server are real processes; axe looks at every page on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests import browser
from tests.journeys.hands import Hands, Keyboard, Mouse
from tests.journeys.room import Colleague, mailed
from tests.journeys.service import Service, plain, until

READER = "lezer@example.net"
SUBJECT = "Steun na een dreigbrief"
ALT = "Twee raadsleden aan een tafel"
MEETING = "Bijeenkomst over veilig werken"
SECRET = b"wijk en straat van de fotograaf"
BLANK = "\ufeff"  # takes no room on a screen, and a screen reader says nothing
INSIDE = "https://127.0.0.1/rapport"  # an address that no reader can come to, and no look-up of names needs
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SMALL = {"viewport": {"width": 390, "height": 844}}
ROOM = timedelta(seconds=5)  # to fill in a time before its minute is over
DUTCH = ZoneInfo("Europe/Amsterdam")


def photo(folder: Path) -> Path:
    """A large picture that says where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    path = folder / "DSC_0001.jpg"
    Image.effect_mandelbrot((2400, 1000), (-3, -2.5, 2, 2.5), 40).convert("RGB").save(path, exif=exif)
    assert SECRET in path.read_bytes()
    return path


def invites(ada: Colleague) -> None:
    """An administrator invites nora, who is to write."""
    ada.come_in()
    ada.hands.press('.rooms a[href="/staff/people"]')
    ada.hands.press('main a[href="/staff/people/invite"]')
    ada.hands.write("#name", "nora")
    ada.hands.write("#address", "nora@example.org")
    ada.hands.tick("#role-editor")
    ada.look("invite")
    ada.hands.press("main button.main")
    ada.look("people", "nora")


def adds(nora: Colleague, kind: str, at: int) -> None:
    """A block of this kind after so many others."""
    button = f'button[value="add-{at}-{kind}"]'
    nora.hands.unfold(f"details:has({button}) > summary")
    nora.hands.press(button)


def writes(nora: Colleague, picture: Path) -> str:
    """An issue with a text, a meeting and a picture that says nothing yet; returns where it is."""
    hands = nora.hands
    hands.press('.rooms a[href="/staff/issues"]')
    hands.press('main a[href="/staff/issues/new"]')
    hands.press("main button.main")
    hands.write("#subject", SUBJECT)
    hands.write("#preheader", "Wat u kunt doen.")
    hands.write("#b0-markdown", f"Een rapport [{BLANK}](mailto:nora@example.org). [Klik hier]({INSIDE})")
    adds(nora, "event", 1)
    hands.write("#b1-title", MEETING)
    day = datetime.now(DUTCH) + timedelta(days=60)
    hands.plan("#b1-starts_on", day.date(), "#b1-starts_at", day.time().replace(second=0, microsecond=0))
    hands.write("#b1-place", "Utrecht")
    adds(nora, "picture", 2)
    hands.take("#b2-image", picture)
    hands.press('button[value="save"]')
    nora.look("written", "Dit moet nog gebeuren", "Afbeelding")
    return nora.page.url.split("/write/")[0].removeprefix(nora.service.base)


def mends(nora: Colleague, one: str) -> None:
    """The check stops her: a picture and a link without words, and a link that leads nowhere.

    What axe says of the link is found by her own browser, on the page itself.
    """
    hands, page = nora.hands, nora.page
    nora.go(f"{one}/approve")
    hands.press('form[action$="/ask"] button')
    nora.look("refused", "Er moet eerst iets worden verbeterd")
    hands.press('.blocks a[href$="#b2-alt"]')
    hands.write("#b2-alt", ALT)
    hands.press('button[value="save"]')
    nora.look("nothing missing", "Er ontbreekt niets meer")
    nora.go(f"{one}/check")
    nora.look("advice", "De linktekst ‘Klik hier’ zegt niet waar de link heen gaat")
    nora.look("axe", "Sommige mensen kunnen deze mail niet lezen. Een link heeft geen woorden")
    hands.press('form[action$="/links"] button')
    inner = "gaat naar een intern netwerk"
    until(lambda: page.reload() and inner in page.inner_text("main"), "the link is looked at")
    nora.look("blocked", inner)
    hands.press('.blocks a[href$="#block-0"]')
    hands.write("#b0-markdown", "Wij schreven een rapport. [Vraag het aan](mailto:redactie@example.org)")
    hands.press('button[value="save"]')
    nora.go(f"{one}/check")
    nora.look("clear", "Niets staat goedkeuring in de weg")


def approves(emre: Colleague) -> None:
    """A colleague comes in by the mail that asks for it, reads what will be sent, and approves.

    The number of readers is typed, because it goes out by itself after that: once wrong, once right.
    """
    emre.come_in()
    emre.go(mailed(emre.service, "emre", "/approve"))
    assert MEETING in emre.page.frame_locator("iframe >> nth=0").locator("body").inner_text()
    emre.look("to approve", "Geschreven door: nora")
    emre.hands.press('form[action$="/approve"] button')
    emre.look("no number of readers", "Dit is niet het aantal lezers: typ 1.")
    emre.hands.write("#readers", "1")
    emre.hands.press('form[action$="/approve"] button')
    emre.look("approved", "emre heeft de editie goedgekeurd")


def soon() -> datetime:
    """This minute, which has begun; the next one when this one is nearly over."""
    return (datetime.now(DUTCH) + ROOM).replace(second=0, microsecond=0)


def lets_go(nora: Colleague, one: str) -> None:
    """Chooses this very minute, with the number of readers typed: once wrong, once right.

    That leaves ten minutes, which nobody waits for here: the command sends at once.
    """
    hands = nora.hands
    nora.go(f"{one}/schedule")
    for readers in ("7", "1"):
        at = soon()
        hands.plan("#on", at.date(), "#at", at.time())
        hands.write("#readers-time", readers)
        hands.press('form[action$="/time"] button')
        if readers == "7":
            nora.look("wrong number", "Dit is niet het aantal lezers: typ 1.")
            assert nora.page.input_value("#on") == at.date().isoformat()
    nora.look("planned", "Gaat uit op", "Tot het begin")
    nora.service.bode("issue", "send", one.rsplit("/", 1)[1])
    nora.go(f"{one}/progress")
    nora.page.locator('form[action$="/correct"]').wait_for()
    nora.look("sent", "De boeken", "Schrijf een rectificatie")


def arrived(mail: EmailMessage) -> None:
    """The reader has the words, the meeting and a picture that was made anew."""
    assert mail["Subject"] == SUBJECT
    assert MEETING in plain(mail)
    html = mail.get_body(("html",))
    assert html is not None
    assert f'alt="{ALT}"' in html.get_content()
    (picture,) = (each for each in mail.walk() if each.get_content_maintype() == "image")
    octets = picture.get_payload(decode=True)
    assert isinstance(octets, bytes)
    assert SECRET not in octets
    assert Image.open(BytesIO(octets)).width <= 1152


def walks_through(nora: Colleague, *paths: str) -> None:
    """By keyboard: over the whole page and back, into a frame and out again."""
    for path in paths if isinstance(nora.hands, Keyboard) else ():
        nora.go(path)
        nora.hands.walk()


@pytest.mark.parametrize(
    ("urls", "hands", "small"),
    [("postgresql", Mouse, PHONE), ("sqlite", Keyboard, SMALL)],
    indirect=["urls"],
    ids=["mouse", "keyboard"],
)
def test_an_issue_goes_from_an_invitation_to_a_mailbox(
    service: Service, tmp_path: Path, hands: Callable[[Page], Hands], small: dict[str, object]
) -> None:
    service.worker()
    service.bode("staff", "add", "--name", "ada", "--email", "ada@example.org", "--role", "administrator")
    service.join(READER)
    with browser.opened() as chromium:
        ada = Colleague(service, chromium, "ada", hands, **DESK)
        nora = Colleague(service, chromium, "nora", hands, **DESK)
        emre = Colleague(service, chromium, "emre", hands, **small)
        invites(ada)
        nora.come_in()
        nora.sign_out_and_in()
        one = writes(nora, photo(tmp_path))
        mends(nora, one)
        walks_through(nora, f"{one}/write/nl", f"{one}/approve")
        nora.go(f"{one}/approve")
        nora.hands.press('form[action$="/ask"] button')
        nora.look("asked", "Wacht op goedkeuring")
        approves(emre)
        lets_go(nora, one)
        arrived(service.letters(READER, 2)[-1])
        nora.go(one)
        nora.hands.press('main a[href*="/archief/"]')
        nora.look("archive", MEETING)
        assert ada.wrong + nora.wrong + emre.wrong == []
