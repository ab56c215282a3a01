"""What every page needs of one visit: the house, the time, the language and the frame around a page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, HTTPException, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import HTMLResponse

from app.core.language import translations
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.features.subscribe import Limits
from app.mail.mailbox import Mailbox
from app.web import links, templating
from app.web.network import network_of
from app.web.provider import Provider
from app.web.security import LARGEST_BODY, LIST, Ceiling, ceiling
from app.web.watch import Watchman

FORBIDDEN = 403
CHARSET: Final = re.compile(r"multipart/.*charset=\"?([^\";\s]+)", re.IGNORECASE)
UNKEPT: Final = re.compile("[\0\ud800-\udfff]")
LOST: Final = "\ufffd"  # Unicode's own mark for a sign that could not be read
HIGHEST: Final = 2**31 - 1  # what a column of numbers holds: of a higher one there is no page
WRONG = 400

Open = Callable[[], AbstractAsyncContextManager[AsyncSession]]


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that happens by itself, as the status page tells it."""

    name: str
    every: timedelta
    why: str


@dataclass(frozen=True, slots=True)
class Porch:
    """What all visits share; `create_app` makes it once."""

    house: House
    clock: Callable[[], datetime]
    mailbox: Mailbox | None
    chores: tuple[Chore, ...]
    watchman: Watchman
    provider: Provider | None


class Visit:
    """One request of one visitor."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.porch: Porch = request.app.state.porch
        self.house = self.porch.house
        self.ring, self.book = self.house.ring, self.house.book
        self.now: datetime = self.porch.clock()
        self.path = request.url.path
        self.language = links.spoken(self.path, request.headers.get("accept-language", ""))
        self._form: FormData | None = None

    @property
    def limits(self) -> Limits:
        """How many forms an hour."""
        settings = self.house.settings
        return Limits(settings.signups_per_network, settings.signups_overall)

    @property
    def network(self) -> str | None:
        """The network of the visitor, as far as it is counted."""
        return network_of(self.request, self.house.settings)

    def say(self, text: str) -> str:
        """A text of the code in the visitor's language."""
        return translations(self.language).gettext(text)

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Look in the database; nothing is ever saved."""
        return self._compared(self.house.database.reading)

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """The one transaction of a button: saved at its end, or nothing is."""
        return self._compared(self.house.database.unit_of_work)

    @asynccontextmanager
    async def _compared(self, way: Open) -> AsyncIterator[AsyncSession]:
        """Compare before answering: a connection shows only when it is used that it is a new one."""
        async with way() as session:
            await session.connection()
            if not self.porch.watchman.needed:
                yield session
                return
        await self.porch.watchman.look()
        async with way() as session:
            yield session

    async def fields(self) -> dict[str, str]:
        """The text fields that were sent, without what no database can keep."""
        sent = (await self._sent()).multi_items()
        return {_kept(name): _kept(value) for name, value in sent if isinstance(value, str)}

    async def files(self) -> dict[str, UploadFile]:
        """The files that were sent; most doors take none."""
        sent = await self._sent()
        return {name: value for name, value in sent.multi_items() if isinstance(value, UploadFile)}

    async def _sent(self) -> FormData:
        """One field may be as long as all may be together: who pasted too much gets their text back."""
        most, words = ceiling(self.path), self.request.headers.get("content-type", "")
        if (charset := CHARSET.search(words)) and charset[1].lower() not in {"utf-8", "utf8"}:
            raise HTTPException(WRONG)  # no browser sends another; some of Python's own cannot be read with
        if not most.in_memory or "multipart" not in words.lower():
            return await self.request.form(
                max_files=most.files, max_fields=most.fields, max_part_size=LARGEST_BODY
            )
        if self._form is None:
            self._form = await _in_memory(self.request, most)
        return self._form

    async def close(self) -> None:
        """Let go of the files that were sent."""
        await self.request.close()
        if self._form is not None:
            await self._form.close()

    def page(
        self, name: str, letter: Newsletter | None = None, /, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A page in the visitor's language, with the frame of its newsletter."""
        if letter is not None:
            context = {"links": links.links(letter, self.language), **context}
        if self.request.method != "POST":  # what a button answers has no address to come back to
            context = {"switch": links.switch(self.path), **context}
        demo = self.porch.mailbox is not None
        return templating.page(
            name, language=self.language, status=status, newsletter=letter, demo=demo, **context
        )


def plain(text: str) -> str:
    """What was typed, with line ends of one kind."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _kept(text: str) -> str:
    """No NUL and no halves of signs, which a form in an odd encoding may hold: a mark in their place.

    They do not just go: an address that had one would be another address.
    """
    return UNKEPT.sub(LOST, text)


class _Memory(MultiPartParser):
    """Keeps a file in memory, whatever its size: Starlette's own writes one over 1 MB to a disk."""

    spool_max_size = LIST.body


async def _in_memory(request: Request, most: Ceiling) -> FormData:
    words, stream = request.headers, request.stream()
    parser = _Memory(words, stream, max_files=most.files, max_fields=most.fields, max_part_size=LARGEST_BODY)
    try:
        return await parser.parse()
    except MultiPartException:
        raise HTTPException(WRONG) from None


def visit(request: Request) -> Visit:
    """Somebody comes to look, or a mail program acts for its reader."""
    return Visit(request)


def pressed(request: Request) -> Visit:
    """Somebody presses a button of ours; another site cannot press it for them.

    There is no cookie to abuse, so a forged form can do no more than who has the link. The Origin
    header is no help: our own forms say "null", because pages ask browsers to send no referrer.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise HTTPException(FORBIDDEN)
    return Visit(request)


Number = Annotated[int, Field(ge=0, le=HIGHEST)]  # in an address, typed by anybody
Looking = Annotated[Visit, Depends(visit)]
Pressed = Annotated[Visit, Depends(pressed)]
