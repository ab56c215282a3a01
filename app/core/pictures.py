"""Cleans a picture before it may travel: what it is is read from its bytes, and only pixels are kept.

Re-encoding removes where and with what a photograph was taken, what was noted in it, and the profile of the
screen or camera that it comes from; vector drawings are refused because they can hold scripts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from app.core.errors import Invalid

FILE_MOST = 10_000_000  # bytes: a photograph from a telephone
PIXELS_MOST = 40_000_000  # a small file can unpack into a bomb
WIDTH_MOST = 1152  # twice the width it is shown at, for sharp screens
LEVEL = 1 / 256  # of 65,536 levels of grey to 256
QUALITY = 82  # where JPEG's losses begin to be seen
# Of a photograph, in bytes: three of them then travel in one mail. Smaller and coarser is tried in turn.
PHOTO_MOST = 100_000
TRIES = ((WIDTH_MOST, QUALITY), (WIDTH_MOST, 70), (864, 70), (640, 65))
COLOURED = {"RGB": "RGB", "RGBA": "RGBA", "CMYK": "RGB"}  # modes that a profile of colours is for, and then
FORMATS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/jpeg"}

# What the readers of the four kinds raise for a file that is damaged or made to do harm.
DAMAGED = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError, struct.error),
    Image.DecompressionBombError,
)


class BadPicture(Invalid):
    """A file that cannot be used; `code` is kind, large or pixels."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


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
        raise BadPicture("large", f"the picture is larger than {FILE_MOST // 1_000_000} MB; make it smaller")
    try:
        opened = Image.open(BytesIO(content), formats=list(FORMATS))
        if opened.width * opened.height > PIXELS_MOST:
            raise BadPicture("pixels", "the picture has too many pixels; make it smaller")
        kind = opened.format or ""
        picture: Image.Image = ImageOps.exif_transpose(opened)
        picture.load()
    except DAMAGED:
        raise BadPicture("kind", "this is not a PNG, JPEG, GIF or WebP picture that can be read") from None
    picture = _standard(_plain(picture))
    return _photograph(picture) if FORMATS[kind] == "image/jpeg" else _drawing(picture)


def _plain(picture: Image.Image) -> Image.Image:
    """A grey scan of 16 bits in 8: what draws a mail, and what scales a picture, knows no other."""
    if not picture.mode.startswith("I"):
        return picture
    return picture.convert("I").point(lambda level: level * LEVEL).convert("L")


def _standard(picture: Image.Image) -> Image.Image:
    """In the colours that every screen knows (sRGB): without its own profile it would be dull elsewhere."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in COLOURED:
        return picture
    try:
        own, srgb = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, own, srgb, outputMode=COLOURED[picture.mode]) or picture
    except (*DAMAGED, ImageCms.PyCMSError):  # the pixels are good all the same
        return picture


def _photograph(picture: Image.Image) -> Cleaned:
    """The best of the tries that is light enough, else the lightest."""
    for width, quality in TRIES:
        scaled, out = _opaque(_scaled(picture, width)), BytesIO()
        scaled.save(out, "JPEG", quality=quality, optimize=True, comment=b"")
        if out.tell() <= PHOTO_MOST:
            break
    return Cleaned("image/jpeg", scaled.width, scaled.height, out.getvalue())


def _opaque(picture: Image.Image) -> Image.Image:
    """On white paper: a JPEG cannot be seen through, and would be black there."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")


def _drawing(picture: Image.Image) -> Cleaned:
    """One frame: what moves distracts, and some cannot stop it."""
    scaled, out = _scaled(picture, WIDTH_MOST), BytesIO()
    scaled.save(out, "PNG", optimize=True, exif=b"", pnginfo=None, icc_profile=None)
    return Cleaned("image/png", scaled.width, scaled.height, out.getvalue())


def _scaled(picture: Image.Image, most: int) -> Image.Image:
    if picture.width <= most:
        return picture
    height = round(picture.height * most / picture.width)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB").resize((most, max(1, height)))
