"""The second thing that somebody shows: a code from an app on their phone, that counts once.

RFC 6238 by pyotp; what is ours is that the step of the last code is remembered, so that a code that was
overseen is of no use.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Final

import pyotp
import segno
from pyotp.utils import strings_equal

ISSUER: Final = "Bode"
DIGITS: Final = 6
EITHER_SIDE: Final = 1  # steps of 30 seconds: clocks differ, and people type slowly
GROUP: Final = 4  # characters; so a key is read aloud


def new_secret() -> str:
    """A fresh key for an app: 160 bits in base32."""
    return pyotp.random_base32()


def spaced(secret: str) -> str:
    """The key for who types it over."""
    return " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))


def picture(secret: str, name: str) -> str:
    """The QR code for an app's camera, as SVG; it has no style or script of its own."""
    address = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=4, svgclass="qr"
    )
    return drawn.getvalue().decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of a code that is right now; None for a wrong one."""
    totp = pyotp.TOTP(secret)
    current = totp.timecode(now)
    steps = range(current - EITHER_SIDE, current + EITHER_SIDE + 1)
    return next((step for step in steps if strings_equal(totp.generate_otp(step), code)), None)


def is_code(text: str) -> bool:
    """Whether this looks like a code from an app and not like a recovery code or password."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def plain(text: str) -> str:
    """A typed code without the spaces and hyphens that people add."""
    return "".join(each for each in text if each not in " -\t").upper()
