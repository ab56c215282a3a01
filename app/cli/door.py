"""How every command comes in and goes out: settings, an open house, and one clear line when it is refused.

What goes wrong as expected is told in words: what, where, and what to do. Nothing that is printed
here holds an address, whatever was typed.
"""

from __future__ import annotations

import asyncio
import errno
import json
import traceback
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from typer.core import TyperGroup

from app.core import logs
from app.core.database import normal
from app.core.errors import BookClosed, Refused
from app.core.settings import Settings
from app.domain import house as houses
from app.domain.house import House
from app.domain.manuscript import Unreadable
from app.features import guard
from app.features.guard import Watch

T = TypeVar("T")

REFUSED = 1

AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for scripts.")]


class Commands(TyperGroup):
    """All commands; turns what goes wrong into a line that says what to do."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; expected trouble ends it with 1, never with a traceback."""
        try:
            return super().invoke(ctx)
        except typer.TyperException as wrong:
            if isinstance(getattr(wrong, "message", None), str):
                wrong.message = logs.clean(wrong.message)
            raise
        except (typer.Exit, typer.Abort):
            raise
        except Exception as trouble:
            if isinstance(trouble, OSError) and trouble.errno == errno.EPIPE:
                raise  # whoever read our answer has read enough
            warn(explain(trouble))
            raise typer.Exit(REFUSED) from None


def explain(trouble: Exception) -> str:
    """One line about expected trouble; the whole (cleaned) story of what nobody expected."""
    match trouble:
        case Refused() | Unreadable():
            return str(trouble)
        case BookClosed():
            return "the ledger cannot be reached; check BODE_LEDGER_URL, or ask: bode doctor"
        case OperationalError() | InterfaceError():
            first = str(trouble.orig).strip().partition("\n")[0]
            return f"the database cannot be used: {first}; check the settings, or ask: bode doctor"
        case DBAPIError() | PoolTimeout():
            kind = type(trouble).__name__
            return f"the database refused ({kind}); nothing was changed. Ask: bode doctor"
        case OSError() if trouble.strerror:
            return f"{trouble.filename or 'the system'}: {trouble.strerror}"
    return "this is a fault in Bode, please report it:\n" + "".join(traceback.format_exception(trouble))


def say(text: str) -> None:
    """An answer, on standard output."""
    typer.echo(text)


def warn(text: str) -> None:
    """Something that is no answer, on standard error; never with an address."""
    typer.echo(logs.clean(text), err=True)


def answer(value: Any, text: str, *, as_json: bool) -> None:
    """The same answer for a script or for a person."""
    say(json.dumps(value, ensure_ascii=False, indent=2) if as_json else text)


def settings(**instead: Any) -> Settings:
    """The settings; Refused names the variables that are not right, never their values."""
    try:
        found = Settings(**instead)
    except ValidationError as wrong:
        told = [_told(each["loc"], each["msg"]) for each in wrong.errors(include_input=False)]
        raise Refused("the settings are not right: " + "; ".join(told)) from None
    _check_url("BODE_DATABASE_URL", found.database)
    _check_url("BODE_LEDGER_URL", found.ledger)
    return found


def _told(place: tuple[int | str, ...], message: str) -> str:
    words = message.removeprefix("Value error, ")
    if not place or words.startswith("BODE_"):
        return words
    return f"BODE_{str(place[0]).upper()}: {words}"


def _check_url(name: str, url: str) -> None:
    try:
        normal(url)
    except (ValueError, ArgumentError):
        expected = "it starts with postgresql:// or sqlite:///"
        raise Refused(f"the settings are not right: {name}: {expected}") from None


def inside(work: Callable[[House], Awaitable[T]]) -> T:
    """Open the house, do one thing in it, close it."""
    configured = settings()
    logs.configure("WARNING")  # a command's own words are what counts
    houses.refuse_pending(configured)
    return asyncio.run(_inside(configured, work))


async def _inside(configured: Settings, work: Callable[[House], Awaitable[T]]) -> T:
    house = await houses.open_house(configured)
    try:
        return await work(house)
    finally:
        await house.close()


async def change(house: House, act: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """One unit of work by an operator, after a look whether this is a restored backup.

    The counter is raised only when that look succeeded: raised in a restored database it would hide
    the restore (promise 7).
    """
    watch = Watch(house.database, house.book, house.ring)
    compared = await _compare(watch)
    async with house.database.unit_of_work() as session:
        done = await act(session)
    try:
        if compared:
            await guard.raise_counter(watch, now=houses.now())
    except BookClosed:
        warn("warning: done, but the ledger cannot be reached; ask: bode doctor")
    return done


async def _compare(watch: Watch) -> bool:
    try:
        if await guard.check(watch, now=houses.now()):
            warn(
                "warning: this database was restored from a backup; who had gone is gone again, and "
                "unfinished issues wait for a decision. See: bode issue list"
            )
    except BookClosed:
        warn("warning: the ledger cannot be reached; nothing is sent until it is. Ask: bode doctor")
        return False
    return True
