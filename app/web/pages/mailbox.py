"""The local mailbox of a demonstration: every mail that was caught, as its reader would see it.

These doors exist outside production only. A mail brings its own styles, so its page has a policy of
its own: styles and pictures from inside the mail, no script, and nothing from anywhere else.
"""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage

from fastapi import HTTPException
from starlette.responses import HTMLResponse, Response

from app.mail.mailbox import Caught
from app.web.deps import Looking, Visit
from app.web.doors import Doors, Kind
from app.web.security import POLICY

MISSING = 404
LIST = "/mailbox"
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)

doors = Doors()


@doors.look(LIST, kind=Kind.DEMO)
async def everything(visit: Looking) -> Response:
    """All of it, newest first."""
    box = visit.porch.mailbox
    found = [
        (each.number, each.recipient, _read(each)["Subject"], each.at, f"{LIST}/{each.number}")
        for each in (box.letters() if box else [])
    ]
    return visit.page("mailbox_list.html", messages=found)


@doors.look(f"{LIST}/{{number:int}}", kind=Kind.DEMO)
async def one(visit: Looking, number: int) -> Response:
    """One mail: as seen, as text, its headers."""
    letter = _get(visit, number)
    message = _read(letter)
    here = f"{LIST}/{number}"
    response = visit.page(
        "mailbox_message.html",
        to=letter.recipient,
        subject=message["Subject"],
        headers=[(name, str(value)) for name, value in message.items()],
        text=_part(message, "plain") or "",
        html_url=f"{here}/html" if _part(message, "html") else None,
        raw_url=f"{here}/raw",
        list_url=LIST,
    )
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return response


@doors.look(f"{LIST}/{{number:int}}/html", kind=Kind.DEMO)
async def html(visit: Looking, number: int) -> Response:
    """The mail itself, for the frame."""
    message = _read(_get(visit, number))
    content = _part(message, "html")
    if content is None:
        raise HTTPException(MISSING)
    for part in message.walk():
        if name := part.get("Content-ID"):
            content = content.replace(f"cid:{name.strip('<>')}", _inline(part))
    # Links lead out of the frame, to the page where the reader would come.
    content = content.replace("<head>", '<head><base target="_top">', 1)
    headers = {"Content-Security-Policy": LETTER_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(content, headers=headers)


@doors.look(f"{LIST}/{{number:int}}/raw", kind=Kind.DEMO)
async def raw(visit: Looking, number: int) -> Response:
    """Byte for byte."""
    return Response(_get(visit, number).content, media_type="text/plain; charset=utf-8")


def _get(visit: Visit, number: int) -> Caught:
    letter = visit.porch.mailbox.get(number) if visit.porch.mailbox else None
    if letter is None:
        raise HTTPException(MISSING)
    return letter


def _read(letter: Caught) -> EmailMessage:
    return message_from_bytes(letter.content, policy=policy.default)


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else str(part.get_content())


def _inline(part: EmailMessage) -> str:
    content = base64.b64encode(part.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]
    return f"data:{part.get_content_type()};base64,{content}"
