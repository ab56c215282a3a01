"""Leaving, by the link in every newsletter: one click of the mail program, or one button of ours.

The mail program posts to the link itself with a fixed text (RFC 8058) and always gets the same
answer; a person presses a button, which has a path of its own, and may take a slip back.
"""

from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app.core.errors import Invalid, LinkProblem
from app.features import unsubscribe
from app.features.unsubscribe import UNDO_FOR
from app.web import errors
from app.web.deps import Looking, Pressed, Visit
from app.web.doors import Doors, Kind
from app.web.links import NOW, UNDO, own, signed

USUAL = "application/x-www-form-urlencoded"
ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 section 3.1, to the letter
MINUTE = 60  # seconds

doors = Doors()


@doors.look(*signed("leave"), kind=Kind.SIGNED_LINK)
async def show(visit: Looking, token: str) -> Response:
    """Whose subscription the button would end, for as far as its owner recognises it."""
    async with visit.reading() as session:
        leaving = await unsubscribe.look(session, token, ring=visit.ring)
        letter = leaving.newsletter or await errors.only(session)
    if letter is None:
        raise LinkProblem("broken")
    action = own("leave", visit.language, token, NOW)
    return visit.page("leave.html", letter, action=action, masked=leaving.masked)


@doors.act(*signed("leave"), kind=Kind.MACHINE)
async def one_click(visit: Looking, token: str) -> Response:
    """End it. Gone, repeated or forged: the answer is the same, and no more than this is said.

    The one button that another site may press: mail programs on the web do (RFC 8058 section 3.2).
    """
    if not await _says_one_click(visit):
        raise Invalid("only the text of RFC 8058 ends a subscription here")
    with contextlib.suppress(LinkProblem):
        async with visit.writing() as session:
            await unsubscribe.leave(session, token, ring=visit.ring, book=visit.book, now=visit.now)
    return PlainTextResponse(visit.say("You get no more mail from this newsletter.") + "\n")


async def _says_one_click(visit: Visit) -> bool:
    """Both encodings that the RFC names and no other; who names none is read as the usual one."""
    named = visit.request.headers.get("content-type", USUAL)
    kind = named.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return list((await visit.fields()).items()) == [ONE_CLICK]
    body = await visit.request.body()
    sent = parse_qsl(body.decode("ascii", "replace").strip(), keep_blank_values=True)
    return kind == USUAL and sent == [ONE_CLICK]


@doors.look(*signed("leave", NOW), kind=Kind.SIGNED_LINK)
async def back(visit: Looking, token: str) -> Response:
    """Somebody reloads the page that the button led to: nothing is pressed again."""
    return RedirectResponse(own("leave", visit.language, token), errors.SEE_OTHER)


@doors.act(*signed("leave", NOW), kind=Kind.SIGNED_LINK)
async def press(visit: Pressed, token: str) -> Response:
    """The button on our page."""
    return await left(visit, token)


async def left(visit: Visit, token: str) -> Response:
    """End it and show the page from which a slip can be taken back."""
    async with visit.writing() as session:
        leaving, undo = await unsubscribe.leave(
            session, token, ring=visit.ring, book=visit.book, now=visit.now
        )
    return visit.page(
        "left.html",
        leaving.newsletter,
        undo=undo,
        undo_action=f"/{UNDO[visit.language]}",
        minutes=int(UNDO_FOR.total_seconds() // MINUTE),
    )


@doors.act(*(f"/{word}" for word in UNDO.values()), kind=Kind.SIGNED_LINK)
async def take_back(visit: Pressed) -> Response:
    """A slip: the page itself held everything that this takes."""
    value = (await visit.fields()).get("undo", "")
    try:
        async with visit.writing() as session:
            letter = await unsubscribe.undo(session, value, ring=visit.ring, now=visit.now)
    except LinkProblem as problem:
        return await _too_late(visit, problem)
    return visit.page("undone.html", letter)


async def _too_late(visit: Visit, problem: LinkProblem) -> Response:
    """Pressed twice is no failure, so only who really is too late reads that."""
    async with visit.reading() as session:
        letter = await errors.about(session, problem.slug)
    if problem.reason in {"used", "broken"} or letter is None:
        return errors.link_page(visit, problem, letter)
    return visit.page("undo_failed.html", letter, status=errors.GONE)
