"""What every page needs of one visit: the house, the time, the language and the frame around a page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import HTMLResponse

from app.core.language import translations
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.features.subscribe import Limits
from app.mail.mailbox import Mailbox
from app.web import links, templating
from app.web.network import network_of
from app.web.provider import Provider
from app.web.security import LARGEST_BODY
from app.web.watch import Watchman

FORBIDDEN = 403
MOST_FIELDS = 20  # our longest form has three

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
        """The text fields that were sent; files are none of ours.

        One field may be as long as all may be together: who pasted too much gets their text back.
        """
        form = await self.request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LARGEST_BODY)
        return {name: value for name, value in form.multi_items() if isinstance(value, str)}

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


Looking = Annotated[Visit, Depends(visit)]
Pressed = Annotated[Visit, Depends(pressed)]
