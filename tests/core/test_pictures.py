"""A picture is cleaned into what a mail can show, whatever program or scanner made it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from app.core.pictures import WIDTH_MOST, BadPicture, clean

NEARLY = 10  # levels of 256: JPEG and rounding
TURNED, RESOLUTION, ARTIST = 274, 282, 315  # tags of EXIF


def encoded(picture: Image.Image, form: str, **more: Any) -> bytes:
    out = BytesIO()
    picture.save(out, form, **more)
    return out.getvalue()


def colour(content: bytes) -> tuple[int, ...]:
    """Of one pixel of what became of it."""
    with Image.open(BytesIO(clean(content).content)) as shown:
        found = shown.convert("RGB").getpixel((1, 1))
    assert isinstance(found, tuple)
    return found


def test_what_one_can_see_through_stands_on_white_and_not_on_black() -> None:
    assert colour(encoded(Image.new("RGBA", (80, 40), (0, 0, 0, 0)), "WEBP", lossless=True)) == (
        255,
        255,
        255,
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_colours_that_a_profile_changes_are_what_its_maker_saw(form: str) -> None:
    """A profile in which red and blue have changed places: what is stored as red is blue."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    odd = srgb.replace(b"rXYZ", b"xXYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"xXYZ", b"bXYZ", 1)
    red, _, blue = colour(encoded(Image.new("RGB", (60, 40), (255, 0, 0)), form, icc_profile=odd))
    assert (red, blue) == (pytest.approx(0, abs=NEARLY), pytest.approx(255, abs=NEARLY))


@pytest.mark.parametrize("width", [100, 2 * WIDTH_MOST])
def test_a_grey_scan_of_sixteen_bits_stays_grey(width: int) -> None:
    assert colour(encoded(Image.new("I;16", (width, 40), 30_000), "PNG")) == (117, 117, 117)


def test_a_photograph_with_a_number_for_a_name_is_told_to_be_damaged() -> None:
    exif = Image.Exif()
    exif[TURNED], exif[RESOLUTION] = 6, 1.5
    photograph = encoded(Image.new("RGB", (60, 40)), "JPEG", exif=exif)
    at = photograph.index(RESOLUTION.to_bytes(2, "big") + b"\x00\x05")
    damaged = photograph[:at] + ARTIST.to_bytes(2, "big") + photograph[at + 2 :]
    with pytest.raises(BadPicture):
        clean(damaged)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_nothing_that_was_noted_in_a_picture_travels(form: str) -> None:
    exif, text, note = Image.Exif(), PngInfo(), "van jan, kamer 12"
    exif[ARTIST] = note
    text.add_text("Author", note)
    said = note.encode()
    more: dict[str, dict[str, Any]] = {
        "JPEG": {"comment": said, "exif": exif, "xmp": said, "icc_profile": said},
        "PNG": {"pnginfo": text, "exif": exif, "icc_profile": said},
        "GIF": {"comment": said},
        "WEBP": {"exif": exif, "xmp": said, "icc_profile": said},
    }
    cleaned = clean(encoded(Image.new("RGB", (60, 40)), form, **more[form]))
    with Image.open(BytesIO(cleaned.content)) as shown:
        shown.load()
        assert set(shown.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "transparency"}
    assert said not in cleaned.content
