"""Cleans a picture before it may travel: what it is is read from its bytes, and only pixels are kept.

Re-encoding removes where and with what a photograph was taken; vector drawings are refused because
they can hold scripts.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from app.core.errors import Invalid

FILE_MOST = 10_000_000  # bytes: a photograph from a telephone
PIXELS_MOST = 40_000_000  # a small file can unpack into a bomb
WIDTH_MOST = 1152  # twice the width it is shown at, for sharp screens
QUALITY = 82  # where JPEG's losses begin to be seen
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A picture that may travel."""

    type: str
    width: int
    height: int
    content: bytes


def clean(content: bytes) -> Cleaned:
    """Re-encode and scale; raises Invalid with what to do."""
    if len(content) > FILE_MOST:
        raise Invalid(f"the picture is larger than {FILE_MOST // 1_000_000} MB; make it smaller")
    try:
        opened = Image.open(BytesIO(content), formats=list(FORMATS))
        if opened.width * opened.height > PIXELS_MOST:
            raise Invalid("the picture has too many pixels; make it smaller")
        kind = opened.format or ""
        picture: Image.Image = ImageOps.exif_transpose(opened)
        picture.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise Invalid("this is not a PNG, JPEG, GIF or WebP picture that can be read") from None
    return _encoded(_scaled(picture), FORMATS[kind])


def _scaled(picture: Image.Image) -> Image.Image:
    if picture.width <= WIDTH_MOST:
        return picture
    height = round(picture.height * WIDTH_MOST / picture.width)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB").resize(
        (WIDTH_MOST, max(1, height))
    )


def _encoded(picture: Image.Image, kind: str) -> Cleaned:
    out = BytesIO()
    if kind == "image/jpeg":
        picture.convert("RGB").save(out, "JPEG", quality=QUALITY, optimize=True)
    else:
        kind = "image/png"  # one frame: what moves distracts, and some cannot stop it
        picture.save(out, "PNG", optimize=True, exif=b"", pnginfo=None)
    return Cleaned(kind, picture.width, picture.height, out.getvalue())
