"""`bode erase`: removes everything of one address, which is read from standard input."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import change, inside, say, warn
from app.core.address import Address, BadAddress, parse
from app.core.errors import Invalid
from app.domain import house as houses
from app.domain.house import House
from app.features import erase as features

LONGEST = 1000  # characters: an address has 254 at most


def erase() -> None:
    """Remove everything of one address, in all newsletters, at once.

    The address comes on standard input, because arguments stay in the shell's history and in lists of
    processes. The answer is the same whether or not anything was held. In production approvers and
    privacy officers are told that this was done, not for whom.
    """
    address = _read()

    async def work(house: House) -> None:
        await change(house, lambda session: _erase(session, house, address))

    inside(work)
    say("whatever was held of this address is gone (this answer is the same if there was nothing)")


async def _erase(session: AsyncSession, house: House, address: Address) -> None:
    await features.erase(
        session, address, ring=house.ring, book=house.book, actor=glass.actor(), now=houses.now()
    )
    await glass.broken(session, house, "erase")


def _read() -> Address:
    if sys.stdin.isatty():
        warn("Type the address and press Enter:")
    text = sys.stdin.readline(LONGEST).strip()
    if sys.stdin.isatty() or not sys.stdin.read(LONGEST).strip():
        try:
            return parse(text)
        except BadAddress as wrong:
            code = wrong.code
        raise Invalid(f"standard input holds no address that mail can use ({code}); nothing was removed")
    raise Invalid("standard input holds more than one line; give one address. Nothing was removed")


def add(app: typer.Typer) -> None:
    """Put the command where it is typed."""
    app.command(epilog="Example: bode erase < address.txt")(erase)
