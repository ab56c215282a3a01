"""Looks inside an open service: the ledger, newsletters, accounts, the worker, and the clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.doctor.finding import Finding, fine, problem, warning
from app.core.errors import BookClosed, Refused
from app.core.sqltime import from_now
from app.domain import house as houses
from app.domain import newsletter as newsletters
from app.domain import staff
from app.domain.house import House
from app.domain.newsletter import Newsletter
from app.domain.service import Job
from app.domain.staff import Role
from app.domain.wholeness import State
from app.features import guard
from app.features.guard import Watch
from app.mail.dkim import Keys

RECENT = timedelta(minutes=1)  # a worker raises the counter every ten seconds
NEEDED = (Role.EDITOR, Role.APPROVER)  # without both nothing can be sent
APART = timedelta(seconds=2)  # leases are set by the database's clock, moments by ours


async def inside(house: House) -> AsyncIterator[Finding]:
    """Everything that can only be seen from inside."""
    for reason in await guard.reasons(Watch(house.database, house.book, house.ring)):
        yield problem("ledger", reason, "It is written by itself when a worker runs and the ledger answers")
    async for each in _ledger(house):
        yield each
    async with house.database.reading() as session:
        letters = await newsletters.every(session)
        for each in (*_newsletters(letters), *_signed(house.settings.dkim_keys, letters)):
            yield each
        async for each in _people(session):
            yield each
        yield await _worker(session, houses.now())
        yield await _clock(session, letters)


ADVICE = {
    State.BROKEN: "Keep both as they are, look for an older copy or backup, and read: "
    "bode ledger fill --help",
    State.UNKEYED: "Put that key back into BODE_KEYS_FILE from the backup of the keys",
    State.ABSENT: "Mount the disk of BODE_LEDGER_COPY, or put the file back; for a copy that is new, or gone "
    "for good: bode ledger fill",
    State.LITTERED: "Keep a copy of that file, see who can write to it, then: bode ledger fill",
}


async def _ledger(house: House) -> AsyncIterator[Finding]:
    """Nothing of it was changed or removed, and it and its copy have the same."""
    try:
        faults = await house.book.verify(house.ring)
    except BookClosed:
        return  # which was told already
    for fault in faults:
        yield problem("ledger whole", fault, ADVICE[State.of([fault])])
    if not faults:
        beside = " and its copy has the same" if house.book.copy.path else ""
        yield fine("ledger whole", f"nothing was changed or removed{beside}")


def _newsletters(letters: list[Newsletter]) -> Iterator[Finding]:
    if not letters:
        yield warning("newsletters", "there is none", "Add one: bode newsletter add --help")
    for letter in letters:
        check = f"newsletter {letter.slug}"
        if letter.unfilled:
            found = "its privacy statement lacks: " + ", ".join(letter.unfilled)
            yield warning(check, found, f"Readers must be told: bode newsletter change {letter.slug}")
        else:
            yield fine(check, "its privacy statement is complete")


def _signed(path: Path | None, letters: list[Newsletter]) -> Iterator[Finding]:
    """Every newsletter's sender is of the domain whose keys sign, or its issue is held at its moment."""
    if path is None:
        return
    keys = Keys.load(path)
    for letter in letters:
        try:
            keys.check_sender(letter.sender_address)
        except Refused as refused:
            yield problem(f"newsletter {letter.slug}", str(refused), "Until then its issues are held")


async def _people(session: AsyncSession) -> AsyncIterator[Finding]:
    for role in NEEDED:
        if not await staff.with_role(session, role):
            found = f"nobody has the role '{role}'"
            yield warning("accounts", found, f"Open an account: bode staff add --role {role}")
    for names in await staff.doubles(session):
        found = f"these names differ only in capitals: {', '.join(names)}"
        yield warning("accounts", found, "Close all but one: bode staff disable NAME")


async def _worker(session: AsyncSession, now: datetime) -> Finding:
    last = await session.get(Job, "counter")
    if last is None or last.started_at < now - RECENT:
        since = "" if last is None else f" since {last.started_at:%Y-%m-%d %H:%M} UTC"
        return warning("worker", f"none has worked{since}", "Start one: bode worker")
    return fine("worker", "one has worked in the last minute")


async def _clock(session: AsyncSession, letters: list[Newsletter]) -> Finding:
    theirs = await session.scalar(select(from_now()))
    assert theirs is not None
    off = abs(theirs - houses.now())
    if off > APART:
        seconds = off.total_seconds()
        found = f"this machine's differs {seconds:.0f} seconds from the database's"
        return problem("clock", found, "Let both follow the same time servers")
    zones = ", ".join(sorted({each.zone.key for each in letters})) or "no newsletter yet"
    return fine("clock", f"same as the database's; time zone: {zones}")
