"""Pictures of an issue: chosen as a file, cleaned, described or said to decorate, weighed, taken away."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

import httpx2
import pytest
from PIL import Image

from app.core import pictures
from app.domain import issue as issues
from app.domain.issue import State
from tests.web.conftest import Site
from tests.web.desk import Browser, filled
from tests.web.test_issue_write import FORM, begun, dana, save

__all__ = ["dana"]

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

MAKER = 271  # the EXIF tag that says with what a photograph was taken


def photograph(width: int = 2400, height: int = 1600) -> bytes:
    """Something that does not compress to nothing, with EXIF."""
    noise, out = Image.effect_noise((width, height), 40).convert("RGB"), BytesIO()
    exif = Image.Exif()
    exif[MAKER] = "Camera of dana"
    noise.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def bomb() -> bytes:
    """A few kilobytes that unpack into more than a picture may have."""
    out = BytesIO()
    Image.new("1", (8_000, pictures.PIXELS_MOST // 8_000 + 1)).save(out, "PNG")
    return out.getvalue()


def damaged() -> bytes:
    """A picture of which a part says another length than it has."""
    out = BytesIO()
    Image.new("RGB", (64, 64)).save(out, "PNG")
    at = out.getvalue().index(b"IDAT") - 4
    return out.getvalue()[:at] + b"\x00\x00\x00\x02" + out.getvalue()[at + 4 :]


async def send(site: Site, path: str, content: bytes, name: str, **typed: str) -> httpx2.Response:
    """Choose a file for the first block and save."""
    fields = {**filled((await site.get(path)).text, FORM), **typed, "act": "save"}
    return await site.post(path, data=fields, files={"b0-file": (name, content)})


async def test_a_photograph_is_cleaned_shown_and_taken_away_when_nobody_uses_it(
    site: Site, dana: Browser
) -> None:
    path = await begun(dana)
    await save(site, path, "add-0-picture")
    answer = await send(site, path, photograph(), "Foto van jan@example.org.JPG", subject="Nieuws")
    page = (await site.get(answer.headers["location"])).text
    assert "Schrijf wat de afbeelding laat zien" in page
    fields = filled(page, FORM)
    name = fields["b0-image"]
    assert name.startswith("foto-van-jan-example-org-")
    address = f"{path.removesuffix('/write/nl')}/pictures/{name}"
    kept = await site.get(address)
    assert kept.headers["content-type"] == "image/jpeg"
    with Image.open(BytesIO(kept.content)) as shown:
        assert (shown.width <= pictures.WIDTH_MOST, dict(shown.getexif())) == (True, {})
    assert len(kept.content) < 300_000
    assert (await dana.press("/staff", address)).status_code == 409  # the text shows it
    await save(site, path, "remove-0")
    await dana.press("/staff", address)
    assert (await site.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Deze afbeelding kunt u niet gebruiken"),
        (b"\xff" * (pictures.FILE_MOST + 1), "Dit bestand is groter dan 10 MB"),
        (bomb(), "Deze afbeelding heeft te veel pixels"),
        (damaged(), "Deze afbeelding kunt u niet gebruiken"),
    ],
    ids=["a drawing with scripts", "too large", "too many pixels", "damaged"],
)
async def test_a_file_that_cannot_be_used_is_told_and_the_words_stay(
    site: Site, dana: Browser, content: bytes, told: str
) -> None:
    path = await begun(dana)
    await save(site, path, "add-0-picture")
    answer = await send(site, path, content, "x.png", subject="Bewaard")
    assert answer.status_code == 400
    assert answer.text.count(told) == 2  # above and at the field
    assert 'id="told-title">Uw tekst is opgeslagen, een afbeelding niet<' in answer.text
    assert filled((await site.get(path)).text, FORM)["subject"] == "Bewaard"


async def test_a_chosen_picture_stays_when_a_colleague_saved_first(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    await save(site, path, "add-0-picture")
    before = filled((await site.get(path)).text, FORM)
    await save(site, path, subject="Van een collega")
    sent = {**before, "subject": "Van dana", "act": "save"}
    clash = await site.post(path, data=sent, files={"b0-file": ("zaal.jpg", photograph())})
    assert (clash.status_code, "nog niet opgeslagen" in clash.text) == (409, True)
    again = filled(clash.text, FORM)
    assert again["b0-image"].startswith("zaal-")
    await site.post(path, data={**again, "act": "save"})
    kept = filled((await site.get(path)).text, FORM)
    assert (kept["subject"], kept["b0-image"]) == ("Van dana", again["b0-image"])


async def test_nothing_is_taken_away_from_an_issue_that_is_no_draft(site: Site, dana: Browser) -> None:
    """A page that was open since before does nothing, and shows where it is."""
    path = await begun(dana)
    await save(site, path, "add-0-picture")
    await send(site, path, photograph(), "a.jpg")
    await save(site, path, "remove-0")
    room = f"{path.removesuffix('/write/nl')}/pictures"
    before = (await site.get(room)).text
    one = before.split(f'action="{room}/', 1)[1].split('"', 1)[0]
    async with site.house.database.unit_of_work() as session:
        issue = await issues.get(session, UUID(room.split("/")[3]))
        for state in (State.IN_REVIEW, State.APPROVED):
            issue.move_to(state)
    answer = await site.post(f"{room}/{one}", data={"form": filled(before, f'action="{room}/{one}"')["form"]})
    after = (await site.get(room)).text
    assert (answer.status_code, answer.headers["location"]) == (303, room)
    assert (one in after, f'action="{room}/{one}"' in after) == (True, False)


async def test_pictures_that_are_too_heavy_together_are_told(site: Site, dana: Browser) -> None:
    path = await begun(dana)
    for number in range(3):
        await save(site, path, "add-0-picture")
        out = BytesIO()
        Image.effect_noise((600, 400 + number), 90).save(out, "PNG")
        answer = await send(site, path, out.getvalue(), "x.png")
    assert "De afbeeldingen wegen samen" in (await site.get(answer.headers["location"])).text
    one = path.removesuffix("/write/nl")
    assert (await site.get(f"{one}/pictures")).text.count("<img") == 3
