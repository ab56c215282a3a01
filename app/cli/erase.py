"""`bode erase`: removes everything of one address, which is read from standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli import glass
from app.cli.door import change, inside, say, warn
from app.core.address import Address, BadAddress, parse
from app.core.errors import BookClosed, Invalid, Refused
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain.certificate import Certificate
from app.domain.house import House
from app.features import erase as features
from app.features.certify import Office, certify

GONE = "whatever was held of this address is gone"
STAYS = "a block, if there is one, stays as a code made from the address; --unblock lets it go too"
WITH_BLOCK = "a block has gone too, if there was one"
ENDED = "open privacy requests of the person ended with it, and get no other answer; tell the person: "
ACCEPTED = (
    "accepted, not finished: whatever was held of this address is gone from the database, and the ledger, "
    "which cannot be reached, gets its note by itself when it is back"
)
UNPROVEN = "no certificate could be made: the ledger, which it points to, could not be reached"
LONGEST = 1000  # characters: an address has 254 at most

Paper = Annotated[
    Path | None,
    typer.Option(
        "--certificate",
        metavar="FILE",
        dir_okay=False,
        help="Write the signed certificate there, for the person; it says how much there was.",
    ),
]

Unblock = Annotated[
    bool,
    typer.Option(
        "--unblock",
        help="Let go of a block on the address too, when the person wants that: it can be signed up again.",
    ),
]


def erase(*, certificate: Paper = None, unblock: Unblock = False) -> None:
    """Remove everything of one address, in all newsletters, at once.

    A block that the person had asked for stays, unless --unblock says otherwise. Open privacy requests of the
    person end with it, each with a line in the trail; their numbers are printed.

    The address comes on standard input, because arguments stay in the shell's history and in lists of
    processes. But for such numbers the answer is the same whether or not anything was held. In production
    approvers and privacy officers are told that this was done, not for whom.
    """
    address = _read()
    if certificate is not None:
        _reserve(certificate)

    async def work(house: House) -> tuple[bool, Certificate | None, tuple[str, ...]]:
        made, ended = await change(house, lambda session: _erase(session, house, address, unblock=unblock))
        return await _reached(house), made, ended

    try:
        final, made, ended = inside(work)
    except BaseException:
        if certificate is not None:
            certificate.unlink()
        raise
    say(f"{GONE if final else ACCEPTED} (this is the same if there was nothing)")
    say(WITH_BLOCK if unblock else STAYS)
    if ended:
        say(ENDED + ", ".join(ended))
    if certificate is not None:
        _hand_over(certificate, made)


def _reserve(path: Path) -> None:
    """A file that cannot be written is told before anything is gone: a certificate is made only once."""
    try:
        path.open("x").close()
    except OSError as trouble:
        raise Refused(f"{path}: {trouble.strerror}; nothing was removed") from None


def _hand_over(path: Path, made: Certificate | None) -> None:
    if made is None:
        path.unlink()
        warn(f"warning: {UNPROVEN}")
        return
    path.write_text(json.dumps(made.file(), ensure_ascii=False, indent=2) + "\n")
    say(f"the certificate is in {path}; check it with: bode ledger verify {path}")


async def _reached(house: House) -> bool:
    """Whether the ledger answers; asked for every address, so that the answer says nothing of this one."""
    try:
        await house.book.counter()
    except BookClosed:
        return False
    return True


async def _erase(
    session: AsyncSession, house: House, address: Address, *, unblock: bool
) -> tuple[Certificate | None, tuple[str, ...]]:
    now = houses.now()
    words: dict[str, Any] = {"ring": house.ring, "book": house.book, "actor": glass.actor(), "now": now}
    erased = await features.erase(session, address, **words)
    if unblock:
        erased = await features.unblock(session, address, erased, **words)
    await glass.broken(session, house, "erase")
    letter = next(iter(await newsletters.every(session)), None)
    office = Office(
        letter.sender_name if letter else "Bode", house.ring, house.book, house.settings.backup_days
    )
    try:
        return await certify(session, office, address, erased.removed, now=now), erased.overtaken
    except BookClosed:  # what is erased is erased
        return None, erased.overtaken


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
    app.command(epilog="Example: bode erase --certificate proof.json < address.txt")(erase)
