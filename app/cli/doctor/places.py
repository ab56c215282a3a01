"""Looks at where things are kept: the key ring, both databases, and the ledger's copy."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app.cli.doctor.finding import Finding, fine, problem, warning
from app.core import keyfile, migrating
from app.core.database import Database, normal
from app.core.errors import Refused
from app.core.settings import Settings
from app.mail.dkim import Keys


def keys(configured: Settings) -> Finding:
    """The ring can be read, by its owner only, and is strong."""
    path = configured.keys
    if not path.exists() and not configured.production:
        return fine("keys", f"none yet; the first start makes {path}")
    try:
        ring = keyfile.load(path)
    except Refused as refused:
        return problem("keys", str(refused), "Without the right ring nothing can be read or sent")
    return fine("keys", f"{path}, {len(ring.ids)} in the ring, readable by its owner only")


def signing(configured: Settings) -> Iterator[Finding]:
    """The keys that sign mail can be read by their owner only; without any the relay signs."""
    if configured.dkim_keys is None:
        return
    try:
        found = Keys.load(configured.dkim_keys)
    except Refused as refused:
        yield problem("signatures", str(refused), "No worker starts without them")
    else:
        selectors = ", ".join(each.selector for each in found.keys)
        yield fine("signatures", f"mail of {found.domain} is signed with {selectors}")


async def database(check: str, url: str, which: str) -> Finding:
    """It can be reached and is at this version; an SQLite file that is not there is not made."""
    place, advice = normal(url), "Run: bode migrate"
    if _absent(place):
        return problem(check, "its file is not there yet", advice)
    try:
        await _reach(url)
        if await asyncio.to_thread(migrating.pending, url, which):
            return problem(check, "not at this version", advice)
    except (DBAPIError, OSError) as trouble:
        advice = "Check its URL, the network and the server's log"
        return problem(check, f"cannot be reached ({type(trouble).__name__})", advice)
    return fine(check, f"{place.get_backend_name()}, reachable, at this version")


async def _reach(url: str) -> None:
    opened = Database(url)
    try:
        async with opened.reading() as session:
            await session.execute(text("SELECT 1"))
    finally:
        await opened.close()


def _absent(place: URL) -> bool:
    file = _file(place)
    return file is not None and not file.exists()


def _file(place: URL) -> Path | None:
    is_file = place.get_backend_name() == "sqlite" and place.database
    return Path(place.database).resolve() if is_file and place.database else None


def apart(configured: Settings) -> Finding:
    """Database and ledger are two: one that comes back from a backup must not bring the other."""
    main, ledger = normal(configured.database), normal(configured.ledger)
    advice = "Give the ledger a database of its own that is backed up apart: BODE_LEDGER_URL"
    same_place = (main.host, main.port, main.query.get("host")) == (
        ledger.host,
        ledger.port,
        ledger.query.get("host"),
    )
    if _file(main) == _file(ledger) and same_place and main.database == ledger.database:
        return problem("ledger apart", "ledger and database are one", advice)
    if configured.production and same_place:
        return warning("ledger apart", "ledger and database are on one server", advice)
    return fine("ledger apart", "ledger and database are two")


def copy(configured: Settings) -> Iterator[Finding]:
    """The ledger's copy can be written."""
    path = configured.ledger_lines
    if configured.production and configured.ledger_copy is None:
        advice = "Set BODE_LEDGER_COPY to a file on another disk or host"
        yield warning("ledger copy", f"beside the ledger: {path}" if path else "there is none", advice)
    if path is None:
        return
    target = path if path.exists() else path.parent
    if path.is_dir() or not os.access(target, os.W_OK):
        advice = "Make its folder, and let the service write there"
        yield problem("ledger copy", f"{path} cannot be written", advice)
    else:
        yield fine("ledger copy", f"{path} can be written")
