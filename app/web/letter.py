"""A mail on a page: its parts, and the frame in which it is seen as a mail program shows it.

A mail brings its own styles, so its frame has a policy of its own: styles and pictures from inside the
mail, no script but files of ours that are named, and nothing from anywhere else.
"""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

from starlette.responses import HTMLResponse, Response

from app.web.security import POLICY

FRAME: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
NO_PICTURE: Final = "data:,"  # an empty one: HTML asks for something, and what is shown is the description


def read(content: bytes) -> EmailMessage:
    """A mail from its bytes."""
    return message_from_bytes(content, policy=policy.default)


def part(message: EmailMessage, kind: str) -> str | None:
    """Its text (`plain`) or its HTML (`html`)."""
    found = message.get_body(preferencelist=(kind,))
    return None if found is None else str(found.get_content())


def around(page: Response) -> Response:
    """The page around such a frame."""
    page.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return page


def framed(
    message: EmailMessage,
    content: str,
    *,
    links: str,
    pictures: bool = True,
    scripts: tuple[str, ...] = (),
    scripts_from: str = "'self'",
) -> Response:
    """The HTML of a mail for its frame; `links` is where its links open, `scripts` are files of ours."""
    for each in message.walk():
        if name := each.get("Content-ID"):
            content = content.replace(f"cid:{name.strip('<>')}", _inline(each) if pictures else NO_PICTURE)
    ours = "".join(f'<script defer src="{each}"></script>' for each in scripts)
    content = content.replace("<head>", f'<head><base target="{links}">{ours}', 1)
    allowed = FRAME.format(pictures="data:" if pictures else "'none'")
    # Shut off also where it is opened outside that frame: a mail is never a page of ours that runs scripts.
    allowed += f"; script-src {scripts_from}; sandbox allow-scripts" if scripts else ""
    return HTMLResponse(
        content, headers={"Content-Security-Policy": allowed, "X-Frame-Options": "SAMEORIGIN"}
    )


def _inline(each: EmailMessage) -> str:
    content = base64.b64encode(each.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]
    return f"data:{each.get_content_type()};base64,{content}"
