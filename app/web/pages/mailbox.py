"""The local mailbox of a demonstration: every mail that was caught, as its reader would see it.

These doors exist outside production only.
"""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import Response

from app.mail.mailbox import Caught
from app.web import letter
from app.web.deps import Looking, Visit
from app.web.doors import Doors, Kind

MISSING = 404
LIST = "/mailbox"

doors = Doors()


@doors.look(LIST, kind=Kind.DEMO)
async def everything(visit: Looking) -> Response:
    """All of it, newest first."""
    box = visit.porch.mailbox
    found = [
        (each.number, each.recipient, letter.read(each.content)["Subject"], each.at, f"{LIST}/{each.number}")
        for each in (box.letters() if box else [])
    ]
    return visit.page("mailbox_list.html", messages=found)


@doors.look(f"{LIST}/{{number:int}}", kind=Kind.DEMO)
async def one(visit: Looking, number: int) -> Response:
    """One mail: as seen, as text, its headers."""
    caught = _get(visit, number)
    message = letter.read(caught.content)
    here = f"{LIST}/{number}"
    page = visit.page(
        "mailbox_message.html",
        to=caught.recipient,
        subject=message["Subject"],
        headers=[(name, str(value)) for name, value in message.items()],
        text=letter.part(message, "plain") or "",
        html_url=f"{here}/html" if letter.part(message, "html") else None,
        raw_url=f"{here}/raw",
        list_url=LIST,
    )
    return letter.around(page)


@doors.look(f"{LIST}/{{number:int}}/html", kind=Kind.DEMO)
async def html(visit: Looking, number: int) -> Response:
    """The mail itself, for the frame."""
    message = letter.read(_get(visit, number).content)
    content = letter.part(message, "html")
    if content is None:
        raise HTTPException(MISSING)
    # Links lead out of the frame, to the page where the reader would come.
    return letter.framed(message, content, links="_top")


@doors.look(f"{LIST}/{{number:int}}/raw", kind=Kind.DEMO)
async def raw(visit: Looking, number: int) -> Response:
    """Byte for byte."""
    return Response(_get(visit, number).content, media_type="text/plain; charset=utf-8")


def _get(visit: Visit, number: int) -> Caught:
    found = visit.porch.mailbox.get(number) if visit.porch.mailbox else None
    if found is None:
        raise HTTPException(MISSING)
    return found
